/** What can be fuzzed: episodes, each with machines of its own and a seed, so that one episode can be played again alone. */
import { encodeHex, SeededRandom } from '../../src/base/index.ts';

export interface Episode {
  /** Makes the next input, says it, and looks at what comes of it. Throws for what must not be. */
  next(): void;
  /** Left alone: whatever was held has to go. */
  end(): void;
  /** The input that was made last, for the report. */
  readonly input: Uint8Array;
}

export interface FuzzTarget {
  readonly name: string;
  /** Inputs after which machines begin anew. */
  readonly episodeLength: number;
  /** Counts by name what the inputs have reached: a fuzz that nobody lets in proves nothing. */
  begin(random: SeededRandom, reached: Map<string, number>): Episode;
}

export interface FuzzReport {
  readonly target: string;
  readonly inputs: number;
  readonly reached: ReadonlyMap<string, number>;
}

export class FuzzFinding extends Error {
  constructor(
    target: string,
    seed: number,
    episode: number,
    index: number,
    input: Uint8Array,
    cause: unknown,
  ) {
    const why = cause instanceof Error ? (cause.stack ?? cause.message) : String(cause);
    super(
      `${target}: seed ${seed}, episode ${episode}, input ${index}\n` +
        `play it again: npm run fuzz -- --target ${target} --seed ${seed} --episode ${episode}\n` +
        `input: ${encodeHex(input)}\n${why}`,
      { cause },
    );
    this.name = 'FuzzFinding';
  }
}

/** The same for the same two numbers; neighbours have nothing in common. */
function randomOf(seed: number, episode: number): SeededRandom {
  const random = new SeededRandom(seed);
  return new SeededRandom(random.uint32() ^ Math.imul(episode + 1, 0x9e3779b1));
}

/** Longer for one input is a hang. Generous: other work may hold the processor. */
const SLOW_MS = 5_000;

/** Plays episodes from `first` on until `count` inputs were made. Throws `FuzzFinding`. */
export function fuzz(
  target: FuzzTarget,
  count: number,
  seed: number,
  options: { readonly first?: number; readonly onEpisode?: (episode: number, inputs: number) => void } = {},
): FuzzReport {
  const reached = new Map<string, number>();
  let inputs = 0;
  for (let episode = options.first ?? 0; inputs < count; episode++) {
    options.onEpisode?.(episode, inputs);
    inputs += play(target, Math.min(target.episodeLength, count - inputs), seed, episode, reached);
  }
  return { target: target.name, inputs, reached };
}

function play(
  target: FuzzTarget,
  count: number,
  seed: number,
  episode: number,
  reached: Map<string, number>,
): number {
  let index = 0;
  let current: Episode | undefined;
  try {
    current = target.begin(randomOf(seed, episode), reached);
    for (; index < count; index++) {
      const startedAt = performance.now();
      current.next();
      const tookMs = performance.now() - startedAt;
      if (tookMs > SLOW_MS) throw new Error(`One input took ${Math.round(tookMs)} ms.`);
    }
    current.end();
  } catch (error) {
    throw new FuzzFinding(target.name, seed, episode, index, current?.input ?? new Uint8Array(0), error);
  }
  return count;
}

export function count(reached: Map<string, number>, what: string): void {
  reached.set(what, (reached.get(what) ?? 0) + 1);
}
