/** The sentence that is shown for a moment and read aloud by screen readers. One at a time, in order. */
import { signal } from '@preact/signals';

/** Long enough to read a short sentence, milliseconds. */
const SHOWN_MS = 3500;
/** More than this many at once is noise: the oldest go unsaid. */
const MOST_WAITING = 4;

export const said = signal<string>('');
const waiting: string[] = [];
let timer: ReturnType<typeof setTimeout> | undefined;

function next(): void {
  const sentence = waiting.shift();
  said.value = sentence ?? '';
  timer = sentence === undefined ? undefined : setTimeout(next, waiting.length > 0 ? SHOWN_MS / 2 : SHOWN_MS);
}

export function say(sentence: string): void {
  waiting.push(sentence);
  if (waiting.length > MOST_WAITING) waiting.shift();
  if (timer === undefined) next();
}
