/** Remote candidates whose names are being looked up. RFC 8839 §5.1, draft-ietf-mmusic-mdns-ice-candidates §3.2. */
import type { CandidateAttribute } from '../sdp/index.ts';

export class UnresolvedCandidates {
  readonly #byName = new Map<string, CandidateAttribute[]>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** True: the name is new, and must be looked up. Names are compared without case. */
  add(name: string, candidate: CandidateAttribute): boolean {
    this.#size += 1;
    const waiting = this.#byName.get(name);
    if (waiting) waiting.push(candidate);
    else this.#byName.set(name, [candidate]);
    return waiting === undefined;
  }

  /** Those of this name, which is known. */
  take(name: string): readonly CandidateAttribute[] {
    const waiting = this.#byName.get(name) ?? [];
    this.#byName.delete(name);
    this.#size -= waiting.length;
    return waiting;
  }
}
