/** Which packets are looked at: ports, tags, and who may go without a checksum. RFC 9260 §8.5, RFC 9653 §5.3. */
import type { AssociationContext } from './association-context.ts';
import { ChunkType, T_FLAG } from './code-points.ts';
import { hasZeroChecksumByRight, PACKET_HEADER_BYTES, type Packet } from './packet.ts';

export function isForUs(context: AssociationContext, packet: Packet): boolean {
  const { sourcePort, destinationPort, verificationTag, zeroChecksum, chunkCount, bytes } = packet;
  const { options, state, link } = context;
  if (sourcePort !== options.remotePort || destinationPort !== options.localPort) return false;
  const type = bytes[PACKET_HEADER_BYTES];
  const begins = type === ChunkType.INIT;
  const mayGoUnchecked = context.acceptsZeroChecksum && !begins && type !== ChunkType.COOKIE_ECHO;
  if (zeroChecksum && !mayGoUnchecked && !hasZeroChecksumByRight(bytes)) return false;
  // §8.5.1 A: INIT alone, with no tag.
  if (begins) return verificationTag === 0 && chunkCount === 1;
  // §8.5.1 D: the cookie says which tag is right.
  if (type === ChunkType.COOKIE_ECHO) return true;
  const own = 'own' in state ? (link?.ownTag ?? state.own.tag) : undefined;
  if (own !== undefined && verificationTag === own) return true;
  // §8.5.1 B, C: ABORT and SHUTDOWN COMPLETE may carry the other's tag, if they say so.
  const reflects = type === ChunkType.ABORT || type === ChunkType.SHUTDOWN_COMPLETE;
  const flags = bytes[PACKET_HEADER_BYTES + 1] ?? 0;
  return reflects && (flags & T_FLAG) !== 0 && verificationTag === link?.peerTag;
}
