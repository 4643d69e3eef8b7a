/** The candidates of ours, by the generation they belong to: they stand in descriptions that were applied before they came. */
import type { CandidateAttribute } from '../../sdp/index.ts';
import type { GatheredCandidates } from './write-local.ts';

/** Interfaces × families × servers; what goes beyond it is used and not written. */
const MAX_WRITTEN = 512;

const NONE: GatheredCandidates = { candidates: [], ended: false };

export class LocalCandidates {
  readonly #generations = new Map<string, GatheredCandidates>();

  of(usernameFragment: string | undefined): GatheredCandidates {
    return (usernameFragment !== undefined && this.#generations.get(usernameFragment)) || NONE;
  }

  add(usernameFragment: string, candidate: CandidateAttribute): void {
    const { candidates } = this.of(usernameFragment);
    if (candidates.length >= MAX_WRITTEN) return;
    this.#generations.set(usernameFragment, { candidates: [...candidates, candidate], ended: false });
  }

  end(usernameFragment: string): void {
    const { candidates } = this.of(usernameFragment);
    this.#generations.set(usernameFragment, { candidates, ended: true });
  }

  /** Forgets every other generation. */
  keep(usernameFragments: ReadonlySet<string>): void {
    for (const each of this.#generations.keys()) {
      if (!usernameFragments.has(each)) this.#generations.delete(each);
    }
  }
}
