/** The answer to a Binding request. RFC 8489 §6.3.1.1. */
import type { SocketAddress } from '../base/index.ts';
import { StunAttribute } from './attribute-types.ts';
import type { StunMessage } from './message.ts';
import { MessageClass } from './message-type.ts';
import { MessageWriter } from './message-writer.ts';

/** Holds XOR-MAPPED-ADDRESS and nothing else: 32 bytes (44 for IPv6) for a request of 20, so it is a poor amplifier. */
export function bindingResponse(request: StunMessage, client: SocketAddress): Uint8Array {
  return new MessageWriter(request.method, MessageClass.SUCCESS, request.transactionId, 48)
    .xorAddress(StunAttribute.XOR_MAPPED_ADDRESS, client)
    .finish();
}
