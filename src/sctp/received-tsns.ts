/** Which TSNs have arrived: a cumulative one, and blocks behind gaps; and how a SACK says so. RFC 9260 §6.2, §3.3.4. */
import { serialDistance, serialLess } from '../base/index.ts';
import { ChunkType } from './code-points.ts';
import { CHUNK_HEADER_BYTES } from './packet.ts';
import type { PacketWriter } from './packet-writer.ts';
import { SACK_FIELDS_BYTES } from './sack-chunk.ts';

/** Half-open: `from` … `to − 1`, on the circle. */
interface Block {
  from: number;
  to: number;
}

/** Blocks kept at a time. With a third of all packets lost a window of 1 MB has some 300. */
const MAX_BLOCKS = 1024;
/** Reported at a time; what is beyond is said in the next. */
const MAX_DUPLICATES = 16;
/** A gap block reaches 16 bits behind the cumulative TSN. RFC 9260 §3.3.4. */
const MAX_AHEAD = 0xffff;

export class ReceivedTsns {
  #cumulative: number;
  /** In order, apart from each other and from the cumulative TSN. */
  readonly #blocks: Block[] = [];
  #duplicates: number[] = [];

  /** `initialTsn`: the first that the peer will use. */
  constructor(initialTsn: number) {
    this.#cumulative = (initialTsn - 1) >>> 0;
  }

  /** Everything up to it has arrived. */
  get cumulative(): number {
    return this.#cumulative;
  }

  get hasGaps(): boolean {
    return this.#blocks.length > 0;
  }

  /** `too-far`: beyond what a SACK can report, or one block more than is kept. Then it has not arrived. */
  receive(tsn: number): 'fresh' | 'duplicate' | 'too-far' {
    const ahead = serialDistance(this.#cumulative, tsn);
    if (ahead === 0 || ahead > 2 ** 31) return this.#duplicate(tsn);
    if (ahead > MAX_AHEAD) return 'too-far';
    const blocks = this.#blocks;
    if (ahead === 1 && blocks.length === 0) {
      this.#cumulative = tsn;
      return 'fresh';
    }
    // From the end: what comes is mostly the newest.
    let i = blocks.length;
    while (i > 0 && serialLess(tsn, blocks[i - 1]?.from ?? tsn)) i -= 1;
    const before = blocks[i - 1];
    if (before && serialLess(tsn, before.to)) return this.#duplicate(tsn);
    const after = blocks[i];
    const next = (tsn + 1) >>> 0;
    if (before?.to === tsn) {
      before.to = next;
      if (after?.from === next) {
        before.to = after.to;
        blocks.splice(i, 1);
      }
    } else if (after?.from === next) after.from = tsn;
    else if (ahead === 1) {
      this.#cumulative = tsn;
      return 'fresh';
    } else if (blocks.length >= MAX_BLOCKS) return 'too-far';
    else blocks.splice(i, 0, { from: tsn, to: next });
    this.#absorb();
    return 'fresh';
  }

  /** The sender gives up on everything up to here. `false` when it says nothing new. RFC 3758 §3.6. */
  forward(tsn: number): boolean {
    if (!serialLess(this.#cumulative, tsn)) return false;
    this.#cumulative = tsn;
    const blocks = this.#blocks;
    while (blocks[0] && !serialLess(tsn, (blocks[0].to - 1) >>> 0)) blocks.shift();
    const first = blocks[0];
    if (first && !serialLess(tsn, first.from)) first.from = (tsn + 1) >>> 0;
    this.#absorb();
    return true;
  }

  /** The highest that has arrived. */
  get highest(): number {
    const last = this.#blocks.at(-1);
    return last ? (last.to - 1) >>> 0 : this.#cumulative;
  }

  /**
   * Writes a SACK: as many gaps and duplicates as the packet has room for, the first ones first. The duplicates count as
   * told. The caller has checked that the fixed fields fit.
   */
  writeSack(writer: PacketWriter, receiveWindowBytes: number): void {
    const entries = (writer.roomBytes - CHUNK_HEADER_BYTES - SACK_FIELDS_BYTES) >> 2;
    const gaps = Math.min(entries, this.#blocks.length);
    const duplicates = Math.min(entries - gaps, this.#duplicates.length);
    let at = writer.open(ChunkType.SACK, 0, SACK_FIELDS_BYTES + 4 * (gaps + duplicates));
    const { view } = writer;
    view.setUint32(at, this.#cumulative);
    view.setUint32(at + 4, receiveWindowBytes);
    view.setUint16(at + 8, gaps);
    view.setUint16(at + 10, duplicates);
    at += SACK_FIELDS_BYTES;
    for (let i = 0; i < gaps; i++, at += 4) {
      const { from, to } = this.#blocks[i] as Block;
      view.setUint16(at, serialDistance(this.#cumulative, from));
      view.setUint16(at + 2, serialDistance(this.#cumulative, to) - 1);
    }
    for (let i = 0; i < duplicates; i++, at += 4) view.setUint32(at, this.#duplicates[i] as number);
    if (this.#duplicates.length > 0) this.#duplicates = [];
  }

  #duplicate(tsn: number): 'duplicate' {
    if (this.#duplicates.length < MAX_DUPLICATES) this.#duplicates.push(tsn);
    return 'duplicate';
  }

  /** The first block may now follow the cumulative TSN without a gap. */
  #absorb(): void {
    const first = this.#blocks[0];
    if (first?.from !== (this.#cumulative + 1) >>> 0) return;
    this.#cumulative = (first.to - 1) >>> 0;
    this.#blocks.shift();
  }
}
