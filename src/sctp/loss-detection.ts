/**
 * How long a fragment may be overtaken before it counts as lost, and when silence asks for a probe: RACK and TLP as TCP has
 * them, for TSNs. Keeps no fragments and no timers. RFC 8985 §6.2 steps 3 and 4, §7.2, §7.4.
 */
import { type Millis, serialLess } from '../base/index.ts';

/** RFC 9260 §7.2.4, RFC 8985 §6.2 step 4 (DupThresh): so many packets behind a gap end the patience. */
const PACKETS_MEAN_LOST = 3;
/** RFC 8985 §6.2 step 4: reo_wnd_persist. */
const PATIENT_RECOVERIES = 16;
/** RFC 8985 §7.2: two round trips. */
const PROBE_ROUND_TRIPS = 2;
/** RFC 8985 §7.2, WCDelAckT: what acknowledges a single packet may wait for a second one. RFC 9260 §6.2: 200 ms. */
const DELAYED_SACK_MS = 200;
/** A repair, its answer, and that again for the one that made it late. */
const UNHEARD_ROUND_TRIPS = 4;
/** No probe sooner: event loops and delayed acknowledgements of few milliseconds are no losses. */
const MIN_PROBE_MS = 10;

export class LossDetection {
  /** Some path has let a later packet pass an earlier one. */
  #reordered = false;
  /** Quarters of the shortest round trip. RFC 8985: reo_wnd_mult. */
  #quarters = 1;
  #recoveries = 0;
  /** Sent again since the window was reduced, and not told to have come twice. */
  #repairs = 0;
  #repairingSince: Millis = 0;
  /** The probe that is under way: until everything up to this TSN is acknowledged there is no second. */
  #probeEnd: number | undefined;
  #probedAt: Millis = 0;

  /** A SACK came. `duplicates`: it told of fragments that had been sent twice and had arrived both times. */
  note(reordered: boolean, duplicates: number): void {
    if (reordered) this.#reordered = true;
    if (duplicates > 0 && this.#reordered) {
      this.#quarters = Math.min(16, this.#quarters + 1);
      this.#recoveries = 0;
    }
  }

  /**
   * A recovery begins. Whether it stands for itself; else it belongs to one before, of whose repairs nobody can have heard
   * yet.
   */
  beginRepairs(now: Millis, smoothedMs: Millis): boolean {
    const isOwn = this.#repairs === 0 || now - this.#repairingSince > UNHEARD_ROUND_TRIPS * smoothedMs;
    this.#repairingSince = now;
    if (isOwn) this.#repairs = 0;
    return isOwn;
  }

  noteRepair(): void {
    this.#repairs += 1;
  }

  /** Whether the peer had all that was repaired, so that nothing was lost: it was late. RFC 3708 §2. */
  wereRepairsVain(duplicates: number): boolean {
    if (this.#repairs === 0 || duplicates === 0) return false;
    this.#repairs = Math.max(0, this.#repairs - duplicates);
    return this.#repairs === 0;
  }

  noteRecovered(): void {
    this.#recoveries += 1;
    if (this.#recoveries < PATIENT_RECOVERIES) return;
    this.#quarters = 1;
    this.#recoveries = 0;
  }

  /** RFC 8985 §6.2 step 4: reo_wnd. */
  reorderingMs(
    shortestMs: Millis,
    smoothedMs: Millis,
    gapBytes: number,
    packetBytes: number,
    inRecovery: boolean,
  ): Millis {
    const enough = gapBytes >= PACKETS_MEAN_LOST * packetBytes;
    if (!this.#reordered && (inRecovery || enough)) return 0;
    return Math.min(smoothedMs, (this.#quarters * shortestMs) / 4);
  }

  /** RFC 8985 §7.2: the PTO. */
  probeAfterMs(smoothedMs: Millis | undefined, mayBeDelayed: boolean, rtoMs: Millis): Millis {
    if (smoothedMs === undefined) return rtoMs;
    const patienceMs = PROBE_ROUND_TRIPS * smoothedMs + (mayBeDelayed ? DELAYED_SACK_MS : 0);
    return Math.min(rtoMs, Math.max(MIN_PROBE_MS, patienceMs));
  }

  get isProbing(): boolean {
    return this.#probeEnd !== undefined;
  }

  beginProbe(now: Millis, lastTsn: number): void {
    this.#probeEnd = lastTsn;
    this.#probedAt = now;
  }

  endProbe(): void {
    this.#probeEnd = undefined;
  }

  /**
   * RFC 8985 §7.4: whether a probe alone has repaired a loss, which is a loss all the same. It has not when the peer had both,
   * or when it answers sooner than the probe can have come to it.
   */
  judgeProbe(now: Millis, cumulativeTsn: number, duplicates: number, shortestMs: Millis): boolean {
    const end = this.#probeEnd;
    if (end === undefined) return false;
    const isAcknowledged = !serialLess(cumulativeTsn, end);
    if (isAcknowledged || duplicates > 0) this.#probeEnd = undefined;
    return isAcknowledged && duplicates === 0 && now - this.#probedAt >= shortestMs;
  }

  /** Another path. */
  forgetPath(): void {
    this.#reordered = false;
    this.#quarters = 1;
    this.#recoveries = 0;
  }
}
