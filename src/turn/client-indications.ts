/** What client and server tell each other unasked. Believes nothing about the peer: see `ClientPeers`. RFC 8656 §11, RFC 6062 §4.4. */
import type { SocketAddress } from '../base/index.ts';
import { MessageClass, MessageWriter, type StunMessage } from '../stun/index.ts';
import { decodeIcmp, decodeU32 } from './attributes.ts';
import { readAddresses } from './client-allocate.ts';
import type { TurnClientEvent } from './client-events.ts';
import type { SendOptions } from './client-options.ts';
import { TurnAttribute, TurnMethod } from './code-points.ts';
import { connectionId } from './connection-id.ts';

/** `undefined` when it lacks what it must hold, or is none that a server sends. Bytes are copies. */
export function readIndication(
  message: StunMessage,
): { readonly peer: SocketAddress; readonly event: TurnClientEvent } | undefined {
  const peer = readAddresses(message, TurnAttribute.XOR_PEER_ADDRESS)[0];
  if (!peer) return undefined;
  if (message.method === TurnMethod.CONNECTION_ATTEMPT) {
    const value = message.get(TurnAttribute.CONNECTION_ID);
    const id = value && decodeU32(value);
    if (id === undefined) return undefined;
    return { peer, event: { type: 'connection-attempt', peer, connection: connectionId(id) } };
  }
  if (message.method !== TurnMethod.DATA) return undefined;
  const icmp = message.get(TurnAttribute.ICMP);
  const error = icmp && decodeIcmp(icmp);
  if (error) return { peer, event: { type: 'icmp', peer, error } };
  const data = message.get(TurnAttribute.DATA);
  return data && { peer, event: { type: 'data', from: peer, bytes: data.slice() } };
}

/** Send: data for a peer. `transactionId` is 12 bytes; all borrowed. */
export function encodeSend(
  transactionId: Uint8Array,
  peer: SocketAddress,
  data: Uint8Array,
  { dontFragment }: SendOptions,
): Uint8Array {
  const writer = new MessageWriter(TurnMethod.SEND, MessageClass.INDICATION, transactionId, 64 + data.length)
    .xorAddress(TurnAttribute.XOR_PEER_ADDRESS, peer)
    .attribute(TurnAttribute.DATA, data);
  if (dontFragment) writer.flag(TurnAttribute.DONT_FRAGMENT);
  return writer.finish();
}
