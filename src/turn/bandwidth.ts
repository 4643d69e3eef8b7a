/**
 * How many bytes each second an allocation may carry, and all of them together; each direction for itself. What is over
 * is dropped, not delayed: media that comes late is worth nothing. RFC 8656 §5.
 */
import type { Millis, Rate } from '../base/index.ts';
import { type BandwidthLedger, bucketOf, type Direction, type Meters } from './bandwidth-ledger.ts';
import type { LiveSettings } from './live-settings.ts';
import type { BandwidthLimits } from './server-options.ts';

/** Holds a datagram of any size, so that no packet is too long for ever. */
const MIN_BURST_BYTES = 65_536;
/** A key frame comes at once, and then there is nothing for a while. */
const BURST_SECONDS = 0.5;

export class Bandwidth {
  readonly #settings: LiveSettings;
  readonly #ledger: BandwidthLedger;
  /** From which the rates below were made. */
  #limits: BandwidthLimits | undefined;
  #perAllocation: Rate | undefined;
  #total: Rate | undefined;

  constructor(settings: LiveSettings, ledger: BandwidthLedger) {
    this.#settings = settings;
    this.#ledger = ledger;
  }

  /**
   * Whether `bytes` may pass: one packet, or a run of packets that goes or is dropped as a whole (of at most 65,536
   * bytes, else it may never pass). Spends them. Without limits it costs two comparisons.
   */
  allows(now: Millis, meters: Meters, direction: Direction, bytes: number): boolean {
    const { bandwidth } = this.#settings.limits;
    if (bandwidth !== this.#limits) this.#adopt(bandwidth);
    const own = this.#perAllocation;
    if (own && !bucketOf(meters, now, direction, own).take(now, bytes)) return false;
    return this.#total === undefined || this.#ledger.take(now, direction, bytes, this.#total);
  }

  /** At the first packet, and after a reload. */
  #adopt(limits: BandwidthLimits | undefined): void {
    this.#limits = limits;
    this.#perAllocation = rateOf(limits?.perAllocation);
    this.#total = rateOf(limits?.total);
  }
}

function rateOf(perSecond: number | undefined): Rate | undefined {
  return perSecond === undefined
    ? undefined
    : { perSecond, burst: Math.max(MIN_BURST_BYTES, perSecond * BURST_SECONDS) };
}
