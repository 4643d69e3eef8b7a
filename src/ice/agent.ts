/**
 * The ICE agent: gatherer and checkers as one machine, over all its generations. Owns no sockets: it asks for them by events.
 * One component. RFC 8445, RFC 8838, RFC 7675; webrtc.html §5.6.
 */
import {
  type Env,
  type InterfaceAddress,
  type Machine,
  type Millis,
  Queue,
  type SocketAddress,
  unreachable,
} from '../base/index.ts';
import type { CandidateAttribute } from '../sdp/index.ts';
import { decodeMessage, StunMethod } from '../stun/index.ts';
import { type AgentStatistics, statisticsOf } from './agent-statistics.ts';
import type { CandidatePair } from './candidate-pair.ts';
import type { IceContext } from './context.ts';
import { createIceCredentials, type IceCredentials } from './credentials.ts';
import type { IceEvent, IceGatheringState, IceRole, IceState, SelectedPair } from './events.ts';
import { Gatherer } from './gather/index.ts';
import type { GathererEvent, GathererPort, LocalCandidate, PathId, PathListener } from './gatherer-port.ts';
import { Generations } from './generations.ts';
import type { IceTransmit, SocketFacts, SocketId } from './io.ts';
import { describeCandidate, LocalBook } from './local-book.ts';
import {
  DEFAULT_LIMITS,
  DEFAULT_TIMING,
  type GathererOptions,
  type IceAgentOptions,
  type IcePolicy,
  type IceServer,
} from './options.ts';
import { RoleKeeper } from './role-keeper.ts';

/** Makes the gatherer of an agent; tests give their own. */
export type NewGatherer = (env: Env, options: GathererOptions, listener: PathListener) => GathererPort;

/** RFC 7983 §7: STUN begins with 0 … 3. */
const LAST_STUN_BYTE = 3;

export class IceAgent implements Machine<IceEvent, IceTransmit> {
  readonly #env: Env;
  readonly #gatherer: GathererPort;
  readonly #book = new LocalBook();
  readonly #role: RoleKeeper;
  readonly #generations: Generations;
  readonly #lite: boolean;
  readonly #events = new Queue<IceEvent>();
  readonly #transmits = new Queue<IceTransmit>();
  #gathering: IceGatheringState = 'new';
  #state: IceState = 'new';
  #closed = false;
  #now: Millis = 0;
  /** What carries the data, and how it goes there. */
  #selected: CandidatePair | undefined;
  #socket: SocketId | undefined;

  constructor(env: Env, options: IceAgentOptions, newGatherer: NewGatherer = newRealGatherer) {
    this.#env = env;
    this.#lite = options.lite ?? false;
    this.#role = new RoleKeeper(env.random, options.role);
    this.#gatherer = newGatherer(env, options, {
      handlePathBytes: (now, path, from, bytes) => this.#handlePathBytes(now, path, from, bytes),
    });
    let lastId = 0;
    const context: IceContext = {
      env,
      timing: { ...DEFAULT_TIMING, ...options.timing },
      limits: { ...DEFAULT_LIMITS, ...options.limits },
      lite: this.#lite,
      role: this.#role,
      gatherer: this.#gatherer,
      book: this.#book,
      newId: (kind) => {
        lastId += 1;
        return `${kind}-${lastId}`;
      },
    };
    this.#generations = new Generations(context, options.credentials ?? createIceCredentials(env.random));
  }

  /** Of the generation that is being built. */
  get localCredentials(): IceCredentials {
    const { usernameFragment, password } = this.#generations.current.local;
    return { usernameFragment, password };
  }

  get remoteCredentials(): IceCredentials | undefined {
    const { remote } = this.#generations.current;
    return remote && { usernameFragment: remote.usernameFragment, password: remote.password };
  }

  get state(): IceState {
    return this.#state;
  }

  get gatheringState(): IceGatheringState {
    return this.#gathering;
  }

  get role(): IceRole {
    return this.#role.role;
  }

  /** Data goes by this one. */
  get selectedPair(): SelectedPair | undefined {
    return this.#selected && describePair(this.#selected);
  }

  /** Begins to gather candidates of this generation. */
  gather(now: Millis, interfaces: readonly InterfaceAddress[]): void {
    if (this.#closed) return;
    this.#advance(now);
    this.#gatherer.gather(this.#now, interfaces);
    this.#settle();
  }

  /** They are other ones than they were. */
  handleInterfaces(now: Millis, interfaces: readonly InterfaceAddress[]): void {
    if (this.#closed) return;
    this.#advance(now);
    this.#gatherer.handleInterfaces(this.#now, interfaces);
    this.#settle();
  }

  /** As offer and answer have settled it. RFC 8445 §6.1.1. */
  setRole(now: Millis, role: IceRole): void {
    if (this.#closed) return;
    this.#advance(now);
    if (this.#role.set(role, false)) this.#handleRole();
    this.#settle();
  }

  /**
   * Whom to expect. Other credentials than before without a `restart` of ours are another peer in the place of the first, who
   * knows what we told that one.
   */
  setRemote(now: Millis, remote: IceCredentials & { readonly lite: boolean }): void {
    if (this.#closed) return;
    this.#advance(now);
    // RFC 8445 §6.1.1: full with lite: the full one controls, and there is no conflict.
    if (remote.lite !== this.#lite && this.#role.set(remote.lite ? 'controlling' : 'controlled', true)) {
      this.#handleRole();
    }
    this.#generations.setRemote(this.#now, remote);
    this.#settle();
  }

  /** What is of no use (another transport, another generation, too many) is left out silently. RFC 8839 §5.1. */
  addRemoteCandidate(now: Millis, candidate: CandidateAttribute): void {
    if (this.#closed) return;
    this.#advance(now);
    this.#generations.current.addRemote(this.#now, candidate);
    this.#settle();
  }

  /** RFC 8838 §14. */
  endOfRemoteCandidates(now: Millis): void {
    if (this.#closed) return;
    this.#advance(now);
    this.#generations.current.endOfRemote(this.#now);
    this.#settle();
  }

  /**
   * A new generation, with these credentials or drawn ones; `gather` then tells its candidates. The pair in use goes on
   * until the new generation has one. RFC 8445 §9.
   */
  restart(now: Millis, credentials: IceCredentials = createIceCredentials(this.#env.random)): IceCredentials {
    if (this.#closed) return credentials;
    this.#advance(now);
    this.#generations.restart(this.#now, credentials);
    this.#gathering = 'new';
    this.#settle();
    return credentials;
  }

  /** The last restart was taken back before the other side answered it: all is as it was. RFC 9429 §5.7. */
  abandonRestart(now: Millis): void {
    if (this.#closed) return;
    this.#advance(now);
    this.#generations.abandonRestart(this.#now);
    this.#settle();
  }

  /** Counts from the next `gather` on. */
  setServers(_now: Millis, servers: readonly IceServer[], policy: IcePolicy): void {
    this.#gatherer.setServers(servers, policy);
  }

  /** `bytes` are given away. False: there is no way to send them now. */
  send(now: Millis, bytes: Uint8Array): boolean {
    const pair = this.#selected;
    if (pair === undefined) return false;
    const { counts, remote } = pair;
    counts.packetsSent += 1;
    counts.bytesSent += bytes.length;
    counts.lastPacketSentAt = now;
    if (this.#socket !== undefined) {
      this.#transmits.push({ socket: this.#socket, to: remote.address, bytes });
    } else this.#gatherer.send(now, pair.path.facts.path, remote.address, bytes);
    return true;
  }

  handleOpened(now: Millis, socket: SocketId, local: SocketAddress, facts: SocketFacts): void {
    this.#advance(now);
    this.#gatherer.handleOpened(this.#now, socket, local, facts);
    this.#settle();
  }

  handleFailed(now: Millis, socket: SocketId, code: string, message: string): void {
    this.#advance(now);
    this.#gatherer.handleFailed(this.#now, socket, code, message);
    this.#settle();
  }

  handleClosed(now: Millis, socket: SocketId): void {
    this.#advance(now);
    this.#gatherer.handleClosed(this.#now, socket);
    this.#settle();
  }

  /** The result is the new stream's id. */
  handleAccepted(now: Millis, listener: SocketId, remote: SocketAddress): SocketId {
    this.#advance(now);
    const socket = this.#gatherer.handleAccepted(this.#now, listener, remote);
    this.#settle();
    return socket;
  }

  handleLookedUp(now: Millis, lookup: number, ips: readonly string[] | undefined): void {
    this.#advance(now);
    this.#gatherer.handleLookedUp(this.#now, lookup, ips);
    this.#settle();
  }

  handleVerified(now: Millis, check: number, ok: boolean): void {
    this.#advance(now);
    this.#gatherer.handleVerified(this.#now, check, ok);
    this.#settle();
  }

  /** A datagram, or a chunk of a stream; borrowed. What is data in it comes out as an event with the same bytes. */
  handleDatagram(now: Millis, socket: SocketId, from: SocketAddress, bytes: Uint8Array): void {
    const pair = this.#selected;
    if (pair && socket === this.#socket && (bytes[0] ?? 0) > LAST_STUN_BYTE) {
      const { ip, port } = pair.remote.address;
      if (from.port === port && from.ip === ip) {
        this.#receive(now, pair, bytes);
        return;
      }
    }
    if (this.#closed) return;
    this.#advance(now);
    this.#gatherer.handleDatagram(this.#now, socket, from, bytes);
    this.#settle();
  }

  handleTimeout(now: Millis): void {
    if (this.#closed) return;
    this.#advance(now);
    this.#gatherer.handleTimeout(this.#now);
    this.#generations.handleTimeout(this.#now);
    this.#settle();
  }

  nextTimeout(): Millis {
    return Math.min(this.#gatherer.nextTimeout(), this.#generations.nextTimeout());
  }

  pollTransmit(): IceTransmit | undefined {
    return this.#transmits.take() ?? this.#gatherer.pollTransmit();
  }

  pollEvent(): IceEvent | undefined {
    return this.#events.take();
  }

  /** As webrtc-stats.html §8.10 … §8.12 want it; times as `now` has them. */
  statistics(): AgentStatistics {
    return statisticsOf(this.#book, this.#generations.current, this.#selected);
  }

  /** Ends allocations, asks for every socket to be closed. */
  close(now: Millis): void {
    if (this.#closed) return;
    this.#advance(now);
    this.#gatherer.close(this.#now);
    this.#takeGathered();
    this.#closed = true;
    this.#selected = undefined;
    this.#socket = undefined;
    this.#generations.close();
    this.#transmits.clear();
    this.#enter('closed');
  }

  #advance(now: Millis): void {
    if (now > this.#now) this.#now = now;
  }

  #handleRole(): void {
    this.#generations.current.handleRole(this.#now);
    this.#events.push({ type: 'role', role: this.#role.role });
  }

  #handlePathBytes(now: Millis, path: PathId, from: SocketAddress, bytes: Uint8Array): void {
    if ((bytes[0] ?? 0) > LAST_STUN_BYTE) this.#handleData(now, path, from, bytes);
    else this.#handleStun(now, path, from, bytes);
  }

  #handleData(now: Millis, path: PathId, from: SocketAddress, bytes: Uint8Array): void {
    const pair = this.#generations.accepts(path, from);
    if (pair) this.#receive(now, pair, bytes);
  }

  #receive(now: Millis, { counts }: CandidatePair, bytes: Uint8Array): void {
    counts.packetsReceived += 1;
    counts.bytesReceived += bytes.length;
    counts.lastPacketReceivedAt = now;
    this.#events.push({ type: 'data', bytes });
  }

  #handleStun(now: Millis, pathId: PathId, from: SocketAddress, bytes: Uint8Array): void {
    const path = this.#book.find(pathId);
    if (!path) return;
    const message = decodeMessage(bytes);
    if (message?.method !== StunMethod.BINDING) return;
    this.#generations.handleStun(now, path, from, message);
  }

  /** Takes what the gatherer has, then tells what has changed. */
  #settle(): void {
    if (this.#closed) return;
    this.#takeGathered();
    const { current } = this.#generations;
    if (current.takeRoleSwitch()) {
      this.#events.push({ type: 'role', role: this.#role.role });
    }
    this.#generations.settle();
    const { selected, state } = this.#generations;
    if (selected !== this.#selected) this.#useForData(selected);
    this.#enter(state);
  }

  #takeGathered(): void {
    for (let event = this.#gatherer.pollEvent(); event; event = this.#gatherer.pollEvent()) {
      this.#handleGathered(event);
    }
  }

  #handleGathered(event: GathererEvent): void {
    switch (event.type) {
      case 'request':
        this.#events.push(event);
        return;
      case 'candidate':
        this.#addLocal(event.candidate);
        return;
      case 'path-lost':
        this.#generations.removePath(this.#now, event.path);
        this.#book.remove(event.path);
        return;
      case 'remote-lost':
        this.#generations.dropRemote(this.#now, event.path, event.remote);
        return;
      case 'gathering':
        this.#gathering = event.state;
        this.#generations.current.setLocalComplete(this.#now, event.state === 'complete');
        this.#events.push({ type: 'gathering-state', state: event.state });
        return;
      case 'error':
        this.#events.push({ ...event, type: 'gathering-error' });
        return;
      case 'resolved':
        this.#generations.current.handleResolved(this.#now, event.name, event.ips);
        return;
      default:
        unreachable(event);
    }
  }

  #addLocal(candidate: LocalCandidate): void {
    const { usernameFragment } = this.#generations.current.local;
    this.#events.push({
      type: 'candidate',
      candidate: describeCandidate(candidate, usernameFragment),
      url: candidate.url,
    });
    this.#generations.current.addPath(this.#now, this.#book.add(candidate));
  }

  #useForData(pair: CandidatePair | undefined): void {
    this.#selected = pair;
    this.#socket = pair?.path.facts.socket;
    if (pair) this.#events.push({ type: 'selected-pair', pair: describePair(pair) });
  }

  #enter(state: IceState): void {
    if (state === this.#state) return;
    this.#state = state;
    this.#events.push({ type: 'state', state });
  }
}

function describePair(pair: CandidatePair): SelectedPair {
  const { id, local, remote, path, relayed, counts } = pair;
  const { key: _key, usernameFragment: _fragment, ...end } = remote;
  return {
    id,
    local,
    remote: end,
    relayed,
    neverFragments: path.facts.neverFragments,
    roundTripMs: counts.currentRoundTripMs,
  };
}

function newRealGatherer(env: Env, options: GathererOptions, listener: PathListener): GathererPort {
  return new Gatherer(env, options, listener);
}
