/** How loud a track is just now. Reads an AnalyserNode; records and sends nothing. */

let shared: AudioContext | undefined;

/** One context for all meters and the test tone. Browsers start it only after a touch or key: see `wakeAudio`. */
export function audioContext(): AudioContext {
  shared ??= new AudioContext({ latencyHint: 'interactive' });
  return shared;
}

/** Call it in a click or key handler. */
export function wakeAudio(): void {
  if (shared?.state === 'suspended') void shared.resume();
}

const SAMPLES = 512; // 11 ms at 48 kHz: short enough for a meter, long enough for a voice's lowest tone.

/** −60 dBFS is 0 and −10 dBFS is 1: the range of a voice at a desk. */
export function levelOf(samples: Float32Array): number {
  let squares = 0;
  for (const sample of samples) squares += sample * sample;
  const decibels = 10 * Math.log10(squares / Math.max(1, samples.length) + 1e-10);
  return Math.min(1, Math.max(0, (decibels + 60) / 50));
}

export class LevelMeter {
  readonly #source: MediaStreamAudioSourceNode;
  readonly #analyser: AnalyserNode;
  readonly #samples = new Float32Array(SAMPLES);

  /** The track stays the caller's. */
  constructor(track: MediaStreamTrack) {
    const context = audioContext();
    this.#analyser = new AnalyserNode(context, { fftSize: SAMPLES });
    this.#source = context.createMediaStreamSource(new MediaStream([track]));
    this.#source.connect(this.#analyser);
  }

  /** 0 … 1. */
  read(): number {
    this.#analyser.getFloatTimeDomainData(this.#samples);
    return levelOf(this.#samples);
  }

  close(): void {
    this.#source.disconnect();
  }
}
