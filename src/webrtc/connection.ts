/**
 * A peer connection behind its surface: one session, its driver, the chain of operations, and the slots that scripts see.
 * Nothing happens inside a call of a script that the W3C puts into a task. webrtc.html §4.4.
 */
import type { Env } from '../base/index.ts';
import type {
  Description,
  LocalDescriptionWish,
  PeerEvent,
  PeerSessionOptions,
  PeerSessionPort,
  SignalingState,
} from '../peer/index.ts';
import { identityOf } from './certificate.ts';
import { ChannelTable } from './channel-table.ts';
import {
  checkCertificates,
  checkModification,
  type FullConfiguration,
  toPeerConfiguration,
} from './configuration.ts';
import { ConnectionEvents, type ConnectionStates } from './connection-events.ts';
import type { RTCDataChannel } from './data-channel.ts';
import { toChannelOptions } from './data-channel-init.ts';
import { type DescriptionName, DescriptionSlots } from './description-slots.ts';
import { AddressNews } from './driver/address-news.ts';
import { chooseAddresses, type LocalAddresses } from './driver/local-addresses.ts';
import { SessionDriver } from './driver/session-driver.ts';
import type { SharedPorts } from './driver/shared-ports.ts';
import { domException, errorOfFault, withDomErrors } from './errors.ts';
import { EventTasks } from './event-tasks.ts';
import type { CandidateMembers } from './ice-candidate.ts';
import { INSIDE } from './idl/interface.ts';
import { toIceOptions } from './ieum-options.ts';
import { OperationsChain } from './operations-chain.ts';
import type { RTCSessionDescription } from './session-description.ts';
import type { WebRtcShell } from './shell.ts';
import { RTCStatsReport } from './stats-report.ts';
import type { RTCSctpTransport } from './transports/sctp-transport.ts';
import { TransportSlots } from './transports/transport-slots.ts';

/** What all connections of one shell share. */
export interface ConnectionHouse {
  readonly shell: WebRtcShell;
  readonly addresses: LocalAddresses;
  readonly sharedPorts: SharedPorts;
  createSession(env: Env, options: PeerSessionOptions): PeerSessionPort;
}

/** How long the certificate of a connection that was given none is good for. webrtc.html §4.9.1. */
const OWN_CERTIFICATE_MS = 30 * 24 * 60 * 60 * 1000;

/** RFC 9429 §3.2. */
const TAKES_OFFER: readonly SignalingState[] = ['stable', 'have-remote-offer'];
const ROLLBACK = ['A rollback is done', ['have-local-offer', 'have-remote-offer']] as const;

export class Connection {
  readonly states: ConnectionStates = {
    signaling: 'stable',
    iceGathering: 'new',
    iceConnection: 'new',
    connection: 'new',
  };
  readonly #shell: WebRtcShell;
  readonly #target: EventTarget;
  readonly #session: PeerSessionPort;
  readonly #driver: SessionDriver;
  readonly #tasks: EventTasks;
  readonly #chain: OperationsChain;
  readonly #channels: ChannelTable;
  readonly #events: ConnectionEvents;
  readonly #descriptions: DescriptionSlots;
  readonly #addresses: AddressNews;
  #transports: TransportSlots | undefined;
  #configuration: FullConfiguration;
  /** `described`: a description of ours was applied. */
  readonly #is = { described: false, wantingNegotiation: false, closed: false };

  /** `target`: where events are fired. Throws as the constructor of RTCPeerConnection does. */
  constructor(house: ConnectionHouse, configuration: FullConfiguration, target: EventTarget) {
    const { shell, addresses } = house;
    checkCertificates(configuration, shell.env.wallClock());
    const peerConfiguration = toPeerConfiguration(configuration);
    this.#shell = shell;
    this.#target = target;
    this.#configuration = configuration;
    const { certificates, ieum } = configuration;
    const identities = certificates.map(identityOf);
    if (identities.length === 0) {
      const expires = shell.env.wallClock() + OWN_CERTIFICATE_MS;
      identities.push(shell.createIdentity({ kind: 'ecdsa', expires }));
    }
    const options = {
      configuration: peerConfiguration,
      identities,
      ice: toIceOptions(ieum),
    };
    const session = withDomErrors(() => house.createSession(shell.env, options));
    this.#session = session;
    this.#descriptions = new DescriptionSlots(session);
    this.#tasks = new EventTasks(shell);
    this.#chain = new OperationsChain(() => this.#considerNegotiation());
    const shared = ieum.udpPort === undefined ? undefined : { ports: house.sharedPorts, port: ieum.udpPort };
    const onEvent = (event: PeerEvent): void => {
      if (!this.#is.closed) this.#handle(event);
    };
    this.#driver = new SessionDriver(shell, session, onEvent, shared);
    const addTask = (step: () => void): void => this.#tasks.add(step);
    this.#channels = new ChannelTable({ session, driver: this.#driver, target, addTask });
    this.#events = new ConnectionEvents(this, target, this.#tasks, () => this.#transportSlots());
    this.#addresses = new AddressNews(addresses, (all) => {
      const chosen = chooseAddresses(all, ieum);
      this.#driver.run((now) => session.handleInterfaces(now, chosen));
    });
    this.#addresses.refresh();
    if (configuration.iceCandidatePoolSize > 0) this.#addresses.watch();
  }

  description(name: DescriptionName): RTCSessionDescription | null {
    return this.#descriptions.get(name);
  }

  get localDescription(): RTCSessionDescription | null {
    return this.description('pendingLocalDescription') ?? this.description('currentLocalDescription');
  }

  get remoteDescription(): RTCSessionDescription | null {
    return this.description('pendingRemoteDescription') ?? this.description('currentRemoteDescription');
  }

  get canTrickleIceCandidates(): boolean | null {
    return this.#session.canTrickle ?? null;
  }

  get configuration(): FullConfiguration {
    return this.#configuration;
  }

  get sctp(): RTCSctpTransport | null {
    if (!this.#transports && this.#session.sctpTransport === undefined) return null;
    return this.#session.sctpTransport === undefined && !this.#is.closed ? null : this.#transportSlots().sctp;
  }

  createOffer(wish: { readonly iceRestart: boolean }): Promise<Description> {
    return this.#chain.chain(async () => {
      this.#requireState('An offer is made', ['stable', 'have-local-offer']);
      return this.#inTask(() => this.#driver.run((now) => this.#session.createOffer(now, wish)));
    });
  }

  createAnswer(): Promise<Description> {
    return this.#chain.chain(async () => {
      this.#requireState('An answer is made', ['have-remote-offer', 'have-local-pranswer']);
      return this.#inTask(() => this.#driver.run((now) => this.#session.createAnswer(now)));
    });
  }

  setLocalDescription(wish: LocalDescriptionWish): Promise<void> {
    return this.#chain.chain(async () => {
      if (wish.type === 'rollback') this.#requireState(...ROLLBACK);
      await this.#applyLocal(wish);
    });
  }

  setRemoteDescription(description: Description): Promise<void> {
    return this.#chain.chain(async () => {
      const isOffer = description.type === 'offer';
      const collides = isOffer && !TAKES_OFFER.includes(this.states.signaling);
      if (collides || description.type === 'rollback') this.#requireState(...ROLLBACK);
      // webrtc.html §4.4.2 setRemoteDescription: a step of its own, which stays done when the offer is no good.
      if (collides) await this.#applyLocal({ type: 'rollback' });
      await this.#inTask(() => {
        this.#driver.run((now) => this.#session.setRemoteDescription(now, description));
        this.#afterDescription();
      });
    });
  }

  addIceCandidate(members: CandidateMembers): Promise<void> {
    const { candidate, sdpMid, sdpMLineIndex, usernameFragment } = members;
    const unplaced = sdpMid === null && sdpMLineIndex === null;
    if (candidate !== '' && unplaced) {
      return Promise.reject(new TypeError('A candidate needs sdpMid or sdpMLineIndex.'));
    }
    const isEndOfAll = candidate === '' && unplaced && usernameFragment === null;
    const remote = isEndOfAll
      ? null
      : { candidate, mid: sdpMid, mLineIndex: sdpMLineIndex, usernameFragment };
    return this.#chain.chain(async () => {
      if (this.canTrickleIceCandidates === null) {
        throw domException('InvalidStateError', 'Candidates come after the remote description.');
      }
      return this.#inTask(() => {
        this.#driver.run((now) => this.#session.addIceCandidate(now, remote));
        this.refreshDescriptions();
      });
    });
  }

  restartIce(): void {
    if (this.#is.closed) return;
    this.#driver.run((now) => this.#session.restartIce(now));
  }

  setConfiguration(configuration: FullConfiguration): void {
    this.#requireOpen();
    checkModification(this.#configuration, configuration, this.#is.described);
    const checked = toPeerConfiguration(configuration);
    withDomErrors(() => this.#driver.run((now) => this.#session.setConfiguration(now, checked)));
    this.#configuration = configuration;
    if (configuration.iceCandidatePoolSize > 0) this.#addresses.watch();
  }

  /** `init` as the script gave it. webrtc.html §6.1 createDataChannel, in its order. */
  createDataChannel(label: string, init: unknown): RTCDataChannel {
    const options = toChannelOptions(label, init);
    return withDomErrors(() =>
      this.#driver.run((now) => {
        const id = this.#session.createDataChannel(now, options);
        const facts = this.#session.channelFacts(id);
        if (!facts) throw domException('OperationError', 'The data channel ended before it began.');
        // Before the drain: it may already tell that the channel is open.
        return this.#channels.add(id, facts);
      }),
    );
  }

  /** Also of a closed connection. */
  async statistics(): Promise<RTCStatsReport> {
    await new Promise<void>((resolve) => this.#shell.queueTask(resolve));
    const found = withDomErrors(() => this.#session.statistics(this.#shell.now()));
    return new RTCStatsReport(INSIDE, new Map(found.map((one) => [one.id, { ...one }])));
  }

  /** webrtc.html §4.4.4 close. */
  close(): void {
    if (this.#is.closed) return;
    this.#is.closed = true;
    this.states.signaling = 'closed';
    this.#channels.closeAbruptly();
    this.#driver.run((now) => this.#session.close(now));
    this.#closeTransports();
    this.states.iceConnection = 'closed';
    this.states.connection = 'closed';
    this.#addresses.stop();
    this.#tasks.close();
    this.#chain.close();
    this.#driver.close();
  }

  #requireState(what: string, states: readonly SignalingState[]): void {
    if (states.includes(this.states.signaling)) return;
    const message = `${what} in ${states.join(' or ')}, not in ${this.states.signaling}.`;
    throw domException('InvalidStateError', message);
  }

  #applyLocal(wish: LocalDescriptionWish): Promise<void> {
    return this.#inTask(() => {
      this.#addresses.watch();
      this.#driver.run((now) => this.#session.setLocalDescription(now, wish));
      this.#is.described = true;
      this.#afterDescription();
    });
  }

  #requireOpen(): void {
    if (this.#is.closed) throw domException('InvalidStateError', 'The connection is closed.');
  }

  /** The promise of what `work` gives in a task of its own; never settled once the connection is closed. */
  #inTask<T>(work: () => T): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#shell.queueTask(() => {
        if (this.#is.closed) return;
        try {
          resolve(work());
        } catch (thrown) {
          reject(errorOfFault(thrown));
        }
      });
    });
  }

  /** In every task in which a description may get other words. */
  refreshDescriptions(): void {
    this.#descriptions.refresh();
  }

  /** Behind a description that was applied, in the same task. webrtc.html §4.4.1.5. */
  #afterDescription(): void {
    this.refreshDescriptions();
    if (this.#session.sctpTransport !== undefined) this.#transportSlots();
    const { signalingState } = this.#session;
    if (signalingState === this.states.signaling) return;
    this.states.signaling = signalingState;
    this.#target.dispatchEvent(new Event('signalingstatechange'));
  }

  /** webrtc.html §6.1.1: of the SCTP transport a task tells, of the others nothing does. */
  #closeTransports(): void {
    const transports = this.#transports;
    if (!transports) return;
    const wasOpen = transports.sctpState !== 'closed';
    transports.close();
    if (wasOpen) this.#shell.queueTask(() => transports.fire('sctp', 'statechange'));
  }

  #transportSlots(): TransportSlots {
    this.#transports ??= new TransportSlots(this.#session);
    return this.#transports;
  }

  #handle(event: PeerEvent): void {
    if ('channel' in event) this.#channels.handle(event);
    else if (event.type === 'negotiation-needed') {
      this.#is.wantingNegotiation = true;
      this.#considerNegotiation();
    } else if (event.type !== 'request') this.#events.handle(event);
  }

  /** webrtc.html §4.7.3: never while operations run, and in a task, so that many changes make one event. */
  #considerNegotiation(): void {
    if (!this.#is.wantingNegotiation || !this.#chain.isEmpty) return;
    this.#tasks.add(() => {
      if (!this.#is.wantingNegotiation || !this.#chain.isEmpty || this.states.signaling !== 'stable') return;
      this.#is.wantingNegotiation = false;
      if (this.#session.needsNegotiation) this.#target.dispatchEvent(new Event('negotiationneeded'));
    });
  }
}
