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

  /** `InvalidModificationError`, unless it was made here. webrtc.html §4.4.2, RFC 9429 §5.4. */
  find(sdp: string): CreatedDescription {
    const found = this.#kept.findLast((created) => created.sdp === sdp);
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
