/**
 * One generation of an agent: everything that holds for one pair of credentials, from the first check to the end of consent.
 * Knows paths, not sockets. RFC 8445 §6 … §8, RFC 7675, RFC 8838, RFC 8863.
 */
import { type Millis, NEVER, parseIp, type SocketAddress, TimerTable } from '../base/index.ts';
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
import { CheckPacer } from './check-pacer.ts';
import type { CheckResponder } from './check-responder.ts';
import { CheckSender } from './check-sender.ts';
import { Checklist } from './checklist.ts';
import { Conclusion } from './conclusion.ts';
import type { IceContext } from './context.ts';
import { type IceCredentials, LocalCredentials, RemoteCredentials } from './credentials.ts';
import type { PathId } from './gatherer-port.ts';
import type { LocalPath } from './local-book.ts';
import type { PendingCheck } from './pending-checks.ts';
import { RemoteBook, type RemoteCandidate } from './remote-book.ts';
import { UnresolvedCandidates } from './unresolved-candidates.ts';

/** What the deadlines of a generation are for. */
type Deadline = 'pace' | 'patience' | 'free';

/** RFC 7675 §5.2: consent is taken back. */
const FORBIDDEN = 403;
/** The other side does not know these credentials yet, or has new ones: it may yet. */
const UNAUTHENTICATED = 401;

/** RFC 8445 §8.3.1. */
const FREE_AFTER_MS = 3_000;

/** How far a generation is. */
interface Flags {
  /** RFC 8863: a peer may still come. */
  patient: boolean;
  localComplete: boolean;
  remoteComplete: boolean;
  /** It was once: what is checked in doubt, later, is no news. */
  finished: boolean;
  failed: boolean;
  retired: boolean;
  /** A conflict has changed the role, and nobody has been told. */
  inAnotherRole: boolean;
}

export class Checker {
  readonly local: LocalCredentials;
  readonly list: Checklist;
  readonly remotes: RemoteBook;
  readonly #context: IceContext;
  readonly #responder: CheckResponder;
  readonly #sender: CheckSender;
  readonly #deadlines = new TimerTable<Deadline>();
  readonly #paths = new Map<PathId, LocalPath>();
  readonly #pacer: CheckPacer;
  readonly #conclusion: Conclusion;
  readonly #unresolved = new UnresolvedCandidates();
  #remote: RemoteCredentials | undefined;
  #now: Millis = 0;
  readonly #is: Flags = {
    patient: true,
    localComplete: false,
    remoteComplete: false,
    finished: false,
    failed: false,
    retired: false,
    inAnotherRole: false,
  };

  constructor(context: IceContext, responder: CheckResponder, credentials: IceCredentials) {
    this.#context = context;
    this.#responder = responder;
    this.local = new LocalCredentials(credentials);
    this.list = new Checklist(context.limits.maxPairs);
    this.remotes = new RemoteBook(context.limits, () => context.newId('remote'));
    this.#sender = new CheckSender(context);
    this.#pacer = new CheckPacer(this.list, context.timing);
    this.#conclusion = new Conclusion(context, this.list, this.#sender);
  }

  get remote(): RemoteCredentials | undefined {
    return this.#remote;
  }

  /** Carries the data. */
  get selected(): CandidatePair | undefined {
    return this.#conclusion.selected;
  }

  /** Whether the role has changed while this was at work. Once. */
  takeRoleSwitch(): boolean {
    const switched = this.#is.inAnotherRole;
    this.#is.inAnotherRole = false;
    return switched;
  }

  /** There was a way, be it lost. */
  get wasConnected(): boolean {
    return this.#conclusion.wasConnected;
  }

  get failed(): boolean {
    return this.#is.failed;
  }

  /** There is something to check, or was. */
  get begun(): boolean {
    return this.#remote !== undefined && (this.remotes.size > 0 || this.#unresolved.size > 0);
  }

  /** RTCIceTransportState `completed`: all candidates are there, and nothing is left to check. webrtc.html §5.6.4. */
  get finished(): boolean {
    const allTold = this.#is.localComplete && (this.#is.remoteComplete || !this.#is.patient);
    if (!allTold || this.selected?.nominated !== true) return false;
    // What is checked in doubt, later, is no news to the layer above.
    this.#is.finished ||= this.list.resting || this.list.work === 'none';
    return this.#is.finished;
  }

  setRemote(now: Millis, credentials: IceCredentials, lite: boolean): void {
    this.#now = now;
    if (this.#remote?.is(credentials)) return;
    this.#remote = new RemoteCredentials(credentials, lite, this.local);
    // Checks that came before: whose they are is only known from here on.
    for (const pair of [...this.list.pairs]) {
      const { usernameFragment } = pair.remote;
      if (usernameFragment === undefined || usernameFragment === credentials.usernameFragment) continue;
      this.#drop(pair);
      this.remotes.remove(pair.remote);
    }
    // RFC 8863 §4: both sides' values are known.
    this.#deadlines.set('patience', now + this.#context.timing.patienceMs);
    this.#settle();
  }

  addPath(now: Millis, path: LocalPath): void {
    this.#now = now;
    if (this.#is.retired || this.#paths.has(path.facts.path)) return;
    this.#paths.set(path.facts.path, path);
    for (const remote of this.remotes.all()) this.#pair(path, remote);
    this.#settle();
  }

  removePath(now: Millis, path: PathId): void {
    this.#now = now;
    this.#paths.delete(path);
    const wasInUse = this.selected?.path.facts.path === path;
    for (const pair of [...this.list.pairs]) if (pair.path.facts.path === path) this.#drop(pair);
    if (wasInUse) this.#bePatient();
    this.#settle();
  }

  /** The stream was closed, or the relay may not send there. */
  dropRemote(now: Millis, path: PathId, remote: SocketAddress): void {
    this.#now = now;
    const pair = this.list.find(path, remote);
    if (!pair) return;
    this.#sender.pending.forget(pair);
    pair.fail();
    pair.dead = pair.path.facts.protocol === 'tcp';
    if (pair === this.selected) this.#bePatient();
    this.#settle();
  }

  setLocalComplete(now: Millis, complete: boolean): void {
    this.#now = now;
    this.#is.localComplete = complete;
    this.#settle();
  }

  addRemote(now: Millis, told: CandidateAttribute): void {
    this.#now = now;
    if (this.#is.retired || this.#is.failed) return;
    const ip = parseIp(told.address);
    if (ip === undefined) this.#resolve(told);
    else this.#addRemoteAt(told, ip);
    this.#settle();
  }

  handleResolved(now: Millis, name: string, ips: readonly string[] | undefined): void {
    this.#now = now;
    // RFC 8839 §5.1: one address of a name; best first.
    const ip = parseIp(ips?.[0] ?? '');
    for (const told of this.#unresolved.take(name)) if (ip) this.#addRemoteAt(told, ip);
    this.#settle();
  }

  endOfRemote(now: Millis): void {
    this.#now = now;
    this.#is.remoteComplete = true;
    this.#settle();
  }

  /** What is said by this generation goes on only as far as its selected pair needs it. RFC 8445 §9, RFC 7675 §5.1. */
  retire(now: Millis): void {
    this.#now = now;
    this.#is.retired = true;
    this.#deadlines.clearAll();
    this.#conclusion.retire();
    this.#sender.pending.cancelAll();
    for (const pair of [...this.list.pairs]) if (pair !== this.selected) this.list.remove(pair);
    this.#settle();
  }

  /** It was replaced too early: it goes on where it was, with the paths there are by now. RFC 9429 §5.7. */
  resume(now: Millis, paths: Iterable<LocalPath>): void {
    this.#now = now;
    this.#is.retired = false;
    this.#conclusion.resume(now);
    for (const path of paths) this.#paths.set(path.facts.path, path);
    for (const remote of this.remotes.all())
      for (const path of this.#paths.values()) this.#pair(path, remote);
    if (this.#remote && this.#is.patient)
      this.#deadlines.set('patience', now + this.#context.timing.patienceMs);
    this.#settle();
  }

  /** What was told in this generation. */
  get paths(): Iterable<LocalPath> {
    return this.#paths.values();
  }

  /** Nothing comes of it any more. */
  close(): void {
    this.#is.retired = true;
    this.#conclusion.close();
    this.#deadlines.clearAll();
    this.#sender.pending.clear();
  }

  /** Whether data from there is for us: it may come before any check of that pair (RFC 8445 §11), and proves itself. */
  accepts(path: PathId, from: SocketAddress): CandidatePair | undefined {
    const pair = this.list.find(path, from);
    return pair?.dead || this.#is.failed ? undefined : pair;
  }

  /** The roles are what they are from now on. */
  handleRole(now: Millis): void {
    this.#now = now;
    this.list.reprioritise(this.#context.role.role);
    this.#settle();
  }

  /** A request whose USERNAME names this generation. */
  handleRequest(now: Millis, path: LocalPath, from: SocketAddress, message: StunMessage): void {
    this.#now = now;
    if (this.#is.failed) return;
    const known = this.list.find(path.facts.path, from);
    if (!this.#responder.authenticate(now, message, this.local, known?.heard === true)) return;
    const { check, switched, answer } = this.#responder.respond(message, from, this.local);
    if (switched) this.#switchRole();
    const pair = check ? this.#pairOf(path, from, check) : known;
    this.#context.gatherer.send(now, path.facts.path, from, answer);
    if (!pair) return;
    pair.counts.requestsReceived += 1;
    pair.counts.responsesSent += 1;
    if (check) this.#handleCheck(pair, check);
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
      pair.fail(); // RFC 8445 §7.2.5.2.1: not symmetric.
    } else if (message.class === MessageClass.SUCCESS) this.#handleSuccess(check, message);
    else this.#handleError(check, message);
    this.#settle();
    return true;
  }

  handleTimeout(now: Millis): void {
    this.#now = now;
    // What follows may be due at once: consent for a pair in reserve that has not answered for long.
    do this.#runDue(now);
    while (this.nextTimeout() <= now);
  }

  nextTimeout(): Millis {
    const next = Math.min(this.#deadlines.next(), this.#sender.pending.next());
    return Math.min(next, this.#conclusion.nextTimeout());
  }

  #runDue(now: Millis): void {
    for (let check = this.#sender.handleTimeout(now); check; check = this.#sender.handleTimeout(now)) {
      this.#handleGivenUp(check);
    }
    for (let due = this.#deadlines.takeDue(now); due; due = this.#deadlines.takeDue(now)) {
      if (due === 'patience') this.#is.patient = false;
      else if (due === 'free') this.#freeStreams();
    }
    this.#conclusion.handleTimeout(now, this.#remote, this.#pacer.rtoMs);
    this.#settle();
  }

  /** Everything that follows from a change. */
  #settle(): void {
    if (this.#is.failed) return;
    this.#conclusion.settle(this.#now, this.#remote, this.#is.localComplete && this.#is.remoteComplete);
    this.#runChecks();
    this.#judgeFailure();
  }

  /** As many checks as are due. */
  #runChecks(): void {
    const now = this.#now;
    const remote = this.#remote;
    this.#deadlines.clear('pace');
    if (!remote || this.#context.lite || this.#is.retired) return;
    for (let pair = this.#pacer.take(now); pair; pair = this.#pacer.take(now)) {
      if (!pair.valid) pair.state = 'in-progress';
      this.#sender.send(now, pair, remote, 'check', this.#pacer.rtoMs);
    }
    const next = this.#pacer.next(now);
    if (next !== NEVER) this.#deadlines.set('pace', next);
  }

  /** The way in use is gone; another may come, here or there, for as long as the other side's consent would have lasted. */
  #bePatient(): void {
    if (this.#is.retired) return;
    this.#is.patient = true;
    this.#deadlines.set('patience', this.#now + this.#context.timing.consentLifeMs);
  }

  #resolve(told: CandidateAttribute): void {
    const name = told.address.toLowerCase();
    const { maxRemoteCandidates } = this.#context.limits;
    if (this.remotes.size + this.#unresolved.size >= maxRemoteCandidates) return;
    if (this.#unresolved.add(name, told)) this.#context.gatherer.resolve(this.#now, name);
  }

  #addRemoteAt(told: CandidateAttribute, ip: Uint8Array): void {
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
    // RFC 8445 §7.3.1.3: what was learned is paired with nothing but the path it came by.
    if (remote.type === 'prflx' && remote.usernameFragment !== undefined) return;
    if (!canPair(path, remote) || this.list.find(path.facts.path, remote.address)) return;
    this.#insert(new CandidatePair(this.#context.newId('pair'), path, remote, this.#context.role.role));
  }

  #insert(pair: CandidatePair): void {
    const lost = this.list.add(pair);
    if (lost) this.#forget(lost);
    // A relay asks for its permission in time.
    if (lost !== pair) this.#context.gatherer.expect(this.#now, pair.path.facts.path, pair.remote.address);
  }

  /** The pair that a check came by; made when there is none. RFC 8445 §7.3.1.3, §7.3.1.4. */
  #pairOf(path: LocalPath, from: SocketAddress, check: ReceivedCheck): CandidatePair | undefined {
    const known = this.list.find(path.facts.path, from);
    if (known) return known;
    const { protocol } = path.facts;
    if (this.#is.retired || (this.#remote && check.senderFragment !== this.#remote.usernameFragment))
      return undefined;
    const learn = (): RemoteCandidate | undefined =>
      this.remotes.learn(protocol, from, check.priority, check.senderFragment);
    const remote =
      this.remotes.find(protocol, from) ?? learn() ?? (this.#forgetLearned() ? learn() : undefined);
    if (!remote) return undefined;
    const pair = new CandidatePair(this.#context.newId('pair'), path, remote, this.#context.role.role);
    this.#insert(pair);
    return this.list.find(path.facts.path, from) === pair ? pair : undefined;
  }

  /** A router that gives its people a new address each night must not fill the book for good. */
  #forgetLearned(): boolean {
    const useless = this.list.pairs.find(
      ({ remote, state, silent }) => remote.usernameFragment !== undefined && (silent || state === 'failed'),
    );
    if (!useless || useless === this.selected) return false;
    this.#drop(useless);
    this.remotes.remove(useless.remote);
    return true;
  }

  #handleCheck(pair: CandidatePair, { useCandidate }: ReceivedCheck): void {
    const { role, lite } = this.#context;
    pair.heard = true;
    const isNews = pair !== this.selected && (!pair.valid || (useCandidate && !pair.nominated));
    // Right after a nomination such checks are only late.
    if (isNews && this.list.resting && !this.#deadlines.has('free')) this.#conclusion.suspect(this.#now);
    if (lite && !pair.dead) this.#conclusion.handleAnswer(this.#now, pair);
    if (useCandidate && role.role === 'controlled') {
      pair.wanted = true;
      if (pair.valid) this.#setNominated(pair);
    }
    if (lite || this.#is.retired || pair.valid || pair.dead) return;
    // RFC 8445 §7.3.1.4.
    if (pair.state === 'in-progress') this.#sender.pending.cancel(pair);
    this.list.trigger(pair);
  }

  #handleSuccess(check: PendingCheck, message: StunMessage): void {
    const { pair } = check;
    const value = message.get(StunAttribute.XOR_MAPPED_ADDRESS);
    const mapped = value && decodeXorAddress(value, message.transactionId);
    if (!mapped || pair.dead) return;
    if (check.sent === 1) {
      const roundTripMs = this.#now - check.sentAt;
      pair.counts.currentRoundTripMs = roundTripMs;
      pair.counts.totalRoundTripMs += roundTripMs;
    }
    pair.local = this.#context.book.endAt(pair.path, mapped);
    this.#conclusion.handleAnswer(this.#now, pair);
    // RFC 8445 §7.2.5.3.4.
    const { role } = this.#context.role;
    if (role === 'controlling' ? check.useCandidate : pair.wanted) this.#setNominated(pair);
    this.list.handleSuccess(pair);
  }

  #setNominated(pair: CandidatePair): void {
    if (pair.nominated) return;
    this.#conclusion.setNominated(pair);
    this.#deadlines.set('free', this.#now + FREE_AFTER_MS);
  }

  /** RFC 8445 §8.3: what was not needed is given back. Datagrams in reserve cost nothing; streams do. */
  #freeStreams(): void {
    const { selected } = this;
    if (!selected?.nominated || selected.path.facts.protocol === 'tcp' || selected.relayed) return;
    for (const pair of [...this.list.pairs]) if (pair.path.facts.protocol === 'tcp') this.#drop(pair);
  }

  #handleError(check: PendingCheck, message: StunMessage): void {
    const { pair } = check;
    const value = message.get(StunAttribute.ERROR_CODE);
    const code = value && decodeErrorCode(value)?.code;
    if (code === ROLE_CONFLICT) {
      if (this.#context.role.handleConflict(check.role)) this.#switchRole();
      // RFC 8445 §7.2.5.1. Sent in the old role, answered after the switch: again, too.
      if (check.role !== this.#context.role.role) this.list.trigger(pair);
      else pair.fail();
    } else if (code === FORBIDDEN && pair.valid) this.#conclusion.expire(pair);
    // RFC 8445 §7.2.5.2.4: what is unrecoverable.
    else if (code !== UNAUTHENTICATED && (code ?? 500) < 500 && !pair.valid) pair.fail();
  }

  /** RFC 8445 §7.2.5.2.3. */
  #handleGivenUp({ pair, kind, cancelled }: PendingCheck): void {
    if (kind === 'consent' || cancelled || this.#sender.pending.isOpen(pair)) return;
    if (!pair.valid) pair.fail();
    else if (pair !== this.selected) pair.silent = true;
  }

  #drop(pair: CandidatePair): void {
    this.list.remove(pair);
    pair.fail();
    pair.dead = true;
    this.#forget(pair);
  }

  #forget(pair: CandidatePair): void {
    this.#sender.pending.forget(pair);
    const { path, remote } = pair;
    this.#context.gatherer.release(this.#now, path.facts.path, remote.address);
  }

  #switchRole(): void {
    this.#is.inAnotherRole = true;
    for (const pair of this.list.pairs) pair.wanted = false;
    this.list.reprioritise(this.#context.role.role);
  }

  /** RFC 8445 §7.2.5.4, RFC 8838 §8, RFC 8863 §4. */
  #judgeFailure(): void {
    if (!this.#remote || this.#is.retired || this.#is.patient || this.selected) return;
    const isOpen = this.list.pairs.some(({ state }) => state !== 'failed') || this.list.work !== 'none';
    if (isOpen || !this.#is.localComplete || this.#unresolved.size > 0) return;
    this.#is.failed = true;
    this.#deadlines.clearAll();
    this.#conclusion.close();
    this.#sender.pending.clear();
  }
}
