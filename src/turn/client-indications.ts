/** What a server tells its client unasked. Believes nothing about the peer: see `ClientPeers`. RFC 8656 §11.4, §11.6; RFC 6062 §4.4. */
import type { SocketAddress } from '../base/index.ts';
import type { StunMessage } from '../stun/index.ts';
import { decodeIcmp, decodeU32 } from './attributes.ts';
import { readAddresses } from './client-allocate.ts';
import type { TurnClientEvent } from './client-events.ts';
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
