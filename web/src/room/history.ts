/** The numbers of the last two minutes, per person, for the details panel. Draws nothing. */
import { type ReadonlySignal, signal } from '@preact/signals';
import type { Call, LinkSample } from '../../../src/client/index.ts';

const EVERY_MS = 1000;
/** 120 = two minutes at one sample a second. */
export const KEPT_SAMPLES = 120;

export type History = ReadonlyMap<string, readonly LinkSample[]>;

/** Adds one round of samples; people who are not in it are forgotten. */
export function withSamples(history: History, samples: readonly LinkSample[]): History {
  return new Map(
    samples.map((sample) => [
      sample.peer,
      [...(history.get(sample.peer) ?? []), sample].slice(-KEPT_SAMPLES),
    ]),
  );
}

const recorded = signal<History>(new Map());
export const history: ReadonlySignal<History> = recorded;

/** Samples until the returned function is called. A slow sample is never overtaken by the next. */
export function recordHistory(call: Pick<Call, 'sample'>): () => void {
  let busy = false;
  const timer = setInterval(() => {
    if (busy) return;
    busy = true;
    call
      .sample()
      .then((samples) => {
        recorded.value = withSamples(recorded.value, samples);
      })
      .catch(() => undefined) // A connection that closes meanwhile has no numbers: the next round has the rest.
      .finally(() => {
        busy = false;
      });
  }, EVERY_MS);
  return () => {
    clearInterval(timer);
    recorded.value = new Map();
  };
}
