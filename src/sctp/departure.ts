/** Fills packets with what may leave: answers first, then acknowledgements, then resets, then data. RFC 9260 §6.10. */
import { NEVER } from '../base/index.ts';
import type { AssociationContext, Link } from './association-context.ts';
import { ChunkType } from './code-points.ts';
import type { PacketWriter } from './packet-writer.ts';
import { SACK_FIELDS_BYTES } from './sack-chunk.ts';

/** One call writes no more packets than a full congestion window of small ones needs. */
const MAX_PACKETS = 4096;

/** Writes packets until nothing more may leave; `false` when it stopped before that. */
export function writeDue(context: AssociationContext, link: Link): boolean {
  const { writer, transmits } = context;
  for (let packets = 0; hasWork(context, link); packets++) {
    if (packets === MAX_PACKETS) return false;
    writer.begin(link.peerTag, link.outbound.roomBytes);
    fill(context, link, writer);
    if (writer.isEmpty) return true;
    transmits.push(writer.finish(link.extensions.zeroChecksum));
  }
  return true;
}

/**
 * Acknowledges at once, without waiting for the end of the batch: most stacks open their window, and count what is missing,
 * by the number of SACKs. RFC 9260 §7.2.1, §7.2.4. Ours counts bytes and time.
 */
export function writeSack(
  { writer, transmits }: AssociationContext,
  { peerTag, inbound, outbound, extensions }: Link,
): void {
  inbound.writeSack(writer.begin(peerTag, outbound.roomBytes));
  transmits.push(writer.finish(extensions.zeroChecksum));
}

function hasWork(context: AssociationContext, { inbound, outbound, resets }: Link): boolean {
  if (inbound.sackAt <= context.now || context.replies.length > 0) return true;
  return context.mayCarryData && (outbound.hasWork || !resets.isIdle);
}

function fill(context: AssociationContext, link: Link, writer: PacketWriter): void {
  const { replies, now, mayCarryData } = context;
  for (let reply = replies.peek(); reply && writer.fits(reply.value.length); reply = replies.peek()) {
    writer.chunk(reply.type, reply.flags, reply.value);
    replies.take();
  }
  const { inbound, outbound, resets } = link;
  // A delayed acknowledgement travels with data that leaves anyway.
  const sackWaits = inbound.sackAt !== NEVER && mayCarryData && outbound.hasWork;
  if ((inbound.sackAt <= now || sackWaits) && writer.fits(SACK_FIELDS_BYTES)) inbound.writeSack(writer);
  if (!mayCarryData) return;
  if (!resets.isIdle) {
    const reset = resets.poll(now, outbound.rto.ms, outbound.lastTsn, outbound.scheduler);
    if (reset && writer.fits(reset.length)) writer.chunk(ChunkType.RE_CONFIG, 0, reset);
  }
  outbound.fill(now, writer);
}
