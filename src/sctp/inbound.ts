/**
 * The receiving half of an association: takes fragments within a window, says when an acknowledgement is due and what
 * stands in it. RFC 9260 §6.2, RFC 3758 §3.6.
 */
import { type Millis, NEVER, serialLess } from '../base/index.ts';
import type { DataFragment } from './data-chunk.ts';
import type { ForwardTsn } from './forward-tsn-chunk.ts';
import { FRAGMENT_OVERHEAD_BYTES, type WholeMessage } from './fragment-runs.ts';
import { Reassembly } from './reassembly.ts';
import { ReceivedTsns } from './received-tsns.ts';
import { encodeSack } from './sack-chunk.ts';

export interface InboundOptions {
  readonly receiveWindowBytes: number;
  /** RFC 9260 §6.2: at most 500, 200 is recommended. */
  readonly delayedSackMs: Millis;
}

/** Fixed fields of a SACK with its chunk header. */
const SACK_BYTES = 16;
/** Packets with data before one is acknowledged at once: every second. RFC 9260 §6.2. */
const PACKETS_PER_SACK = 2;
/** Gaps must be fillable when the window is full of what lies behind them, but not without end. */
const GAP_ALLOWANCE = 2;

export class Inbound {
  readonly #options: InboundOptions;
  readonly #tsns: ReceivedTsns;
  readonly #reassembly: Reassembly;
  #packetsSinceSack = 0;
  #sackAt: Millis = NEVER;
  #sawData = false;
  #atOnce = false;

  constructor(peerInitialTsn: number, interleaved: boolean, options: InboundOptions) {
    this.#options = options;
    this.#tsns = new ReceivedTsns(peerInitialTsn);
    this.#reassembly = new Reassembly(interleaved);
  }

  get cumulativeTsn(): number {
    return this.#tsns.cumulative;
  }

  get heldBytes(): number {
    return this.#reassembly.heldBytes;
  }

  get windowBytes(): number {
    return Math.max(0, this.#options.receiveWindowBytes - this.#reassembly.heldBytes);
  }

  /** Messages that are ready, in order. The payload of the fragment is borrowed. */
  handleData(fragment: DataFragment): readonly WholeMessage[] {
    this.#sawData = true;
    if (fragment.immediate) this.#atOnce = true;
    if (!this.#hasRoom(fragment)) {
      this.#atOnce = true; // §6.2: the sender is to hear of the window
      return [];
    }
    const arrival = this.#tsns.receive(fragment.tsn);
    // §6.2, §6.7: a duplicate or a gap is told at once.
    if (arrival !== 'fresh' || this.#tsns.hasGaps) this.#atOnce = true;
    return arrival === 'fresh' ? this.#reassembly.add(fragment) : [];
  }

  /** Messages that were waiting for what is skipped. */
  handleForward({ cumulativeTsn, skipped }: ForwardTsn): readonly WholeMessage[] {
    this.#sawData = true;
    this.#atOnce = true; // RFC 3758 §3.6 F4: as on a gap that closes
    if (!this.#tsns.forward(cumulativeTsn)) return [];
    return this.#reassembly.skip(cumulativeTsn, skipped);
  }

  resetStreams(streams: readonly number[]): void {
    this.#reassembly.resetStreams(streams);
  }

  /** All chunks of a packet have been handled. */
  endPacket(now: Millis): void {
    if (!this.#sawData) return;
    this.#sawData = false;
    this.#packetsSinceSack += 1;
    if (this.#atOnce || this.#packetsSinceSack >= PACKETS_PER_SACK) this.#sackAt = now;
    else this.#sackAt = Math.min(this.#sackAt, now + this.#options.delayedSackMs);
  }

  /** An acknowledgement is to leave with the next packet. */
  demandSack(now: Millis): void {
    this.#sackAt = now;
  }

  /** When a SACK is due; `NEVER` when nothing is to be told. */
  get sackAt(): Millis {
    return this.#sackAt;
  }

  /** The value of a SACK chunk that takes at most so many bytes with its header. It counts as sent. */
  takeSack(roomBytes: number): Uint8Array {
    const entries = Math.max(0, Math.floor((roomBytes - SACK_BYTES) / 4));
    const gaps = this.#tsns.gapBlocks(entries);
    const duplicates = this.#tsns.takeDuplicates().slice(0, entries - gaps.length);
    this.#sackAt = NEVER;
    this.#packetsSinceSack = 0;
    this.#atOnce = false;
    return encodeSack({
      cumulativeTsn: this.#tsns.cumulative,
      receiveWindowBytes: this.windowBytes,
      gaps,
      duplicates,
    });
  }

  /** §6.2: beyond the window only what closes a gap is taken. */
  #hasRoom({ tsn, payload }: DataFragment): boolean {
    const after = this.#reassembly.heldBytes + payload.length + FRAGMENT_OVERHEAD_BYTES;
    const { receiveWindowBytes } = this.#options;
    if (after <= receiveWindowBytes) return true;
    const closesGap = tsn === (this.#tsns.cumulative + 1) >>> 0 || this.#isBehindNews(tsn);
    return closesGap && after <= GAP_ALLOWANCE * receiveWindowBytes;
  }

  #isBehindNews(tsn: number): boolean {
    const last = this.#tsns.gapBlocks(Number.POSITIVE_INFINITY).at(-1);
    return last !== undefined && serialLess(tsn, (this.#tsns.cumulative + last.end) >>> 0);
  }
}
