/** How far a transfer is: bytes, rate and time left, on one line of a terminal; elsewhere a line now and then. */

/** A terminal is drawn anew so often, and a log gets a line so often. */
const DRAW_EVERY_MS = 100;
const TELL_EVERY_MS = 5_000;
/** The rate is that of the last seconds: a burst does not shake it, a change shows soon. */
const RATE_OVER_MS = 4_000;
const BAR_CELLS = 24;

export interface ProgressSink {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

export class ProgressLine {
  readonly #sink: ProgressSink;
  readonly #now: () => number;
  readonly #samples: { atMs: number; bytes: number }[] = [];
  #shownAtMs = Number.NEGATIVE_INFINITY;
  #drawn = false;

  constructor(sink: ProgressSink, now: () => number) {
    this.#sink = sink;
    this.#now = now;
  }

  /** Of one file: `bytes` of `size` are there. */
  update(name: string, bytes: number, size: number): void {
    const atMs = this.#now();
    const last = this.#samples.at(-1);
    if (last && bytes < last.bytes) this.#samples.length = 0;
    this.#samples.push({ atMs, bytes });
    while ((this.#samples[1]?.atMs ?? atMs) < atMs - RATE_OVER_MS) this.#samples.shift();
    const everyMs = this.#sink.isTTY ? DRAW_EVERY_MS : TELL_EVERY_MS;
    if (atMs - this.#shownAtMs < everyMs) return;
    this.#shownAtMs = atMs;
    const text = describe(
      harmless(name),
      bytes,
      size,
      this.#rate(),
      this.#sink.isTTY ? this.#sink.columns : undefined,
    );
    this.#sink.write(this.#sink.isTTY ? `\r${text}\u001b[K` : `${text}\n`);
    this.#drawn = this.#sink.isTTY === true;
  }

  /** A line of its own, above what is drawn. */
  say(text: string): void {
    this.#sink.write(`${this.#drawn ? '\r\u001b[K' : ''}${harmless(text)}\n`);
    this.#drawn = false;
    this.#shownAtMs = Number.NEGATIVE_INFINITY;
  }

  /** Another file begins. */
  restart(): void {
    this.#samples.length = 0;
  }

  /** Bytes per second; 0 as long as nobody knows. */
  #rate(): number {
    const [first] = this.#samples;
    const last = this.#samples.at(-1);
    if (!first || !last || last.atMs - first.atMs < DRAW_EVERY_MS) return 0;
    return ((last.bytes - first.bytes) * 1000) / (last.atMs - first.atMs);
  }
}

/** `photo.jpg ▕██████    ▏ 45 %  1.2 of 2.7 GB  32 MB/s  0:48 left`. As much of it as there are `columns`. */
export function describe(
  name: string,
  bytes: number,
  size: number,
  perSecond: number,
  columns: number | undefined,
): string {
  const part = size === 0 ? 1 : bytes / size;
  const percent = `${Math.floor(part * 100)} %`;
  const left = perSecond > 0 ? `  ${clock((size - bytes) / perSecond)} left` : '';
  const rate = perSecond > 0 ? `  ${formatBytes(perSecond)}/s` : '';
  const numbers = `${percent}  ${formatBytes(bytes)} of ${formatBytes(size)}${rate}${left}`;
  const bar = `▕${'█'.repeat(Math.round(part * BAR_CELLS)).padEnd(BAR_CELLS)}▏`;
  if (columns === undefined) return `${name}: ${numbers}`;
  const withBar = `${name} ${bar} ${numbers}`;
  if (withBar.length < columns) return withBar;
  const short = `${name} ${numbers}`;
  return short.length < columns ? short : numbers.slice(0, Math.max(0, columns - 1));
}

/** Names of files may hold what a terminal obeys. */
function harmless(text: string): string {
  return text.replace(/[^\P{Cc}\n]|[\u202a-\u202e\u2066-\u2069]/gu, '');
}

export function formatBytes(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${unit === 0 || value >= 99.95 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`;
}

function clock(seconds: number): string {
  const whole = Math.ceil(seconds);
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const two = (value: number): string => String(value).padStart(2, '0');
  return hours > 0 ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
}
