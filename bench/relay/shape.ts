/** When which session sends how many packets of which size. Every session has the same rhythm, evenly out of step. */
export type Shape =
  /** Single packets of `bytes`. */
  | { readonly kind: 'single'; readonly bytes: number; readonly perSecond: number }
  /** Frames of 8 to 12 packets of one size and one shorter. */
  | { readonly kind: 'video'; readonly perSecond: number };

/** Payload bytes of a full packet of video: libwebrtc splits a frame evenly into packets of up to about 1,200. */
const VIDEO_PACKET = { leastBytes: 900, mostBytes: 1150 } as const;
const VIDEO_FRAME = { leastPackets: 8, mostPackets: 12 } as const;
/** A stamp needs 8 bytes; so does no real RTP packet less. */
const LEAST_BYTES = 32;

/** Later than this, what is due is left out and counted: a generator that was starved must not flood. */
const LATEST_US = 20_000;

/** Mean packets of one burst. */
function packetsPerBurst(shape: Shape): number {
  return shape.kind === 'single' ? 1 : (VIDEO_FRAME.leastPackets + VIDEO_FRAME.mostPackets) / 2 + 1;
}

export class Schedule {
  readonly #shape: Shape;
  readonly #from: number;
  readonly #sessions: number;
  readonly #startUs: number;
  readonly #gapUs: number;
  #next = 0;
  #seed = 1;
  /** Packets left out. */
  skipped = 0;

  constructor(shape: Shape, from: number, to: number, startUs: number) {
    this.#shape = shape;
    this.#from = from;
    this.#sessions = to - from;
    this.#startUs = startUs;
    this.#gapUs = 1e6 / (shape.perSecond * this.#sessions);
  }

  /** Calls `emit` for each packet that is due, all of one burst in a row. */
  emitDue(nowUs: number, emit: (session: number, bytes: number) => void): void {
    const due = Math.floor((nowUs - this.#startUs) / this.#gapUs);
    const latest = Math.floor((nowUs - LATEST_US - this.#startUs) / this.#gapUs);
    if (this.#next < latest) {
      this.skipped += (latest - this.#next) * packetsPerBurst(this.#shape);
      this.#next = latest;
    }
    for (; this.#next <= due; this.#next += 1) {
      const session = this.#from + (this.#next % this.#sessions);
      if (this.#shape.kind === 'single') {
        emit(session, this.#shape.bytes);
        continue;
      }
      const bytes = this.#between(VIDEO_PACKET.leastBytes, VIDEO_PACKET.mostBytes);
      const packets = this.#between(VIDEO_FRAME.leastPackets, VIDEO_FRAME.mostPackets);
      for (let packet = 0; packet < packets; packet += 1) emit(session, bytes);
      emit(session, this.#between(LEAST_BYTES, bytes - 1));
    }
  }

  /** The same numbers in every run: Lehmer's generator. */
  #between(least: number, most: number): number {
    this.#seed = (this.#seed * 48_271) % 2_147_483_647;
    return least + (this.#seed % (most - least + 1));
  }
}
