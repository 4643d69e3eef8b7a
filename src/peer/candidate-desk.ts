/**
 * What is told of candidates, and when: those of a generation whose description is not set yet wait for it. Remembers them for
 * `RTCIceTransport`. Gathers nothing. webrtc.html §5.6.
 */
import type { PairEnd, SelectedPair } from '../ice/index.ts';
import { type CandidateAttribute, writeCandidate } from '../sdp/index.ts';
import type { Negotiation } from './negotiation/index.ts';
import type { LocalIceCandidate } from './session-events.ts';
import type { IceCandidateFacts } from './session-port.ts';

interface Early {
  readonly candidate: CandidateAttribute;
  readonly url: string | undefined;
}

interface Place {
  readonly mid: string;
  readonly mLineIndex: number;
}

interface RemoteNote {
  readonly candidate: CandidateAttribute;
  readonly place: Place;
  readonly usernameFragment: string;
}

/** Of each side; more than an agent pairs. */
const MAX_REMEMBERED = 256;

export class CandidateDesk {
  readonly #negotiation: Negotiation;
  #early: Early[] = [];
  #endedEarly = false;
  #local: IceCandidateFacts[] = [];
  #remote: RemoteNote[] = [];

  constructor(negotiation: Negotiation) {
    this.#negotiation = negotiation;
  }

  get local(): readonly IceCandidateFacts[] {
    return this.#local;
  }

  get remote(): readonly IceCandidateFacts[] {
    return this.#remote.map(({ candidate, place, usernameFragment }) => ({
      candidate: writeCandidate(candidate),
      ...place,
      usernameFragment,
      url: undefined,
    }));
  }

  /** One of ours was found; `undefined`: of a generation that is gone. */
  add(candidate: CandidateAttribute, url: string | undefined): LocalIceCandidate | undefined {
    const told = this.#negotiation.addLocalCandidate(candidate, url);
    if (told && this.#local.length < MAX_REMEMBERED) this.#local.push(told);
    return told;
  }

  /** All of this generation were found; `undefined`: it is gone. */
  end(usernameFragment: string): LocalIceCandidate | undefined {
    return this.#negotiation.endLocalCandidates(usernameFragment);
  }

  /** Found before anybody asked. */
  keep(candidate: CandidateAttribute, url: string | undefined): void {
    if (this.#early.length < MAX_REMEMBERED) this.#early.push({ candidate, url });
  }

  keepEnd(): void {
    this.#endedEarly = true;
  }

  /** A generation begins whose candidates have not been asked for: what is known is of others. */
  forget(): void {
    this.#early = [];
    this.#endedEarly = false;
    this.#local = [];
  }

  /** The description is set: what waited for it. */
  release(): { readonly candidates: readonly LocalIceCandidate[]; readonly ended: boolean } {
    const candidates = this.#early.flatMap(({ candidate, url }) => this.add(candidate, url) ?? []);
    const ended = this.#endedEarly;
    this.#early = [];
    this.#endedEarly = false;
    return { candidates, ended };
  }

  /** The peer begins a generation. */
  forgetRemote(): void {
    this.#remote = [];
  }

  noteRemote(candidate: CandidateAttribute, usernameFragment: string): void {
    if (this.#remote.length < MAX_REMEMBERED)
      this.#remote.push({ candidate, place: this.#place, usernameFragment });
  }

  /** Both ends as candidates; learned ones too. */
  describe(
    { local, remote }: SelectedPair,
    fragments: { readonly local: string; readonly remote: string },
  ): { readonly local: IceCandidateFacts; readonly remote: IceCandidateFacts } {
    return { local: this.#factsOf(local, fragments.local), remote: this.#factsOf(remote, fragments.remote) };
  }

  #factsOf(end: PairEnd, usernameFragment: string): IceCandidateFacts {
    const { foundation, protocol, priority, address, type, related, tcpType, url } = end;
    const candidate = writeCandidate({
      foundation,
      component: 1,
      transport: protocol,
      priority,
      address: address.ip,
      port: address.port,
      type,
      related,
      tcpType,
      usernameFragment,
      extensions: [],
    });
    return { candidate, ...this.#place, usernameFragment, url };
  }

  /** One transport: it belongs to the first section that uses it. */
  get #place(): Place {
    const { mid, mLineIndex } = this.#local[0] ?? { mid: '', mLineIndex: 0 };
    return { mid, mLineIndex };
  }
}
