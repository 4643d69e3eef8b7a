/** The name of one TCP connection between a relayed address and a peer. RFC 6062 §6.2.1. */

declare const brand: unique symbol;

/** 32 bits; travels as CONNECTION-ID. */
export type ConnectionId = number & { readonly [brand]: 'ConnectionId' };

export function connectionId(value: number): ConnectionId {
  return value as ConnectionId;
}
