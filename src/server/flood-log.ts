/** Folds what happens again and again into one line for each kind and window, so that a flood cannot fill the disk. */
import { formatIp, type Log, type LogFields, parseIp } from '../base/index.ts';

export interface FloodLogOptions {
  readonly log: Log;
  /** Default: 10 s, as an operator looks at a log. */
  readonly windowMs?: number;
}

interface Fold {
  count: number;
  /** Of the first one in this window. */
  readonly example: LogFields;
  readonly perNetwork: Map<string, number>;
}

interface Watched {
  readonly read: () => number;
  readonly atLeast: number;
  seen: number;
}

const WINDOW_MS = 10_000;
/** Kinds are named by this program; the bound is for its mistakes. */
const MOST_KINDS = 64;
/** Networks told apart in one window, for each kind; those beyond are counted together. */
const MOST_NETWORKS = 1024;
const NETWORKS_TOLD = 3;
const ELSEWHERE = 'elsewhere';

export class FloodLog {
  readonly #log: Log;
  readonly #windowMs: number;
  readonly #folds = new Map<string, Fold>();
  readonly #watched = new Map<string, Watched>();
  #timer: NodeJS.Timeout | undefined;

  constructor({ log, windowMs = WINDOW_MS }: FloodLogOptions) {
    this.#log = log;
    this.#windowMs = windowMs;
  }

  /** `kind` is the line's message. `ip`: whom it is about, if anybody. The line comes at the window's end. */
  note(kind: string, example: LogFields, ip?: string): void {
    let fold = this.#folds.get(kind);
    if (!fold) {
      if (this.#folds.size >= MOST_KINDS) return;
      fold = { count: 0, example, perNetwork: new Map() };
      this.#folds.set(kind, fold);
    }
    fold.count += 1;
    if (ip !== undefined) {
      const network = networkOf(ip);
      const known = fold.perNetwork.has(network) || fold.perNetwork.size < MOST_NETWORKS;
      const name = known ? network : ELSEWHERE;
      fold.perNetwork.set(name, (fold.perNetwork.get(name) ?? 0) + 1);
    }
    this.#arm();
  }

  /** A number that only grows, kept elsewhere: a window in which it grows by `atLeast` has a line. */
  watch(kind: string, read: () => number, atLeast: number): void {
    this.#watched.set(kind, { read, atLeast, seen: read() });
    this.#arm();
  }

  /** Writes what there is. Nothing comes after it. */
  close(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.flush();
    this.#watched.clear();
  }

  /** Ends the window. Done by itself; for who cannot wait. */
  flush(): void {
    for (const [kind, { count, example, perNetwork }] of this.#folds) {
      const most = [...perNetwork].sort(([, a], [, b]) => b - a).slice(0, NETWORKS_TOLD);
      const networks = perNetwork.size > 0 && { networks: perNetwork.size, most: Object.fromEntries(most) };
      this.#log.info(kind, { count, ...networks, example });
    }
    this.#folds.clear();
    for (const [kind, watched] of this.#watched) {
      const value = watched.read();
      const count = value - watched.seen;
      watched.seen = value;
      if (count >= watched.atLeast) this.#log.info(kind, { count });
    }
  }

  #arm(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.flush();
      if (this.#watched.size > 0) this.#arm();
    }, this.#windowMs).unref();
  }
}

/** Who floods has more than one address: IPv4 by /24, IPv6 by /64. */
function networkOf(ip: string): string {
  const bytes = parseIp(ip);
  if (!bytes) return ELSEWHERE;
  const kept = bytes.length === 4 ? 3 : 8;
  const network = formatIp(bytes.map((byte, index) => (index < kept ? byte : 0)));
  return `${network}/${kept * 8}`;
}
