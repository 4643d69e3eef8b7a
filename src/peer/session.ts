/**
 * One WebRTC session as one machine: offer and answer, ICE, DTLS, SCTP and data channels, by the verbs of `PeerSessionPort`. Knows
 * no promises, no sockets, no event targets. webrtc.html §4.4, RFC 9429.
 */
import { type Env, type InterfaceAddress, type Millis, Queue, type SocketAddress } from '../base/index.ts';
import type { ChannelFacts, ChannelId, ChannelMessage, DataChannelOptions } from '../datachannel/index.ts';
import { type DtlsIdentity, fingerprintOf } from '../dtls/index.ts';
import { IceAgent, type IceTransmit, type SocketFacts, type SocketId } from '../ice/index.ts';
import { CandidateDesk } from './candidate-desk.ts';
import { openChannel, sendOnChannel } from './channel-verbs.ts';
import { gathersAlike, iceServersOf, judgeConfiguration } from './configuration.ts';
import { connectionStateOf } from './connection-state.ts';
import { Gathering } from './gathering.ts';
import { Negotiation, type NegotiationStep } from './negotiation/index.ts';
import { PeerFault } from './peer-fault.ts';
import type { PeerEvent } from './session-events.ts';
import {
  DEFAULT_PEER_LIMITS,
  type PeerConfiguration,
  type PeerLimits,
  type PeerSessionOptions,
} from './session-options.ts';
import type {
  Description,
  DtlsTransportFacts,
  IceTransportFacts,
  LocalDescriptionWish,
  OfferWish,
  PeerSessionPort,
  RemoteIceCandidate,
  SctpTransportFacts,
} from './session-port.ts';
import { sessionStatistics } from './session-statistics.ts';
import type {
  DtlsTransportState,
  IceConnectionState,
  IceGatheringState,
  PeerConnectionState,
  SctpTransportState,
  SignalingState,
} from './states.ts';
import type { PeerStatistic } from './statistics.ts';
import { StepRunner } from './step-runner.ts';
import { PeerTransport } from './transport.ts';
import type { PeerTransportEvent } from './transport-events.ts';

/** RFC 8841 §6: what a peer takes that has not said. */
const UNKNOWN_MAX_MESSAGE_BYTES = 65_536;

/** As they were told: the transport itself may be further already. */
interface States {
  ice: IceConnectionState;
  dtls: DtlsTransportState;
  sctp: SctpTransportState;
  connection: PeerConnectionState;
}

export class PeerSession implements PeerSessionPort {
  readonly #env: Env;
  readonly #limits: PeerLimits;
  readonly #identity: DtlsIdentity;
  readonly #negotiation: Negotiation;
  readonly #transport: PeerTransport;
  readonly #events = new Queue<PeerEvent>();
  readonly #desk: CandidateDesk;
  readonly #gathering: Gathering;
  readonly #steps: StepRunner;
  #configuration: PeerConfiguration;
  readonly #states: States = { ice: 'new', dtls: 'new', sctp: 'connecting', connection: 'new' };
  #needsNegotiation = false;
  #isClosed = false;
  #now: Millis = 0;

  /** Throws `PeerFault` for a configuration that W3C refuses, a RangeError without an identity. */
  constructor(env: Env, options: PeerSessionOptions) {
    const { configuration, identities } = options;
    judgeConfiguration(configuration, undefined);
    const [identity] = identities;
    if (!identity) throw new RangeError('A session needs at least one identity.');
    this.#identity = identity;
    this.#env = env;
    this.#configuration = configuration;
    this.#limits = { ...DEFAULT_PEER_LIMITS, ...options.limits };
    const { maxMessageBytes, maxChannels, dtlsRetransmitMs } = this.#limits;
    this.#negotiation = new Negotiation({
      random: env.random,
      fingerprints: identities.flatMap(({ chain }) =>
        chain[0] ? [fingerprintOf(env.crypto, 'sha-256', chain[0])] : [],
      ),
      bundlePolicy: configuration.bundlePolicy,
      maxMessageBytes,
    });
    const ice = new IceAgent(env, {
      ...options.ice,
      role: 'controlling',
      servers: iceServersOf(configuration),
      policy: configuration.iceTransportPolicy,
      credentials: this.#negotiation.localIce,
    });
    this.#transport = new PeerTransport(env, ice, {
      identities,
      dtlsRetransmitMs,
      maxMessageBytes,
      maxPeerChannels: maxChannels,
      maxSentMessageBytes: this.#limits.maxBufferedBytes,
    });
    this.#transport.channels.setRemoteMaxMessageBytes(UNKNOWN_MAX_MESSAGE_BYTES);
    this.#desk = new CandidateDesk(this.#negotiation);
    this.#gathering = new Gathering(ice, this.#desk, this.#events);
    this.#steps = new StepRunner(ice, this.#transport, this.#gathering, this.#desk);
  }

  get signalingState(): SignalingState {
    return this.#negotiation.signalingState;
  }

  get iceGatheringState(): IceGatheringState {
    return this.#gathering.state;
  }

  get iceConnectionState(): IceConnectionState {
    return this.#isClosed ? 'closed' : this.#states.ice;
  }

  get connectionState(): PeerConnectionState {
    return this.#states.connection;
  }

  get currentLocalDescription(): Description | undefined {
    return this.#negotiation.currentLocalDescription;
  }

  get pendingLocalDescription(): Description | undefined {
    return this.#negotiation.pendingLocalDescription;
  }

  get currentRemoteDescription(): Description | undefined {
    return this.#negotiation.currentRemoteDescription;
  }

  get pendingRemoteDescription(): Description | undefined {
    return this.#negotiation.pendingRemoteDescription;
  }

  get canTrickle(): boolean | undefined {
    return this.#negotiation.canTrickle;
  }

  get configuration(): PeerConfiguration {
    return this.#configuration;
  }

  get needsNegotiation(): boolean {
    return this.#needsNegotiation && this.#negotiation.isNeeded();
  }

  get iceTransport(): IceTransportFacts | undefined {
    if (!this.#hasTransport) return undefined;
    const { selectedPair: pair, localCredentials, remoteCredentials } = this.#transport.ice;
    const fragments = {
      local: localCredentials.usernameFragment,
      remote: remoteCredentials?.usernameFragment ?? '',
    };
    return {
      role: this.#steps.iceRole,
      state: this.iceConnectionState,
      gatheringState: this.#gathering.state,
      localCandidates: this.#desk.local,
      remoteCandidates: this.#desk.remote,
      selectedPair: pair && this.#desk.describe(pair, fragments),
      localParameters: localCredentials,
      remoteParameters: remoteCredentials,
    };
  }

  get dtlsTransport(): DtlsTransportFacts | undefined {
    if (!this.#hasTransport) return undefined;
    const { dtlsState: state, dtlsFacts } = this.#transport;
    return { state, remoteCertificates: dtlsFacts?.peerChain ?? [] };
  }

  get sctpTransport(): SctpTransportFacts | undefined {
    if (!this.#hasTransport) return undefined;
    const { maxMessageBytes, maxChannels } = this.#transport.channels;
    return { state: this.#isClosed ? 'closed' : this.#states.sctp, maxMessageBytes, maxChannels };
  }

  createOffer(now: Millis, wish: OfferWish = {}): Description {
    this.#begin(now);
    return this.#negotiation.createOffer(wish);
  }

  createAnswer(now: Millis): Description {
    this.#begin(now);
    return this.#negotiation.createAnswer();
  }

  setLocalDescription(now: Millis, wish: LocalDescriptionWish = {}): void {
    this.#begin(now);
    this.#apply(() => this.#negotiation.setLocalDescription(wish));
  }

  setRemoteDescription(now: Millis, description: Description): void {
    this.#begin(now);
    this.#apply(() => this.#negotiation.setRemoteDescription(description));
  }

  addIceCandidate(now: Millis, candidate: RemoteIceCandidate | null): void {
    this.#begin(now);
    for (const step of this.#negotiation.addIceCandidate(candidate)) this.#steps.carryOut(this.#now, step);
  }

  restartIce(now: Millis): void {
    this.#begin(now);
    this.#negotiation.restartIce();
    this.#updateNegotiationNeeded();
  }

  setConfiguration(now: Millis, configuration: PeerConfiguration): void {
    this.#begin(now);
    const hasGathered = this.#gathering.hasBegun;
    judgeConfiguration(configuration, { configuration: this.#configuration, hasGathered });
    const before = this.#configuration;
    this.#configuration = configuration;
    if (!gathersAlike(before, configuration)) {
      this.#transport.ice.setServers(
        this.#now,
        iceServersOf(configuration),
        configuration.iceTransportPolicy,
      );
      this.#negotiation.changeConfiguration();
      this.#gathering.emptyPool();
    }
    this.#fillPool();
  }

  createDataChannel(now: Millis, options: DataChannelOptions): ChannelId {
    this.#begin(now);
    const channel = openChannel(this.#transport.channels, this.#now, options);
    this.#negotiation.requestData();
    this.#updateNegotiationNeeded();
    return channel;
  }

  sendMessage(now: Millis, channel: ChannelId, message: ChannelMessage): boolean {
    if (now > this.#now) this.#now = now;
    return sendOnChannel(
      this.#transport.channels,
      this.#now,
      channel,
      message,
      this.#limits.maxBufferedBytes,
    );
  }

  closeChannel(now: Millis, channel: ChannelId): void {
    this.#now = Math.max(this.#now, now);
    this.#transport.channels.close(this.#now, channel);
  }

  bufferedBytes(channel: ChannelId): number {
    return this.#transport.channels.bufferedBytes(channel);
  }

  streamOf(channel: ChannelId): number | undefined {
    return this.#transport.channels.streamOf(channel);
  }

  channelFacts(channel: ChannelId): ChannelFacts | undefined {
    return this.#transport.channels.factsOf(channel);
  }

  close(now: Millis): void {
    if (this.#isClosed) return;
    this.#now = Math.max(this.#now, now);
    this.#keepRequests();
    this.#isClosed = true;
    this.#states.connection = 'closed';
    this.#needsNegotiation = false;
    this.#negotiation.close();
    this.#transport.close(this.#now);
  }

  statistics(now: Millis): readonly PeerStatistic[] {
    const wall = this.#env.wallClock();
    return sessionStatistics(this.#env.crypto, this.#transport, this.#transport.ice, this.#identity, {
      timestamp: wall,
      wallOf: (at) => wall - (now - at),
      hasTransport: this.#hasTransport,
      iceRole: this.#steps.iceRole,
    });
  }

  handleInterfaces(now: Millis, interfaces: readonly InterfaceAddress[]): void {
    this.#now = Math.max(this.#now, now);
    this.#gathering.handleInterfaces(this.#now, interfaces);
    this.#fillPool();
  }

  handleOpened(now: Millis, socket: SocketId, local: SocketAddress, facts: SocketFacts): void {
    this.#transport.ice.handleOpened(now, socket, local, facts);
  }

  handleFailed(now: Millis, socket: SocketId, code: string, message: string): void {
    this.#transport.ice.handleFailed(now, socket, code, message);
  }

  handleClosed(now: Millis, socket: SocketId): void {
    this.#transport.ice.handleClosed(now, socket);
  }

  handleAccepted(now: Millis, listener: SocketId, remote: SocketAddress): SocketId {
    return this.#transport.ice.handleAccepted(now, listener, remote);
  }

  handleLookedUp(now: Millis, lookup: number, ips: readonly string[] | undefined): void {
    this.#transport.ice.handleLookedUp(now, lookup, ips);
  }

  handleVerified(now: Millis, check: number, ok: boolean): void {
    this.#transport.ice.handleVerified(now, check, ok);
  }

  handleDatagram(now: Millis, socket: SocketId, from: SocketAddress, bytes: Uint8Array): void {
    if (now > this.#now) this.#now = now;
    this.#transport.handleDatagram(now, socket, from, bytes);
  }

  handleTimeout(now: Millis): void {
    this.#now = Math.max(this.#now, now);
    this.#transport.handleTimeout(this.#now);
  }

  nextTimeout(): Millis {
    return this.#transport.nextTimeout();
  }

  pollTransmit(): IceTransmit | undefined {
    return this.#transport.pollTransmit();
  }

  pollEvent(): PeerEvent | undefined {
    for (;;) {
      const event = this.#events.take();
      if (event) return event;
      const below = this.#transport.pollEvent();
      if (!below) return undefined;
      if (below.type === 'channel-message' && !this.#isClosed) return below;
      this.#handle(below);
    }
  }

  get #hasTransport(): boolean {
    return this.#negotiation.hasSctp;
  }

  #begin(now: Millis): void {
    this.#now = Math.max(this.#now, now);
    if (this.#isClosed) throw new PeerFault('InvalidStateError', 'The connection is closed.');
  }

  /** webrtc.html §4.4.1.5: signaling state first, then what follows from it, then whether another round is needed. */
  #apply(set: () => readonly NegotiationStep[]): void {
    const before = this.signalingState;
    const steps = set();
    const after = this.signalingState;
    if (steps[0]?.step === 'yield') this.#events.push({ type: 'signaling-state', state: 'stable' });
    if (after !== before) this.#events.push({ type: 'signaling-state', state: after });
    for (const step of steps) this.#steps.carryOut(this.#now, step);
    this.#updateStates();
    if (after !== 'stable') return;
    this.#needsNegotiation = false;
    this.#updateNegotiationNeeded();
  }

  /** webrtc.html §4.4.1.6: candidates before anybody asks for them. */
  #fillPool(): void {
    if (this.#configuration.iceCandidatePoolSize > 0)
      this.#gathering.fillPool(this.#now, this.#negotiation.localIce);
  }

  #handle(event: PeerTransportEvent): void {
    if (this.#isClosed) {
      if (event.type === 'request') this.#events.push(event);
      return;
    }
    switch (event.type) {
      case 'candidate':
        this.#gathering.handleCandidate(event.candidate, event.url);
        return;
      case 'gathering-state':
        this.#gathering.handleState(event.state);
        return;
      case 'gathering-error':
        this.#events.push({ ...event, type: 'ice-candidate-error' });
        return;
      case 'state':
        this.#states.ice = event.state;
        this.#events.push({ type: 'ice-transport-state', state: event.state });
        this.#events.push({ type: 'ice-connection-state', state: event.state });
        this.#updateStates();
        return;
      case 'selected-pair':
        this.#events.push({ type: 'selected-pair' });
        return;
      case 'role':
        return;
      case 'dtls-state':
        this.#states.dtls = event.state;
        this.#events.push(event);
        this.#updateStates();
        return;
      case 'sctp-state':
        this.#states.sctp = event.state;
        this.#events.push(event);
        return;
      default:
        this.#events.push(event);
    }
  }

  #updateStates(): void {
    const state = this.#hasTransport ? connectionStateOf(this.#states.ice, this.#states.dtls) : 'new';
    if (state === this.#states.connection) return;
    this.#states.connection = state;
    this.#events.push({ type: 'connection-state', state });
  }

  /** webrtc.html §4.7.3, the chain of operations aside. */
  #updateNegotiationNeeded(): void {
    if (this.#isClosed || this.signalingState !== 'stable') return;
    const isNeeded = this.#negotiation.isNeeded();
    if (isNeeded && !this.#needsNegotiation) this.#events.push({ type: 'negotiation-needed' });
    this.#needsNegotiation = isNeeded;
  }

  /** What the shell was asked for before it was closed still has to be asked for: sockets that nobody opens are never closed. */
  #keepRequests(): void {
    const requests: PeerEvent[] = [];
    for (let event = this.pollEvent(); event; event = this.pollEvent())
      if (event.type === 'request') requests.push(event);
    for (const request of requests) this.#events.push(request);
  }
}
