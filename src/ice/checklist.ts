/**
 * The pairs of one generation: which there are, in which order they are checked, which wait for others. One component, one
 * stream, so one checklist. Sends nothing. RFC 8445 §6.1.2 … §6.1.4, RFC 8838 §12.
 */
import type { SocketAddress } from '../base/index.ts';
import type { CandidatePair, PairState } from './candidate-pair.ts';
import type { IceRole } from './events.ts';
import type { PathId } from './gatherer-port.ts';
import { comparePriorities } from './priority.ts';

export class Checklist {
  readonly #maxPairs: number;
  /** Best first. */
  #pairs: CandidatePair[] = [];
  readonly #byKey = new Map<string, CandidatePair>();
  #triggered: CandidatePair[] = [];
  /** A pair is nominated: ordinary checks rest. RFC 8445 §8.1.2. */
  resting = false;

  constructor(maxPairs: number) {
    this.#maxPairs = maxPairs;
  }

  /** Best first. */
  get pairs(): readonly CandidatePair[] {
    return this.#pairs;
  }

  find(path: PathId, remote: SocketAddress): CandidatePair | undefined {
    return this.#byKey.get(keyOf(path, remote));
  }

  /**
   * Inserts by priority; a full list loses its last one (RFC 8445 §6.1.2.5). Returns what it lost: maybe the pair itself.
   * Its state is as RFC 8838 §12 says.
   */
  add(pair: CandidatePair): CandidatePair | undefined {
    const column = this.#pairs.filter(({ foundation }) => foundation === pair.foundation);
    const rule1 = column.every((other) => comparePriorities(pair.priority, other.priority) > 0);
    const rule2 = column.some(({ state }) => state === 'succeeded');
    pair.state = rule1 || rule2 ? 'waiting' : 'frozen';
    this.#byKey.set(keyOf(pair.path.facts.path, pair.remote.address), pair);
    this.#pairs.push(pair);
    this.#sort();
    return this.#pairs.length > this.#maxPairs ? this.#dropLast() : undefined;
  }

  remove(pair: CandidatePair): void {
    this.#pairs = this.#pairs.filter((other) => other !== pair);
    this.#triggered = this.#triggered.filter((other) => other !== pair);
    this.#byKey.delete(keyOf(pair.path.facts.path, pair.remote.address));
  }

  /** The role has changed, or what is known of a remote candidate. */
  reprioritise(role: IceRole): void {
    for (const pair of this.#pairs) pair.reprioritise(role);
    this.#sort();
  }

  /** Puts it into the triggered-check queue. RFC 8445 §6.1.4.1. */
  trigger(pair: CandidatePair): void {
    if (pair.dead) return;
    if (!this.#triggered.includes(pair)) this.#triggered.push(pair);
    if (!pair.valid) pair.state = 'waiting';
  }

  /** Ordinary checks of whatever has not been tried or has failed. */
  wake(): void {
    this.resting = false;
    for (const pair of this.#pairs) if (pair.state === 'failed' && !pair.dead) pair.state = 'waiting';
  }

  /** What could be checked: `now`, or only over streams. */
  get work(): 'none' | 'streams' | 'now' {
    if (this.#triggered.length > 0) return 'now';
    if (this.resting) return 'none';
    let work: 'none' | 'streams' = 'none';
    for (const { state, path } of this.#pairs) {
      if (state !== 'waiting' && state !== 'frozen') continue;
      if (path.facts.protocol === 'udp') return 'now';
      work = 'streams';
    }
    return work;
  }

  /**
   * Whether streams are needed: `no` where datagrams go directly, `maybe` while that is being tried. A connection costs two
   * sockets, and three packets before its first check.
   */
  get needsStreams(): 'yes' | 'maybe' | 'no' {
    let needs: 'yes' | 'maybe' = 'yes';
    for (const { state, path, valid, relayed } of this.#pairs) {
      if (path.facts.protocol !== 'udp') continue;
      if (valid && !relayed) return 'no';
      if (state === 'in-progress' || state === 'waiting') needs = 'maybe';
    }
    return needs;
  }

  /** Which pair is next. RFC 8445 §6.1.4.2. `streamsToo`: pairs over TCP have their turn. */
  takeNext(streamsToo: boolean): CandidatePair | undefined {
    const mayCheck = ({ state, path }: CandidatePair): boolean =>
      state === 'waiting' && (streamsToo || path.facts.protocol === 'udp');
    // Step 1: the triggered-check queue.
    for (let pair = this.#triggered.shift(); pair; pair = this.#triggered.shift())
      if (!pair.dead) return pair;
    if (this.resting) return undefined;
    // Step 2: thaw foundations that nobody checks.
    if (!this.#pairs.some(mayCheck)) this.#thaw();
    // Step 3: the highest priority that waits.
    return this.#pairs.find(mayCheck);
  }

  /** A check of it was answered: others of its kind may be tried (RFC 8445 §7.2.5.3.3), and it need not be asked again (§7.3.1.4). */
  handleSuccess(pair: CandidatePair): void {
    const { foundation } = pair;
    const isToNominate = pair.wanted && !pair.nominated;
    if (!isToNominate) this.#triggered = this.#triggered.filter((other) => other !== pair);
    for (const other of this.#pairs) {
      if (other.state === 'frozen' && other.foundation === foundation) other.state = 'waiting';
    }
  }

  count(state: PairState): number {
    let count = 0;
    for (const pair of this.#pairs) if (pair.state === state) count += 1;
    return count;
  }

  /** Whether something that is not decided yet would be better than this one. */
  hasOpenBetterThan(pair: CandidatePair): boolean {
    for (const other of this.#pairs) {
      if (other === pair) return false;
      if (other.state !== 'failed' && other.state !== 'succeeded') return true;
    }
    return false;
  }

  #thaw(): void {
    if (!this.#pairs.some(({ state }) => state === 'frozen')) return;
    const busy = new Set<string>();
    for (const { state, foundation } of this.#pairs) {
      if (state === 'waiting' || state === 'in-progress') busy.add(foundation);
    }
    for (const pair of this.#pairs) {
      if (pair.state !== 'frozen' || busy.has(pair.foundation)) continue;
      pair.state = 'waiting';
      busy.add(pair.foundation);
    }
  }

  /** The last one that nothing speaks for; where all are in use, the new one is among the last anyway. */
  #dropLast(): CandidatePair | undefined {
    for (let i = this.#pairs.length - 1; i >= 0; i--) {
      const pair = this.#pairs[i];
      if (!pair || pair.valid || pair.state === 'in-progress') continue;
      this.remove(pair);
      return pair;
    }
    const last = this.#pairs.at(-1);
    if (last) this.remove(last);
    return last;
  }

  #sort(): void {
    this.#pairs.sort((a, b) => comparePriorities(b.priority, a.priority));
  }
}

function keyOf(path: PathId, { ip, port }: SocketAddress): string {
  return `${path} ${ip} ${port}`;
}
