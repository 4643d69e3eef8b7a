/** The one table: a line for each stack, and how ours compares with the best of the others. Markdown. */
import type { FigureName, Figures } from './cases.ts';
import { OURS } from './stacks/stack.ts';

export interface Line {
  readonly stack: string;
  readonly version: string;
  readonly figures: Figures;
  /** Why figures are missing. */
  readonly notes: readonly string[];
}

interface Column {
  readonly figure: FigureName;
  readonly title: string;
  readonly digits: number;
  readonly better: 'less' | 'more';
  /** What is wanted of ours, whatever the others do. */
  readonly wanted?: number;
}

const COLUMNS: readonly Column[] = [
  { figure: 'connectP50Ms', title: 'connect p50 ms', digits: 1, better: 'less', wanted: 5 },
  { figure: 'connectP95Ms', title: 'p95 ms', digits: 1, better: 'less', wanted: 15 },
  { figure: 'bulkMegabytesPerSecond', title: '64 KiB MB/s', digits: 1, better: 'more' },
  { figure: 'bulkCpuSecondsPerGigabyte', title: 'CPU s/GB', digits: 1, better: 'less', wanted: 18 },
  { figure: 'smallMegabytesPerSecond', title: '1,200 B MB/s', digits: 1, better: 'more' },
  { figure: 'smallCpuSecondsPerGigabyte', title: 'CPU s/GB', digits: 1, better: 'less', wanted: 37 },
  { figure: 'roundTripP50Us', title: 'RTT p50 µs', digits: 0, better: 'less', wanted: 215 },
  { figure: 'roundTripP99Us', title: 'p99 µs', digits: 0, better: 'less' },
  { figure: 'idleKibPerPair', title: 'KiB per idle pair', digits: 0, better: 'less', wanted: 300 },
];

export function tableOf(lines: readonly Line[]): string {
  const head = ['stack', ...COLUMNS.map(({ title }) => title), 'note'];
  const rows = lines.map(({ stack, version, figures, notes }) => [
    `${stack} ${version}`,
    ...COLUMNS.map(({ figure, digits }) => numberText(figures[figure], digits)),
    notes.join('; '),
  ]);
  const compared = comparison(lines);
  const all = [head, head.map(() => '---'), ...rows, ...(compared ? [compared] : [])];
  return all.map((cells) => `| ${cells.join(' | ')} |\n`).join('');
}

/** Above 1, ours is better than whoever is best of the others; and whether what is wanted is reached. */
function comparison(lines: readonly Line[]): readonly string[] | undefined {
  const ours = lines.find(({ stack }) => stack === OURS);
  if (!ours || lines.length < 2) return undefined;
  const cells = COLUMNS.map((column) => {
    const own = ours.figures[column.figure];
    if (own === undefined) return '';
    const others = lines.flatMap((line) => (line === ours ? [] : (line.figures[column.figure] ?? [])));
    const best = column.better === 'less' ? Math.min(...others) : Math.max(...others);
    const ratio = column.better === 'less' ? best / own : own / best;
    const missed = column.wanted !== undefined && own > column.wanted ? ` (MISSED ${column.wanted})` : '';
    return others.length === 0 ? missed : `${ratio.toFixed(2)}×${missed}`;
  });
  return ['ours ÷ the best of the others', ...cells, 'above 1, ours is better'];
}

function numberText(value: number | undefined, digits: number): string {
  if (value === undefined || !Number.isFinite(value)) return '–';
  return value.toLocaleString('en', { maximumFractionDigits: digits, minimumFractionDigits: digits });
}
