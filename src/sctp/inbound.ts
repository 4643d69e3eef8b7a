/**
 * The receiving half of an association: takes fragments within a window, says when an acknowledgement is due and what
 * stands in it. RFC 9260 §6.2, RFC 3758 §3.6.
 */
import { type Millis, NEVER, serialLess } from '../base/index.ts';
import type { DataFragment } from './data-chunk.ts';
import type { ForwardTsn } from './forward-tsn-chunk.ts';
import { FRAGMENT_OVERHEAD_BYTES, type WholeMessage } from './fragment-runs.ts';
import type { PacketWriter } from './packet-writer.ts';
import { Reassembly } from './reassembly.ts';
import { ReceivedTsns } from './received-tsns.ts';

export interface InboundOptions {
  readonly receiveWindowBytes: number;
  /** RFC 9260 §6.2: at most 500, 200 is recommended. */
  readonly delayedSackMs: Millis;
}

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

  /** Appends to `ready` the messages that are complete, in order. The fragment is borrowed. */
  handleData(fragment: DataFragment, ready: WholeMessage[]): void {
    this.#sawData = true;
    if (fragment.immediate) this.#atOnce = true;
    if (!this.#hasRoom(fragment)) {
      this.#atOnce = true; // §6.2: the sender is to hear of the window
      return;
    }
    const arrival = this.#tsns.receive(fragment.tsn);
    // §6.2, §6.7: a duplicate or a gap is told at once.
    if (arrival !== 'fresh' || this.#tsns.hasGaps) this.#atOnce = true;
    if (arrival === 'fresh') this.#reassembly.add(fragment, ready);
  }

  /** Appends to `ready` the messages that were waiting for what is skipped. */
  handleForward({ cumulativeTsn, skipped }: ForwardTsn, ready: WholeMessage[]): void {
    this.#sawData = true;
    this.#atOnce = true; // RFC 3758 §3.6 F4: as on a gap that closes
    if (this.#tsns.forward(cumulativeTsn)) this.#reassembly.skip(cumulativeTsn, skipped, ready);
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

  /** More packets wait for an acknowledgement than the RFC lets wait, or some are missing. RFC 9260 §6.2, §6.7. */
  get isSackOverdue(): boolean {
    return this.#packetsSinceSack >= PACKETS_PER_SACK || (this.#packetsSinceSack > 0 && this.#tsns.hasGaps);
  }

  /** An acknowledgement is to leave with the next packet. */
  demandSack(now: Millis): void {
    this.#sackAt = now;
  }

  /** When a SACK is due; `NEVER` when nothing is to be told. */
  get sackAt(): Millis {
    return this.#sackAt;
  }

  /** Writes a SACK into a packet that has room for one without gaps. */
  writeSack(writer: PacketWriter): void {
    this.#sackAt = NEVER;
    this.#packetsSinceSack = 0;
    this.#atOnce = false;
    this.#tsns.writeSack(writer, this.windowBytes);
  }

  /** §6.2: beyond the window only what closes a gap is taken. */
  #hasRoom({ tsn, length }: DataFragment): boolean {
    const after = this.#reassembly.heldBytes + length + FRAGMENT_OVERHEAD_BYTES;
    const { receiveWindowBytes } = this.#options;
    if (after <= receiveWindowBytes) return true;
    const closesGap = tsn === (this.#tsns.cumulative + 1) >>> 0 || serialLess(tsn, this.#tsns.highest);
    return closesGap && after <= GAP_ALLOWANCE * receiveWindowBytes;
  }
}
