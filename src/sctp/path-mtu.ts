/**
 * How large packets may be on this path: begins with what every path carries, tries larger ones once they are of use, and goes
 * back when nothing gets through. Writes no packets. RFC 8899 §5.
 */
import { type Millis, NEVER } from '../base/index.ts';

/**
 * Sizes that are tried, below the ceiling: what Ethernet carries (1500 − 40 IPv6 − 8 UDP − 37 DTLS − 4 ChannelData, in whole
 * words), about three times that, and what jumbo frames carry (9000, likewise).
 */
const STEPS: readonly number[] = [1408, 4000, 8908];
/**
 * A DTLS record holds 16,384 bytes (RFC 5246 §6.2.1). A little less, and four datagrams make one segmented send of 65,507
 * bytes: ⌊65507 ÷ 4⌋ − 37 DTLS, in whole words.
 */
export const LARGEST_PACKET_BYTES = 16_336;
/**
 * What a peer is sent that does not say how much it can read. Chromium reads DTLS into 2,048 bytes and fails for good at the
 * first longer datagram; others have buffers of 1,500.
 */
const UNSAID_BYTES = 1408;
/** RFC 8899 §5.1.2: MAX_PROBES. */
const MAX_PROBES = 3;
/** RFC 8899 §5.1.1: PROBE_TIMER is not below a second. */
const MIN_PROBE_MS = 1_000;
/** RFC 8899 §5.1.1: PMTU_RAISE_TIMER. */
const RAISE_AFTER_MS = 600_000;
/** After a black hole the search waits, twice as long each time. */
const FIRST_REST_MS = 1_000;

export class PathMtu {
  readonly #baseBytes: number;
  #packetBytes: number;
  /** Of the path, as it was told. */
  #ceilingBytes: number;
  #peerBytes = UNSAID_BYTES;
  /** The size that is tried; `undefined` between searches. */
  #triedBytes: number | undefined;
  #tries = 0;
  /** When the next probe leaves, or a search begins. */
  #probeAt: Millis = NEVER;
  #restMs = FIRST_REST_MS;
  /** Nothing got through: nothing is tried before something does. */
  #isBlackHole = false;
  /** Somebody has had more to send than one packet holds. */
  #isWanted = false;

  /** `baseBytes`: BASE_PLPMTU, a multiple of four. */
  constructor(baseBytes: number) {
    this.#baseBytes = baseBytes;
    this.#packetBytes = baseBytes;
    this.#ceilingBytes = baseBytes;
  }

  /** What packets may have: PLPMTU. */
  get packetBytes(): number {
    return this.#packetBytes;
  }

  nextTimeout(): Millis {
    return this.#isWanted ? this.#probeAt : NEVER;
  }

  /** So much waits to be sent. Who never has more than a packet that every path carries needs no larger ones, and tries none. */
  handleDemand(waitingBytes: number): void {
    if (waitingBytes > this.#baseBytes) this.#isWanted = true;
  }

  /** Another path, of which nothing is known but that nothing larger than `ceilingBytes` is worth a try. */
  begin(now: Millis, ceilingBytes: number): void {
    this.#packetBytes = this.#baseBytes;
    this.#ceilingBytes = Math.min(LARGEST_PACKET_BYTES, ceilingBytes & ~3);
    this.#restMs = FIRST_REST_MS;
    this.#isBlackHole = false;
    this.#search(now);
  }

  /** What the peer says it can read; `undefined` when it says nothing. */
  meetPeer(now: Millis, largestBytes: number | undefined): void {
    this.#peerBytes = largestBytes === undefined ? UNSAID_BYTES : largestBytes & ~3;
    if (this.#packetBytes > this.#peerBytes) this.#packetBytes = this.#baseBytes;
    this.#search(now);
  }

  /** The size of the probe that is to leave now, if one is. It counts as sent. */
  takeProbe(now: Millis, rtoMs: Millis): number | undefined {
    if (this.nextTimeout() > now) return undefined;
    if (this.#triedBytes === undefined) this.#search(now);
    else if (this.#tries >= MAX_PROBES) this.#complete(now);
    if (this.#triedBytes === undefined || this.#probeAt > now) return undefined;
    this.#tries += 1;
    this.#probeAt = now + Math.max(MIN_PROBE_MS, rtoMs);
    return this.#triedBytes;
  }

  /** A probe of this size has arrived. */
  handleProbeAck(now: Millis, probeBytes: number): void {
    if (probeBytes !== this.#triedBytes) return;
    this.#packetBytes = probeBytes;
    this.#search(now);
  }

  /** Data was acknowledged. */
  handleProgress(now: Millis): void {
    if (!this.#isBlackHole) return;
    this.#isBlackHole = false;
    this.#probeAt = now + this.#restMs;
    this.#restMs = Math.min(RAISE_AFTER_MS, this.#restMs * 2);
  }

  /** Data was not acknowledged for as long as the retransmission timeout: perhaps it is too large. RFC 8899 §4.3. */
  handleSilence(): void {
    if (this.#packetBytes === this.#baseBytes) return;
    this.#packetBytes = this.#baseBytes;
    this.#triedBytes = undefined;
    this.#probeAt = NEVER;
    this.#isBlackHole = true;
  }

  /** The next step, at once, if there is one. */
  #search(now: Millis): void {
    const most = Math.min(this.#ceilingBytes, this.#peerBytes);
    const next = STEPS.find((bytes) => bytes > this.#packetBytes && bytes < most);
    const isDone = this.#packetBytes >= most;
    this.#triedBytes = isDone ? undefined : (next ?? most);
    this.#tries = 0;
    this.#probeAt = isDone ? NEVER : now;
  }

  /** The path carries no more; perhaps another day. */
  #complete(now: Millis): void {
    this.#triedBytes = undefined;
    this.#probeAt = now + RAISE_AFTER_MS;
  }
}
