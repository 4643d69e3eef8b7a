/** The one table that is printed, line by line as it becomes known: Markdown, so that it can go into a page as it is. */

export interface Row {
  readonly title: string;
  readonly server: string;
  /** What is compared: the middle of all rounds, and the unit. */
  readonly cost: string;
  readonly rate?: string;
  readonly loss?: string;
  /** p50 and p99, added to what the generator itself needs. */
  readonly latency?: string;
  readonly resident?: string;
  /** coturn ÷ ours in cost, ours ÷ coturn in rate: above 1, ours is better. In the second line of a case. */
  readonly ratio?: string;
  readonly note?: string;
}

const COLUMNS = [
  ['case', 46],
  ['server', 7],
  ['cost', 27],
  ['rate', 17],
  ['loss', 8],
  ['added latency p50 / p99', 23],
  ['RSS', 8],
  ['ratio', 19],
  ['note', 0],
] as const;

export class Table {
  readonly #write: (text: string) => void;

  constructor(write: (text: string) => void) {
    this.#write = write;
  }

  head(): void {
    this.#line(COLUMNS.map(([name]) => name));
    this.#line(COLUMNS.map(([, width]) => '-'.repeat(Math.max(3, width))));
  }

  row(row: Row): void {
    const {
      title,
      server,
      cost,
      rate = '',
      loss = '',
      latency = '',
      resident = '',
      ratio = '',
      note = '',
    } = row;
    this.#line([title, server, cost, rate, loss, latency, resident, ratio, note]);
  }

  #line(cells: readonly string[]): void {
    const padded = cells.map((cell, i) => cell.padEnd(COLUMNS[i]?.[1] ?? 0));
    this.#write(`| ${padded.join(' | ')} |\n`);
  }
}

export function perSecond(value: number): string {
  return `${Math.round(value).toLocaleString('en')}/s`;
}

export function percent(share: number): string {
  return `${(share * 100).toFixed(share < 0.01 ? 3 : 1)} %`;
}

export function milliseconds(microseconds: number): string {
  return (microseconds / 1000).toFixed(2);
}

export function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(0)} MB`;
}

/** With what is wanted, if anything is, and whether it is reached. */
export function ratioText(ratio: number, wanted: number | undefined): string {
  if (Number.isNaN(ratio)) return '';
  if (wanted === undefined) return ratio.toFixed(2);
  return `${ratio.toFixed(2)} (${ratio >= wanted ? 'wanted' : 'MISSED'} ${wanted.toFixed(1)})`;
}
