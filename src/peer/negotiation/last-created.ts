/** What `createOffer` or `createAnswer` has given out last, and may come back: [[LastCreatedOffer]], [[LastCreatedAnswer]]. */
import { PeerFault } from '../peer-fault.ts';
import type { CreatedDescription } from './local-description.ts';

export class LastCreated {
  readonly #maker: 'createOffer' | 'createAnswer';
  #last: CreatedDescription | undefined;

  constructor(maker: 'createOffer' | 'createAnswer') {
    this.#maker = maker;
  }

  set(created: CreatedDescription): void {
    this.#last = created;
  }

  /** The last one, if it still says how things are. */
  current(revision: number): CreatedDescription | undefined {
    return this.#last?.revision === revision ? this.#last : undefined;
  }

  /**
   * `InvalidModificationError`, unless it is the last one. webrtc.html §4.4.2, RFC 9429 §5.4. Lines that have no effect in a
   * description of ours may be missing or added, since libraries that do not trickle strip them.
   */
  recognise(sdp: string): CreatedDescription {
    const last = this.#last;
    if (last && (last.sdp === sdp || essenceOf(last.sdp) === essenceOf(sdp))) return last;
    throw new PeerFault(
      'InvalidModificationError',
      `The description is not the last one that ${this.#maker} has given out; it may not be changed before setLocalDescription (RFC 9429 §5.4).`,
    );
  }

  clear(): void {
    this.#last = undefined;
  }
}

/** Candidates are known without them; options and bandwidths are for the other side. */
const WITHOUT_EFFECT = /^(a=candidate:|a=end-of-candidates|a=ice-options:|b=)/;

function essenceOf(sdp: string): string {
  const lines = sdp.split(/\r?\n/).filter((line) => line !== '' && !WITHOUT_EFFECT.test(line));
  return lines.join('\n');
}
