/** The numbers of one worker where the main thread can read them at any time, without asking. */
import type { UdpCounts } from '../../../node/index.ts';
import type { TurnStatistics } from '../../../turn/index.ts';

export interface WorkerStatistics extends TurnStatistics, UdpCounts {
  /** Datagrams from clients that are not listened to. */
  readonly unwelcome: number;
  /** Data messages dropped because a client over TCP or TLS read too slowly. */
  readonly streamDataDropped: number;
}

/** How much there is at the moment: these come first. All else counts what has been. */
const LEVELS: readonly (keyof WorkerStatistics)[] = [
  'allocations',
  'connections',
  'relays',
  'rememberedAnswers',
];

/** More than there are names; and as many again for what dead workers have done. */
const PLACES = 64;

export class StatisticsBoard {
  readonly #places: Float64Array;
  readonly #past: Float64Array;
  /** As they were the first time. */
  #names: readonly (keyof WorkerStatistics)[] | undefined;

  constructor(buffer: SharedArrayBuffer) {
    this.#places = new Float64Array(buffer, 0, PLACES);
    this.#past = new Float64Array(buffer, PLACES * Float64Array.BYTES_PER_ELEMENT, PLACES);
  }

  static buffer(): SharedArrayBuffer {
    return new SharedArrayBuffer(2 * PLACES * Float64Array.BYTES_PER_ELEMENT);
  }

  publish(statistics: WorkerStatistics): void {
    this.#names ??= namesOf(statistics);
    for (let i = 0; i < this.#names.length; i++) {
      const name = this.#names[i];
      if (name) this.#places[i] = statistics[name];
    }
  }

  /** `sum`, which has every name, and what was published. */
  addTo(sum: WorkerStatistics): WorkerStatistics {
    const total = namesOf(sum).map((name, i) => {
      return [name, sum[name] + (this.#places[i] ?? 0) + (this.#past[i] ?? 0)] as const;
    });
    return { ...sum, ...Object.fromEntries(total) };
  }

  /** The worker has died: what it had is gone, what it did stays. */
  bury(): void {
    for (let i = LEVELS.length; i < PLACES; i++) {
      this.#past[i] = (this.#past[i] ?? 0) + (this.#places[i] ?? 0);
    }
    this.#places.fill(0);
  }
}

/** Both threads run the same code, so that they agree on the order. */
function namesOf(statistics: WorkerStatistics): readonly (keyof WorkerStatistics)[] {
  const names = Object.keys(statistics) as (keyof WorkerStatistics)[];
  return [...LEVELS, ...names.filter((name) => !LEVELS.includes(name)).sort()];
}
