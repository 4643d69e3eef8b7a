/** Which TSNs have arrived: a cumulative one, and blocks behind gaps. RFC 9260 §6.2. */
import { serialDistance, serialLess } from '../base/index.ts';
import type { GapBlock } from './sack-chunk.ts';

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

  /** Whether this one has arrived. */
  has(tsn: number): boolean {
    if (!serialLess(this.#cumulative, tsn)) return true;
    return this.#blocks.some(({ from, to }) => !serialLess(tsn, from) && serialLess(tsn, to));
  }

  /** At most so many, first come first. */
  gapBlocks(most: number): GapBlock[] {
    return this.#blocks.slice(0, most).map(({ from, to }) => ({
      start: serialDistance(this.#cumulative, from),
      end: serialDistance(this.#cumulative, to) - 1,
    }));
  }

  /** Those since the last call. */
  takeDuplicates(): number[] {
    const taken = this.#duplicates;
    this.#duplicates = [];
    return taken;
  }

  get hasDuplicates(): boolean {
    return this.#duplicates.length > 0;
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
