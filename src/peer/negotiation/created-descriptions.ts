/** What `createOffer` or `createAnswer` has given out and may come back: [[LastCreatedOffer]], [[LastCreatedAnswer]]. */
import { PeerFault } from '../peer-fault.ts';
import type { CreatedDescription } from './local-description.ts';

/** A caller that makes more than this before it applies one has lost count. */
const MAX_KEPT = 8;

export class CreatedDescriptions {
  readonly #kind: 'offer' | 'answer';
  #kept: readonly CreatedDescription[] = [];

  constructor(kind: 'offer' | 'answer') {
    this.#kind = kind;
  }

  add(created: CreatedDescription): void {
    this.#kept = [...this.#kept, created].slice(-MAX_KEPT);
  }

  /** The last one, if it still says how things are. */
  last(revision: number): CreatedDescription | undefined {
    const last = this.#kept.at(-1);
    return last?.revision === revision ? last : undefined;
  }

  /**
   * `InvalidModificationError`, unless it was made here. webrtc.html §4.4.2, RFC 9429 §5.4. Lines that have no effect in a
   * description of ours may be missing or added, since libraries that do not trickle strip them.
   */
  find(sdp: string): CreatedDescription {
    const found =
      this.#kept.findLast((created) => created.sdp === sdp) ??
      this.#kept.findLast((created) => essenceOf(created.sdp) === essenceOf(sdp));
    if (found) return found;
    const maker = this.#kind === 'offer' ? 'createOffer' : 'createAnswer';
    throw new PeerFault(
      'InvalidModificationError',
      `The description is not one that ${maker} has given out; it may not be changed before setLocalDescription (RFC 9429 §5.4).`,
    );
  }

  clear(): void {
    this.#kept = [];
  }
}

/** Candidates are known without them; options and bandwidths are for the other side. */
const WITHOUT_EFFECT = /^(a=candidate:|a=end-of-candidates|a=ice-options:|b=)/;

function essenceOf(sdp: string): string {
  const lines = sdp.split(/\r?\n/).filter((line) => line !== '' && !WITHOUT_EFFECT.test(line));
  return lines.join('\n');
}
