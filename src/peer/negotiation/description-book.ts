/**
 * The descriptions that were applied: current and pending, of both sides, with the candidates that come after them. Judges
 * nothing. webrtc.html §4.4.1 ([[CurrentLocalDescription]] and its like), RFC 9429 §4.1.13 … §4.1.16.
 */
import { type CandidateAttribute, writeCandidate, writeDescription } from '../../sdp/index.ts';
import type { LocalIceCandidate } from '../session-events.ts';
import type { Description } from '../session-port.ts';
import { LocalCandidates } from './local-candidates.ts';
import type { LocalDescription } from './local-description.ts';
import { type LocalSection, type LocalSession, REJECTED, transportIndexOf } from './local-session.ts';
import type { CandidatePlace } from './remote-candidate.ts';
import {
  addedCandidate,
  carriesTransport,
  type RemoteDescription,
  textOf,
  usernameFragmentOf,
  withCandidate,
  withCandidatesOf,
} from './remote-description.ts';
import { type GatheredCandidates, type LocalConstants, writeLocal } from './write-local.ts';

export interface Descriptions {
  readonly local: LocalDescription | undefined;
  readonly remote: RemoteDescription | undefined;
}

interface Written {
  readonly session: LocalSession;
  readonly version: number;
  readonly gathered: GatheredCandidates;
  readonly text: string;
}

const NONE: Descriptions = { local: undefined, remote: undefined };

export class DescriptionBook {
  readonly #constants: LocalConstants;
  readonly #candidates = new LocalCandidates();
  /** Of every section that ever was: a place that is used again gets another mid. RFC 9429 §5.2.2. */
  readonly #mids = new Set<string>();
  #current = NONE;
  #pending = NONE;
  /** The last text and what it says: it is asked for again and again. */
  #written: Written | undefined;

  constructor(constants: LocalConstants) {
    this.#constants = constants;
  }

  get current(): Descriptions {
    return this.#current;
  }

  get pending(): Descriptions {
    return this.#pending;
  }

  /** An offer. One of theirs keeps the candidates that came for the one before it. */
  propose(descriptions: Descriptions): void {
    const { local, remote } = descriptions;
    const before = this.#pending.remote;
    this.#pending = { local, remote: before && remote ? withCandidatesOf(before, remote) : remote };
    this.#rememberMids();
  }

  /** An answer; a provisional one leaves both pending. */
  answer(descriptions: Descriptions, type: 'pranswer' | 'answer'): void {
    this.#pending = descriptions;
    this.#rememberMids();
    if (type === 'pranswer') return;
    this.#current = descriptions;
    this.withdraw();
  }

  /** Nothing is pending; candidates of generations that nothing current has are forgotten. */
  withdraw(): void {
    this.#pending = NONE;
    const inUse = this.#current.local?.session.transport?.ice.usernameFragment;
    this.#candidates.keep(new Set(inUse === undefined ? [] : [inUse]));
  }

  /** What an offer starts from. What one side has rejected is rejected. */
  sections(): readonly LocalSection[] {
    return this.#pending.local?.session.sections ?? this.agreedSections();
  }

  agreedSections(): readonly LocalSection[] {
    const { local, remote } = this.#current;
    return (local?.session.sections ?? []).map((section, index) =>
      remote?.session.sections[index]?.rejected === false ? section : { ...section, use: REJECTED },
    );
  }

  /** RFC 9429 §5.2.1: short, and says nothing of the user. The same until it is applied. */
  createMid(): string {
    let number = 0;
    while (this.#mids.has(number.toString())) number += 1;
    return number.toString();
  }

  /** `undefined`: no description of ours has this generation. */
  addLocal(
    usernameFragment: string,
    candidate: CandidateAttribute,
    url: string | undefined,
  ): LocalIceCandidate | undefined {
    const label = this.#labelOf(usernameFragment);
    if (!label) return undefined;
    this.#candidates.add(usernameFragment, candidate);
    return { ...label, candidate: writeCandidate({ ...candidate, usernameFragment }), url };
  }

  endLocal(usernameFragment: string): LocalIceCandidate | undefined {
    const label = this.#labelOf(usernameFragment);
    if (!label) return undefined;
    this.#candidates.end(usernameFragment);
    return { ...label, candidate: '', url: undefined };
  }

  /** Whether it is one of the transport that the descriptions speak of. */
  addRemote({ candidate, index, usernameFragment }: CandidatePlace): boolean {
    const belongs = (description: RemoteDescription | undefined): description is RemoteDescription =>
      description !== undefined && usernameFragmentOf(description, index) === usernameFragment;
    const added = addedCandidate(index, candidate);
    const add = (description: RemoteDescription | undefined) =>
      belongs(description) ? withCandidate(description, added) : description;
    const pending = add(this.#pending.remote);
    const current = add(this.#current.remote);
    this.#pending = { ...this.#pending, remote: pending };
    this.#current = { ...this.#current, remote: current };
    return [pending, current].some(
      (description) => belongs(description) && carriesTransport(description, index),
    );
  }

  describeLocal(local: LocalDescription | undefined): Description | undefined {
    return local && { type: local.type, sdp: this.write(local.session, local.version) };
  }

  describeRemote(remote: RemoteDescription | undefined): Description | undefined {
    return remote && { type: remote.type, sdp: textOf(remote) };
  }

  /** With the candidates of its generation so far. */
  write(session: LocalSession, version: number): string {
    const gathered = this.#candidates.of(session.transport?.ice.usernameFragment);
    const last = this.#written;
    if (last?.session === session && last.version === version && last.gathered === gathered) return last.text;
    const text = writeDescription(writeLocal(session, version, this.#constants, gathered));
    this.#written = { session, version, gathered, text };
    return text;
  }

  #rememberMids(): void {
    const { local, remote } = this.#pending;
    for (const { mid } of [...(local?.session.sections ?? []), ...(remote?.session.sections ?? [])]) {
      if (mid !== undefined) this.#mids.add(mid);
    }
  }

  #labelOf(usernameFragment: string): Omit<LocalIceCandidate, 'candidate' | 'url'> | undefined {
    for (const local of [this.#pending.local, this.#current.local]) {
      if (local?.session.transport?.ice.usernameFragment !== usernameFragment) continue;
      const mLineIndex = transportIndexOf(local.session);
      return { mid: local.session.sections[mLineIndex]?.mid ?? '', mLineIndex, usernameFragment };
    }
    return undefined;
  }
}
