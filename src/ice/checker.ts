/**
 * One generation of an agent: everything that holds for one pair of credentials, from the first check to the end of consent.
 * Knows paths, not sockets. RFC 8445 §6 … §8, RFC 7675, RFC 8838, RFC 8863.
 */
import { canonicalIp, type Millis, NEVER, type SocketAddress, TimerTable } from '../base/index.ts';
import type { CandidateAttribute } from '../sdp/index.ts';
import {
  decodeErrorCode,
  decodeXorAddress,
  MessageClass,
  StunAttribute,
  type StunMessage,
  verifyIntegrity,
} from '../stun/index.ts';
import { CandidatePair, canPair } from './candidate-pair.ts';
import { type ReceivedCheck, ROLE_CONFLICT } from './check-message.ts';
import type { CheckResponder } from './check-responder.ts';
import { CheckSender } from './check-sender.ts';
import { Checklist } from './checklist.ts';
import { Consent } from './consent.ts';
import type { IceContext } from './context.ts';
import { type IceCredentials, LocalCredentials, RemoteCredentials } from './credentials.ts';
import type { PathId } from './gatherer-port.ts';
import type { LocalPath } from './local-book.ts';
import type { PendingCheck } from './pending-checks.ts';
import { RemoteBook, type RemoteCandidate } from './remote-book.ts';
import { bestPair, nominationTime } from './selection.ts';

/** What the deadlines of a generation are for. */
type Deadline = 'pace' | 'patience' | 'nominate' | 'reserve';

/** Valid pairs beside the selected one that are kept alive: enough for another interface and a relay. */
const MAX_RESERVES = 4;
/** RFC 8445 §14.3. */
const FORBIDDEN = 403;
const UNAUTHENTICATED = 401;

export class Checker {
  readonly local: LocalCredentials;
  readonly list: Checklist;
  readonly remotes: RemoteBook;
  readonly #context: IceContext;
  readonly #responder: CheckResponder;
  readonly #sender: CheckSender;
  readonly #deadlines = new TimerTable<Deadline>();
  readonly #paths = new Map<PathId, LocalPath>();
  /** Candidates whose names are being looked up, by name. */
  readonly #unresolved = new Map<string, CandidateAttribute[]>();
  #unresolvedCount = 0;
  #remote: RemoteCredentials | undefined;
  #consent: Consent | undefined;
  #selected: CandidatePair | undefined;
  #firstValidAt: Millis = NEVER;
  #doubtedAt: Millis = 0;
  #now: Millis = 0;
  #nextCheckAt: Millis = 0;
  #checksSent = 0;
  #isPatient = true;
  #localComplete = false;
  #remoteComplete = false;
  #failed = false;
  #retired = false;
  /** The role changed while this was at work; the agent reads and clears it. */
  roleSwitched = false;

  constructor(context: IceContext, responder: CheckResponder, credentials: IceCredentials) {
    this.#context = context;
    this.#responder = responder;
    this.local = new LocalCredentials(credentials);
    this.list = new Checklist(context.limits.maxPairs);
    this.remotes = new RemoteBook(context.limits, () => context.newId('remote'));
    this.#sender = new CheckSender(context);
  }

  get remote(): RemoteCredentials | undefined {
    return this.#remote;
  }

  /** Carries the data. */
  get selected(): CandidatePair | undefined {
    return this.#selected;
  }

  /** There was a way, be it lost. */
  get wasConnected(): boolean {
    return this.#firstValidAt !== NEVER;
  }

  get failed(): boolean {
    return this.#failed;
  }

  /** There is something to check, or was. */
  get begun(): boolean {
    return this.#remote !== undefined && (this.remotes.size > 0 || this.#unresolvedCount > 0);
  }

  /** RTCIceTransportState `completed`: all candidates are there, and nothing is left to check. webrtc.html §5.6.4. */
  get finished(): boolean {
    const allTold = this.#localComplete && (this.#remoteComplete || !this.#isPatient);
    return allTold && this.#selected?.nominated === true && (this.list.resting || !this.list.hasWork);
  }

  setRemote(now: Millis, credentials: IceCredentials, lite: boolean): void {
    this.#now = now;
    if (this.#remote?.is(credentials)) return;
    this.#remote = new RemoteCredentials(credentials, lite, this.local);
    // Checks that came before: whose they are is only known from here on.
    for (const pair of [...this.list.pairs]) {
      const { usernameFragment } = pair.remote;
      if (usernameFragment !== undefined && usernameFragment !== credentials.usernameFragment)
        this.#drop(pair);
    }
    // RFC 8863 §4: both sides' values are known.
    this.#deadlines.set('patience', now + this.#context.timing.patienceMs);
    this.#settle();
  }

  addPath(now: Millis, path: LocalPath): void {
    this.#now = now;
    if (this.#retired || this.#paths.has(path.facts.path)) return;
    this.#paths.set(path.facts.path, path);
    for (const remote of this.remotes.all()) this.#pair(path, remote);
    this.#settle();
  }

  removePath(now: Millis, path: PathId): void {
    this.#now = now;
    this.#paths.delete(path);
    for (const pair of [...this.list.pairs]) if (pair.path.facts.path === path) this.#drop(pair);
    this.#settle();
  }

  /** The stream was closed, or the relay may not send there. */
  dropRemote(now: Millis, path: PathId, remote: SocketAddress): void {
    this.#now = now;
    const pair = this.list.find(path, remote);
    if (!pair) return;
    this.#sender.pending.forget(pair);
    this.#fail(pair);
    pair.dead = pair.path.facts.protocol === 'tcp';
    this.#settle();
  }

  setLocalComplete(now: Millis, complete: boolean): void {
    this.#now = now;
    this.#localComplete = complete;
    this.#settle();
  }

  addRemote(now: Millis, told: CandidateAttribute): void {
    this.#now = now;
    if (this.#retired || this.#failed) return;
    const ip = canonicalIp(told.address);
    if (ip === undefined) this.#resolve(told);
    else this.#addRemoteAt(told, ip);
    this.#settle();
  }

  handleResolved(now: Millis, name: string, ips: readonly string[] | undefined): void {
    this.#now = now;
    const waiting = this.#unresolved.get(name) ?? [];
    this.#unresolved.delete(name);
    this.#unresolvedCount -= waiting.length;
    // RFC 8839 §5.1: one address of a name; best first.
    const ip = ips?.[0];
    for (const told of waiting) if (ip !== undefined) this.#addRemoteAt(told, ip);
    this.#settle();
  }

  endOfRemote(now: Millis): void {
    this.#now = now;
    this.#remoteComplete = true;
    this.#settle();
  }

  /** What is said by this generation goes on only as far as its selected pair needs it. RFC 8445 §9, RFC 7675 §5.1. */
  retire(now: Millis): void {
    this.#now = now;
    this.#retired = true;
    this.#deadlines.clearAll();
    this.#sender.pending.cancelAll();
    for (const pair of [...this.list.pairs]) if (pair !== this.#selected) this.list.remove(pair);
    this.#settle();
  }

  /** Nothing comes of it any more. */
  close(): void {
    this.#retired = true;
    this.#selected = undefined;
    this.#consent = undefined;
    this.#deadlines.clearAll();
    this.#sender.pending.clear();
  }

  /** Whether data from there is for us. */
  accepts(path: PathId, from: SocketAddress): CandidatePair | undefined {
    const pair = this.list.find(path, from);
    return pair?.heard && !this.#failed ? pair : undefined;
  }

  /** The roles are what they are from now on. */
  handleRole(now: Millis): void {
    this.#now = now;
    this.list.reprioritise(this.#context.role.role);
    this.#settle();
  }

  /** A request whose USERNAME names this generation. */
  handleRequest(
    now: Millis,
    path: LocalPath,
    from: SocketAddress,
    message: StunMessage,
    retried = false,
  ): void {
    this.#now = now;
    if (this.#failed) return;
    const known = this.list.find(path.facts.path, from);
    if (!this.#responder.authenticate(now, message, this.local, known?.heard === true)) return;
    const { check, switched, answer } = this.#responder.respond(message, from, this.local);
    if (switched) this.#switchRole();
    const pair = check ? this.#pairOf(path, from, check) : known;
    this.#context.gatherer.send(now, path.facts.path, from, answer);
    if (!pair) return;
    pair.counts.requestsReceived += 1;
    pair.counts.responsesSent += 1;
    if (check && !retried) this.#handleCheck(now, pair, check);
    this.#settle();
  }

  /** An answer to one of our checks; false: to none of this generation. */
  handleAnswer(now: Millis, path: LocalPath, from: SocketAddress, message: StunMessage): boolean {
    this.#now = now;
    const check = this.#sender.find(message);
    if (!check || !this.#remote) return false;
    if (!verifyIntegrity(this.#context.env.crypto, message, this.#remote.key)) return true;
    const { pair } = check;
    this.#sender.pending.end(check);
    pair.counts.responsesReceived += 1;
    const { address } = pair.remote;
    if (pair.path !== path || address.port !== from.port || address.ip !== from.ip) {
      this.#fail(pair); // RFC 8445 §7.2.5.2.1: not symmetric.
    } else if (message.class === MessageClass.SUCCESS) this.#handleSuccess(now, check, message);
    else this.#handleError(check, message);
    this.#settle();
    return true;
  }

  handleTimeout(now: Millis): void {
    this.#now = now;
    for (let check = this.#sender.handleTimeout(now); check; check = this.#sender.handleTimeout(now)) {
      this.#handleGivenUp(check);
    }
    for (let due = this.#deadlines.takeDue(now); due; due = this.#deadlines.takeDue(now)) {
      if (due === 'patience') this.#isPatient = false;
      else if (due === 'reserve') this.#askReserves(now);
    }
    for (let step = this.#consent?.takeDue(now); step; step = this.#consent?.takeDue(now)) {
      const pair = this.#consent?.pair;
      if (!pair || !this.#remote) break;
      if (step === 'ask') this.#sender.send(now, pair, this.#remote, 'consent', this.#rto());
      else if (step === 'doubt') this.#doubt(pair);
      else if (step === 'silent') this.#fallSilent(pair);
      else this.#expire(pair);
    }
    this.#settle();
  }

  nextTimeout(): Millis {
    const next = Math.min(this.#deadlines.next(), this.#sender.pending.next());
    return Math.min(next, this.#consent?.next() ?? NEVER);
  }

  /** Everything that follows from a change, until nothing does. */
  #settle(): void {
    if (this.#failed) return;
    if (this.#context.lite && this.#remote?.lite) this.#trustAll();
    this.#select();
    this.#nominate();
    this.#runChecks();
    this.#judgeFailure();
  }

  /** RFC 8445 §6.1.4.2: as many checks as are due; at the first opportunity at once, then each Ta. */
  #runChecks(): void {
    const now = this.#now;
    this.#deadlines.clear('pace');
    const remote = this.#remote;
    if (!remote || this.#context.lite || this.#retired) return;
    while (this.#nextCheckAt <= now) {
      const pair = this.list.takeNext();
      if (!pair) return;
      const { timing } = this.#context;
      const ta = this.#checksSent < timing.fastChecks ? timing.fastPacingMs : timing.pacingMs;
      this.#checksSent += 1;
      this.#nextCheckAt = now + ta;
      if (!pair.valid) pair.state = 'in-progress';
      this.#sender.send(now, pair, remote, 'check', this.#rto());
    }
    if (this.list.hasWork) this.#deadlines.set('pace', this.#nextCheckAt);
  }

  /** RFC 8445 §14.3: MAX(least, Ta × (Num-Waiting + Num-In-Progress)). */
  #rto(): Millis {
    const { minRtoMs, pacingMs } = this.#context.timing;
    return Math.max(minRtoMs, pacingMs * (this.list.count('waiting') + this.list.count('in-progress')));
  }

  #resolve(told: CandidateAttribute): void {
    const name = told.address.toLowerCase();
    const { maxRemoteCandidates } = this.#context.limits;
    if (this.remotes.size + this.#unresolvedCount >= maxRemoteCandidates) return;
    this.#unresolvedCount += 1;
    const waiting = this.#unresolved.get(name);
    this.#unresolved.set(name, [...(waiting ?? []), told]);
    if (!waiting) this.#context.gatherer.resolve(this.#now, name);
  }

  #addRemoteAt(told: CandidateAttribute, ip: string): void {
    const { usernameFragment } = told;
    // RFC 8838 §4.4, webrtc.html §4.4.2: of another generation.
    if (this.#remote && usernameFragment !== undefined && usernameFragment !== this.#remote.usernameFragment)
      return;
    const outcome = this.remotes.add(told, ip);
    if (outcome.kind === 'changed') this.list.reprioritise(this.#context.role.role);
    if (outcome.kind !== 'added') return;
    for (const path of this.#paths.values()) this.#pair(path, outcome.candidate);
  }

  #pair(path: LocalPath, remote: RemoteCandidate): void {
    if (!canPair(path, remote) || this.list.find(path.facts.path, remote.address)) return;
    this.#insert(new CandidatePair(this.#context.newId('pair'), path, remote, this.#context.role.role));
  }

  #insert(pair: CandidatePair): void {
    const lost = this.list.add(pair);
    if (lost) this.#forget(lost);
    if (lost !== pair) this.#expect(pair);
  }

  #expect({ path, remote }: CandidatePair): void {
    // A relay asks for its permission in time. What is `~…` has just come through it.
    this.#context.gatherer.expect(this.#now, path.facts.path, remote.address);
  }

  /** The pair that a check came by; made when there is none. RFC 8445 §7.3.1.3, §7.3.1.4. */
  #pairOf(path: LocalPath, from: SocketAddress, check: ReceivedCheck): CandidatePair | undefined {
    const known = this.list.find(path.facts.path, from);
    if (known) return known;
    const { protocol } = path.facts;
    if (this.#retired || (this.#remote && check.senderFragment !== this.#remote.usernameFragment))
      return undefined;
    const remote =
      this.remotes.find(protocol, from) ??
      this.remotes.learn(protocol, from, check.priority, check.senderFragment);
    if (!remote) return undefined;
    const pair = new CandidatePair(this.#context.newId('pair'), path, remote, this.#context.role.role);
    this.#insert(pair);
    return this.list.find(path.facts.path, from) === pair ? pair : undefined;
  }

  #handleCheck(now: Millis, pair: CandidatePair, check: ReceivedCheck): void {
    const { role, lite } = this.#context;
    pair.heard = true;
    pair.lastHeardAt = now;
    if (lite) this.#hearAsLite(now, pair);
    if (check.useCandidate && role.role === 'controlled') {
      pair.wanted = true;
      if (pair.valid) this.#setNominated(pair);
    }
    if (lite || this.#retired || pair.valid || pair.dead) return;
    // RFC 8445 §7.3.1.4.
    if (pair.state === 'in-progress') this.#sender.pending.cancel(pair);
    this.list.trigger(pair);
  }

  /** RFC 8445 §7.3.2: what the other side has checked is valid; what it says next is its consent. */
  #hearAsLite(now: Millis, pair: CandidatePair): void {
    if (!pair.valid) this.#firstValidAt = Math.min(this.#firstValidAt, now);
    pair.valid = true;
    pair.state = 'succeeded';
    pair.silent = false;
    pair.lastAnswerAt = now;
    if (this.#consent?.pair === pair) this.#consent.handleAnswer(now, now);
  }

  #handleSuccess(now: Millis, check: PendingCheck, message: StunMessage): void {
    const { pair } = check;
    const value = message.get(StunAttribute.XOR_MAPPED_ADDRESS);
    const mapped = value && decodeXorAddress(value, message.transactionId);
    if (!mapped || pair.dead) return;
    if (check.sent === 1) {
      pair.counts.currentRoundTripMs = now - check.sentAt;
      pair.counts.totalRoundTripMs += now - check.sentAt;
    }
    pair.local = this.#context.book.endAt(pair.path, mapped);
    if (!pair.valid) this.#firstValidAt = Math.min(this.#firstValidAt, now);
    pair.valid = true;
    pair.heard = true;
    pair.state = 'succeeded';
    pair.silent = false;
    pair.lastAnswerAt = now;
    if (pair === this.#selected && pair.nominated) this.list.resting = true;
    this.list.handleSuccess(pair);
    if (this.#consent?.pair === pair) this.#consent.handleAnswer(now, now);
    // RFC 8445 §7.2.5.3.4.
    const { role } = this.#context.role;
    if (role === 'controlling' ? check.useCandidate : pair.wanted) this.#setNominated(pair);
  }

  #handleError(check: PendingCheck, message: StunMessage): void {
    const { pair } = check;
    const value = message.get(StunAttribute.ERROR_CODE);
    const code = value && decodeErrorCode(value)?.code;
    if (code === ROLE_CONFLICT) {
      if (this.#context.role.handleConflict(check.role)) this.#switchRole();
      // RFC 8445 §7.2.5.1. Sent in the old role, answered after the switch: again, too.
      if (check.role !== this.#context.role.role) this.list.trigger(pair);
      else this.#fail(pair);
    } else if (code === FORBIDDEN && check.kind === 'consent')
      this.#expire(pair); // RFC 7675 §5.2.
    else if (code === UNAUTHENTICATED || (code ?? 500) >= 500 || pair.valid) return;
    else this.#fail(pair); // RFC 8445 §7.2.5.2.4.
  }

  /** RFC 8445 §7.2.5.2.3. */
  #handleGivenUp({ pair, kind, cancelled }: PendingCheck): void {
    if (kind === 'consent' || cancelled || this.#sender.pending.isOpen(pair)) return;
    if (!pair.valid) this.#fail(pair);
    else if (this.#consent?.pair !== pair) pair.silent = true;
  }

  #fail(pair: CandidatePair): void {
    pair.valid = false;
    pair.nominated = false;
    pair.state = 'failed';
  }

  /** RFC 7675 §5.1: these credentials are not used there again. */
  #expire(pair: CandidatePair): void {
    this.#fail(pair);
    pair.dead = true;
    this.#sender.pending.forget(pair);
    this.#consent = undefined;
  }

  #drop(pair: CandidatePair): void {
    this.list.remove(pair);
    this.#fail(pair);
    pair.dead = true;
    this.#forget(pair);
  }

  #forget(pair: CandidatePair): void {
    this.#sender.pending.forget(pair);
    const { path, remote } = pair;
    this.#context.gatherer.release(this.#now, path.facts.path, remote.address);
  }

  #switchRole(): void {
    this.roleSwitched = true;
    for (const pair of this.list.pairs) pair.wanted = false;
    this.list.reprioritise(this.#context.role.role);
  }

  #setNominated(pair: CandidatePair): void {
    if (pair.nominated) return;
    pair.nominated = true;
    // RFC 8445 §8.1.2.
    this.list.resting = true;
    for (const other of this.list.pairs) if (!other.valid) this.#sender.pending.cancel(other);
  }

  /** No answer as usual: ask again, by checks that are repeated, and everywhere else too. */
  #doubt(pair: CandidatePair): void {
    this.#doubtedAt = this.#now;
    this.list.trigger(pair);
    for (const other of this.list.pairs) if (other.usable && other !== pair) this.list.trigger(other);
    this.list.wake();
  }

  /** Whoever was asked in doubt and has not answered since is no better than the selected one. */
  #fallSilent({ lastAnswerAt = 0 }: CandidatePair): void {
    const since = Math.max(this.#doubtedAt, lastAnswerAt);
    for (const pair of this.list.pairs) if ((pair.lastAnswerAt ?? 0) <= since) pair.silent = true;
  }

  /** RFC 8445 §6.2: two lite agents check nothing; the pair of the highest priority is the one. */
  #trustAll(): void {
    for (const pair of this.list.pairs) {
      if (pair.valid || pair.dead) continue;
      this.#firstValidAt = Math.min(this.#firstValidAt, this.#now);
      pair.valid = true;
      pair.heard = true;
      pair.nominated = true;
      pair.state = 'succeeded';
    }
    this.list.resting = true;
  }

  #askReserves(now: Millis): void {
    const reserves = this.list.pairs.filter((pair) => pair.usable && pair !== this.#selected);
    for (const pair of reserves.slice(0, MAX_RESERVES)) this.list.trigger(pair);
    this.#deadlines.set('reserve', now + this.#context.timing.reserveMs);
  }

  #select(): void {
    const now = this.#now;
    const best = bestPair(this.list.pairs, this.#selected);
    if (best === this.#selected) return;
    this.#selected = best;
    this.#consent = undefined;
    if (!best) return;
    const { env, timing, lite, gatherer } = this.#context;
    const isBlind = lite && this.#remote?.lite === true;
    this.#consent = isBlind ? undefined : new Consent(now, best, timing, env.random, lite);
    gatherer.select(now, best.path.facts.path, best.remote.address);
    if (!lite && !this.#retired && !this.#deadlines.has('reserve')) {
      this.#deadlines.set('reserve', now + timing.reserveMs);
    }
  }

  /** RFC 8445 §8.1.1. */
  #nominate(): void {
    const now = this.#now;
    this.#deadlines.clear('nominate');
    const pair = this.#selected;
    const { role, timing, lite } = this.#context;
    if (!pair || lite || this.#retired || role.role !== 'controlling' || pair.nominated || pair.wanted)
      return;
    // The nominated one is silent, and this one answers: there is nothing to wait for.
    const isReplacement = this.list.pairs.some(({ nominated }) => nominated);
    const at = isReplacement
      ? now
      : nominationTime(
          pair,
          this.#firstValidAt,
          {
            betterIsOpen: this.list.hasOpenBetterThan(pair),
            allTold: this.#localComplete && this.#remoteComplete,
          },
          timing,
        );
    if (at > now) this.#deadlines.set('nominate', at);
    else {
      pair.wanted = true;
      this.list.trigger(pair);
    }
  }

  /** RFC 8445 §7.2.5.4, RFC 8838 §8, RFC 8863 §4. */
  #judgeFailure(): void {
    if (!this.#remote || this.#retired || this.#isPatient || this.#selected) return;
    const isOpen = this.list.pairs.some(({ state }) => state !== 'failed') || this.list.hasWork;
    if (isOpen || !this.#localComplete || this.#unresolvedCount > 0) return;
    this.#failed = true;
    this.#deadlines.clearAll();
    this.#sender.pending.clear();
    this.#consent = undefined;
  }
}
