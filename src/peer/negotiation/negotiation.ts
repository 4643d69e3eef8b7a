/**
 * Offer and answer as one machine: what descriptions are made, which may be applied when, and what follows for the transport.
 * Does nothing itself: every verb answers the steps to be carried out. When a verb throws, nothing has changed.
 * RFC 9429, webrtc.html §4.4.1.5, §4.4.2, §4.7.3.
 */
import { invariant } from '../../base/index.ts';
import { type CandidateAttribute, parseDescription, writeFingerprint } from '../../sdp/index.ts';
import type { LocalIceCandidate } from '../session-events.ts';
import type { Description, LocalDescriptionWish, OfferWish, RemoteIceCandidate } from '../session-port.ts';
import type { SignalingState } from '../states.ts';
import {
  type Agreement,
  type AnswerPlan,
  agreeAsAnswerer,
  agreeAsOfferer,
  planAnswer,
  stepsBetween,
} from './agreement.ts';
import { makeAnswer } from './answer.ts';
import { createSessionId, createTlsId } from './credentials.ts';
import { DescriptionBook, type Descriptions } from './description-book.ts';
import { SETUP_OF_ROLE } from './dtls-role.ts';
import { stateFault, syntaxFault } from './faults.ts';
import { Generations } from './generations.ts';
import { LastCreated } from './last-created.ts';
import type { CreatedDescription, LocalDescription } from './local-description.ts';

import { dataIndexOf, isUsed, type LocalSection, type LocalSession } from './local-session.ts';
import { makeOffer } from './offer.ts';
import type { NegotiationOptions } from './options.ts';
import { isProhibited } from './prohibited.ts';
import { placeCandidate } from './remote-candidate.ts';
import { candidateSteps, type RemoteDescription, readRemote } from './remote-description.ts';
import { checkAnswers, checkSuccession, type SectionBefore } from './remote-session.ts';
import { impliedType, nextState } from './signaling-state.ts';
import type { IceCredentials, NegotiationStep } from './step.ts';

export class Negotiation {
  readonly #options: NegotiationOptions;
  readonly #generations: Generations;
  readonly #lastOffer = new LastCreated('createOffer');
  readonly #lastAnswer = new LastCreated('createAnswer');
  readonly #book: DescriptionBook;
  #state: SignalingState = 'stable';
  /** What the transport runs by: of the last answer, provisional ones too. */
  #running: Agreement | undefined;
  /** What the pending remote offer asks of an answer. */
  #plan: (AnswerPlan & { readonly tlsId: string }) | undefined;
  /** Of the DTLS association that there is or will be. */
  #tlsId: string;
  #wantsData = false;
  #version = 0;
  /** Counts everything that a description depends on. */
  #revision = 0;
  #canTrickle: boolean | undefined;

  constructor(options: NegotiationOptions) {
    const { random, maxMessageBytes } = options;
    this.#options = options;
    this.#book = new DescriptionBook({
      sessionId: createSessionId(random),
      fingerprints: options.fingerprints.map(({ hash, value }) => writeFingerprint({ hash, digest: value })),
      maxMessageBytes,
    });
    this.#generations = new Generations(random);
    this.#tlsId = createTlsId(random);
  }

  get signalingState(): SignalingState {
    return this.#state;
  }

  get currentLocalDescription(): Description | undefined {
    return this.#book.describeLocal(this.#book.current.local);
  }

  get pendingLocalDescription(): Description | undefined {
    return this.#book.describeLocal(this.#book.pending.local);
  }

  get currentRemoteDescription(): Description | undefined {
    return this.#book.describeRemote(this.#book.current.remote);
  }

  get pendingRemoteDescription(): Description | undefined {
    return this.#book.describeRemote(this.#book.pending.remote);
  }

  /** `undefined` before there was a remote description. RFC 9429 §4.1.17. */
  get canTrickle(): boolean | undefined {
    return this.#canTrickle;
  }

  /** Of the newest generation, which may not have begun. */
  get localIce(): IceCredentials {
    return this.#generations.newest;
  }

  /** Whether there is an RTCSctpTransport: from the first offer with data on, whoever makes it. webrtc.html §4.4.1.5. */
  get hasSctp(): boolean {
    if (this.#running?.sctp) return true;
    const { local, remote } = this.#book.pending;
    return (
      (local !== undefined && dataIndexOf(local.session) >= 0) || (remote?.transport?.sctp.port ?? 0) > 0
    );
  }

  /** The first data channel was made. */
  requestData(): void {
    if (this.#wantsData) return;
    this.#wantsData = true;
    this.#revision += 1;
  }

  /** The next offer restarts ICE, and negotiation is needed. webrtc.html §4.4.2. */
  restartIce(): void {
    this.#generations.wantRestart();
    this.#revision += 1;
  }

  /** Servers or policy are others: the next offer restarts ICE, whenever it is made. RFC 9429 §4.1.18. */
  changeConfiguration(): void {
    this.#generations.outdate();
    this.#revision += 1;
  }

  /** Asks only what is settled: judge it in `stable`. webrtc.html §4.7.3. */
  isNeeded(): boolean {
    if (this.#state === 'closed') return false;
    if (this.#generations.isRestartWanted) return true;
    const { local } = this.#book.current;
    return this.#wantsData && (local === undefined || dataIndexOf(local.session) < 0);
  }

  createOffer(wish: OfferWish = {}): Description {
    if (this.#state !== 'stable' && this.#state !== 'have-local-offer') {
      throw stateFault('createOffer', this.#state);
    }
    const ice = this.#generations.forOffer(wish.iceRestart === true);
    const session = makeOffer({
      sections: this.#book.sections(),
      wantsData: this.#wantsData,
      createMid: () => this.#book.createMid(),
      transport: { ice, setup: 'actpass', tlsId: this.#tlsId },
    });
    return { type: 'offer', sdp: this.#create(this.#lastOffer, session).sdp };
  }

  createAnswer(): Description {
    const offer = this.#book.pending.remote;
    if ((this.#state !== 'have-remote-offer' && this.#state !== 'have-local-pranswer') || !offer) {
      throw stateFault('createAnswer', this.#state);
    }
    return { type: 'answer', sdp: this.#create(this.#lastAnswer, this.#makeAnswer(offer)).sdp };
  }

  setLocalDescription(wish: LocalDescriptionWish = {}): NegotiationStep[] {
    this.#refuseClosed('setLocalDescription');
    const type = wish.type ?? impliedType(this.#state);
    if (type === 'rollback') return this.#rollBack('local');
    // RFC 9429 §5.5: the state first, then whether the text is one of ours.
    const next = nextState(this.#state, 'local', type);
    if (!next) throw stateFault(`Setting a local ${type}`, this.#state);
    const made = type === 'offer' ? this.#lastOffer : this.#lastAnswer;
    const given = wish.sdp ? made.recognise(wish.sdp) : made.current(this.#revision);
    const created = given ?? this.#createImplied(type);
    const local = { type, session: created.session, version: created.version };
    const steps = type === 'offer' ? this.#applyLocalOffer(local) : this.#applyLocalAnswer(local, type);
    this.#enter(next);
    return steps;
  }

  setRemoteDescription({ type, sdp }: Description): NegotiationStep[] {
    this.#refuseClosed('setRemoteDescription');
    if (type === 'rollback') return this.#rollBack('remote');
    // webrtc.html §4.4.2: an offer where none may come takes ours back first.
    const yields = type === 'offer' && nextState(this.#state, 'remote', type) === undefined;
    const from = yields ? nextState(this.#state, 'local', 'rollback') : this.#state;
    const next = from && nextState(from, 'remote', type);
    if (!next) throw stateFault(`Setting a remote ${type}`, this.#state);
    const { description: parsed, fault } = parseDescription(sdp);
    if (!parsed) throw syntaxFault(fault);
    const remote = readRemote(type, sdp, parsed, this.#options.bundlePolicy);
    const steps =
      type === 'offer' ? this.#applyRemoteOffer(remote, yields) : this.#applyRemoteAnswer(remote, type);
    this.#canTrickle = remote.session.iceOptions.has('trickle');
    this.#enter(next);
    return steps;
  }

  /** `null`: the end of candidates, of everything. */
  addIceCandidate(wish: RemoteIceCandidate | null): NegotiationStep[] {
    this.#refuseClosed('addIceCandidate');
    const { pending, current } = this.#book;
    const applied = [pending.remote, current.remote].filter((description) => description !== undefined);
    return placeCandidate(wish, applied).flatMap((place): NegotiationStep[] => {
      const ours = this.#book.addRemote(place);
      // Those of an offer that has no answer yet come with the answer.
      if (!ours || this.#running?.remoteIce.usernameFragment !== place.usernameFragment) return [];
      const { candidate } = place;
      // webrtc.html §4.4.2: as if nobody answered there.
      if (candidate && isProhibited(candidate)) return [];
      return [candidate ? { step: 'remote-candidate', candidate } : { step: 'end-of-remote-candidates' }];
    });
  }

  /** One of ours was found: it stands in our descriptions from here on. `undefined`: of a generation that is gone. */
  addLocalCandidate(candidate: CandidateAttribute, url?: string): LocalIceCandidate | undefined {
    const usernameFragment = candidate.usernameFragment ?? this.localIce.usernameFragment;
    return this.#book.addLocal(usernameFragment, candidate, url);
  }

  /** All of this generation are found. */
  endLocalCandidates(
    usernameFragment: string = this.localIce.usernameFragment,
  ): LocalIceCandidate | undefined {
    return this.#book.endLocal(usernameFragment);
  }

  /** Every verb but the questions throws from here on; descriptions stay readable. */
  close(): void {
    this.#state = 'closed';
  }

  #createImplied(type: 'offer' | 'pranswer' | 'answer'): CreatedDescription {
    if (type === 'offer') this.createOffer();
    else this.createAnswer();
    const created = (type === 'offer' ? this.#lastOffer : this.#lastAnswer).current(this.#revision);
    invariant(created, 'what was created a line above is the last one');
    return created;
  }

  #create(made: LastCreated, session: LocalSession): CreatedDescription {
    // RFC 9429 §5.2.2: it grows with every description that may differ from the one before.
    this.#version += 1;
    const version = this.#version;
    const created = { sdp: this.#book.write(session, version), session, version, revision: this.#revision };
    made.set(created);
    return created;
  }

  #makeAnswer(offer: RemoteDescription): LocalSession {
    const plan = this.#plan;
    const begun = this.#state === 'have-local-pranswer'; // then the provisional answer has restarted already
    return makeAnswer({
      offer: offer.session,
      remote: offer.transport,
      sctpPort: plan?.sctpPort ?? 0,
      transport: {
        ice: this.#generations.forAnswer(plan?.iceRestart === true && !begun),
        setup: SETUP_OF_ROLE[plan?.role ?? 'client'],
        // RFC 8842 §5.3: only where the offer has one.
        tlsId: offer.transport?.facts.tlsId === undefined ? undefined : (plan?.tlsId ?? this.#tlsId),
      },
    });
  }

  #applyLocalOffer(local: LocalDescription): NegotiationStep[] {
    this.#book.propose({ local, remote: undefined });
    return this.#begin(local, 'controlling');
  }

  #applyLocalAnswer(local: LocalDescription, type: 'pranswer' | 'answer'): NegotiationStep[] {
    const offer = this.#book.pending.remote;
    invariant(offer, 'the signaling state says that there is an offer');
    const { transport } = local.session;
    const agreed =
      transport && offer.transport && this.#plan && agreeAsAnswerer(offer.transport, transport, this.#plan);
    const steps = [
      // RFC 8445 §6.1.1: a full agent controls a lite one, whoever offers.
      ...this.#begin(local, offer.transport?.ice.lite ? 'controlling' : 'controlled'),
      ...this.#agree(agreed, offer, type),
    ];
    if (this.#plan && agreed) this.#tlsId = this.#plan.tlsId;
    this.#complete({ local, remote: offer }, type);
    return steps;
  }

  #applyRemoteOffer(remote: RemoteDescription, yields: boolean): NegotiationStep[] {
    const before = this.#book.pending.remote;
    checkSuccession(before?.session.sections ?? this.#book.agreedSections().map(asBefore), remote.session);
    const plan = remote.transport && planAnswer(remote.transport, this.#running);
    // RFC 8842 §5.2: another association has another tls-id; there is nothing to tell apart before the first.
    const tlsId = plan?.newDtls && this.#running ? createTlsId(this.#options.random) : this.#tlsId;
    const steps: NegotiationStep[] = yields ? [{ step: 'yield' }, ...this.#takeBack()] : [];
    this.#plan = plan && { ...plan, tlsId };
    this.#lastAnswer.clear(); // they answer another offer
    this.#book.propose({ local: undefined, remote });
    return steps;
  }

  #applyRemoteAnswer(remote: RemoteDescription, type: 'pranswer' | 'answer'): NegotiationStep[] {
    const offer = this.#book.pending.local;
    invariant(offer, 'the signaling state says that there is an offer');
    const { session } = offer;
    checkAnswers(session.sections.map(asBefore), remote.session);
    const data = session.sections[dataIndexOf(session)];
    const taken = remote.transport?.data.index === dataIndexOf(session);
    const agreed =
      taken && remote.transport && session.transport && data?.use.kind === 'data'
        ? agreeAsOfferer(session.transport, data.use.sctpPort, remote.transport, this.#running)
        : undefined;
    const steps = this.#agree(agreed, remote, type);
    this.#complete({ local: offer, remote }, type);
    return steps;
  }

  /** A description of ours is applied: its generation begins, if it is a new one. */
  #begin(local: LocalDescription, role: 'controlling' | 'controlled'): NegotiationStep[] {
    const { transport } = local.session;
    if (!transport) return [];
    // RFC 8445 §6.1.1: roles last for the session; a restart keeps them.
    const first = !this.#generations.isBegun;
    return [
      ...(first ? [{ step: 'ice-role', role } as const] : []),
      ...this.#generations.begin(transport.ice),
    ];
  }

  /** An answer is applied, whoever gave it. A provisional one that takes nothing decides nothing. */
  #agree(
    agreed: Agreement | undefined,
    remote: RemoteDescription,
    type: 'pranswer' | 'answer',
  ): NegotiationStep[] {
    if (!agreed && type === 'pranswer') return [];
    const before = this.#running;
    this.#running = agreed;
    if (agreed) {
      this.#generations.settle(agreed.localIce);
      return stepsBetween(before, agreed, candidateSteps(remote));
    }
    if (!before) return this.#generations.abandon();
    this.#generations.reset();
    this.#tlsId = createTlsId(this.#options.random);
    return [{ step: 'close-transport' }];
  }

  #complete(descriptions: Descriptions, type: 'pranswer' | 'answer'): void {
    this.#book.answer(descriptions, type);
    if (type === 'pranswer') return;
    this.#plan = undefined;
    this.#lastOffer.clear();
    this.#lastAnswer.clear();
  }

  #rollBack(side: 'local' | 'remote'): NegotiationStep[] {
    const next = nextState(this.#state, side, 'rollback');
    if (!next) throw stateFault('Rollback', this.#state);
    const steps = this.#takeBack();
    this.#enter(next);
    return steps;
  }

  /** RFC 9429 §5.7. The last offer may be applied again (webrtc.html §4.4.2 forgets it with an answer only). */
  #takeBack(): NegotiationStep[] {
    this.#book.withdraw();
    this.#plan = undefined;
    this.#lastAnswer.clear();
    return this.#generations.abandon();
  }

  #enter(state: SignalingState): void {
    this.#state = state;
    this.#revision += 1;
  }

  #refuseClosed(what: string): void {
    if (this.#state === 'closed') throw stateFault(what, this.#state);
  }
}

function asBefore(section: LocalSection): SectionBefore {
  const { kind, protocol, mid } = section;
  return { kind, protocol, mid, rejected: !isUsed(section) };
}
