/**
 * The link to one person: one RTCPeerConnection after another, kept alive. Decides which signals are stale, when to
 * say something again after a server restart, and carries out what its recovery asks for. Knows no room.
 */
import { type StackError, TokenBucket } from '../base/index.ts';
import type { ParticipantId, Signal } from '../signaling/index.ts';
import { type CallError, clientError } from './call-error.ts';
import type { ChatMessage } from './chat-channel.ts';
import type { TimerHandle, World } from './dependencies.ts';
import type { IceServers } from './ice-servers.ts';
import type { OutgoingMedia } from './outgoing-media.ts';
import { PeerConnection } from './peer-connection.ts';
import { Recovery } from './recovery.ts';
import type { LinkSample, PeerLink as LinkStatus, Path, TrackRole } from './state.ts';

export interface PeerLinkOptions {
  readonly peer: ParticipantId;
  readonly polite: boolean;
  /** The first epoch of this link; higher than those that the two had before. */
  readonly epoch: number;
  readonly world: World;
  readonly ice: IceServers;
  readonly outgoing: OutgoingMedia;
  /** Rejects with the server's code when the signal could not be handed on. */
  readonly send: (signal: Signal) => Promise<unknown>;
  readonly onChange: () => void;
  readonly onChat: (message: ChatMessage) => void;
  readonly onError: (error: CallError) => void;
}

/** How often the path is looked at while connected: the badge shows a round trip that is a few seconds old. */
const PATH_INTERVAL_MS = 2000;
/** Sound comes every 20 ms and reports at least every 5 s; a call in which everybody is silent restarts needlessly, unheard. */
const LISTEN_MS = 500;
/** New connections that the other side may ask for: generous for mending, little for a page that only plays tricks. */
const REBUILD_RATE = { perSecond: 0.2, burst: 10 };
/** After a refused signal (RATE_LIMITED) the bucket needs some time. */
const SAY_AGAIN_MS = 1500;
/** The polite side gives the other so long to restart a relayed path after the server's return. */
const POLITE_RESTART_MS = 700;

export class PeerLink {
  readonly #options: PeerLinkOptions;
  readonly #recovery: Recovery;
  readonly #rebuilds: TokenBucket;
  #connection: PeerConnection;
  #path: Path | undefined;
  #screenStream: string | undefined;
  #reachable = false;
  /** Something that was said may not have arrived. */
  #unsure = false;
  #refusedDescriptions = 0;
  #pathTimer: TimerHandle | undefined;
  #againTimer: TimerHandle | undefined;
  #closed = false;

  constructor(options: PeerLinkOptions) {
    this.#options = options;
    this.#rebuilds = new TokenBucket(REBUILD_RATE, options.world.clock.now());
    this.#recovery = new Recovery({
      clock: options.world.clock,
      random: options.world.random,
      polite: options.polite,
      restart: () => this.#restart(),
      rebuild: () => this.#rebuild(this.#connection.epoch + 1, true),
      onStatus: () => {
        if (this.#recovery.status === 'failed') {
          options.onError(
            clientError('CLIENT_CONNECTION_FAILED', this.#connection.negotiation.refusedCandidates),
          );
        }
        options.onChange();
      },
    });
    this.#connection = this.#connect(options.epoch, !options.polite);
    this.#recovery.begin();
  }

  get peer(): ParticipantId {
    return this.#options.peer;
  }

  get status(): LinkStatus {
    return this.#recovery.status;
  }

  get path(): Path | undefined {
    return this.#path;
  }

  get epoch(): number {
    return this.#connection.epoch;
  }

  get camera(): MediaStream | undefined {
    return this.#connection.media.camera;
  }

  get screen(): MediaStream | undefined {
    return this.#connection.media.screen;
  }

  get chatOpen(): boolean {
    return this.#connection.chat.open;
  }

  /** Whether media can flow right now, whatever signaling says. */
  get flowing(): boolean {
    return this.#connection.connectionState === 'connected';
  }

  handleSignal(signal: Signal): void {
    if (this.#closed) return;
    const epoch = signal.link?.epoch ?? this.#connection.epoch;
    if (epoch < this.#connection.epoch) {
      // The other side does not know of this connection. If it never will by itself, an offer tells it.
      const isOffer = signal.kind === 'description' && signal.description.type === 'offer';
      if (isOffer && !this.#connection.negotiated) this.#rebuild(this.#connection.epoch + 1, true);
      return;
    }
    if (epoch > this.#connection.epoch) {
      if (signal.kind !== 'description' || signal.description.type !== 'offer') return;
      if (!this.#rebuilds.take(this.#options.world.clock.now())) return;
      this.#rebuild(epoch, false);
      this.#recovery.begin();
    }
    const { negotiation } = this.#connection;
    if (signal.kind === 'candidate') negotiation.handleCandidate(signal);
    else {
      if (signal.description.type === 'offer') this.#recovery.handleRemoteOffer();
      negotiation.handleDescription(signal);
    }
  }

  /** Whether this person can be signaled to: the server is there, and so is the other side's connection to it. */
  setReachable(reachable: boolean): void {
    if (this.#reachable === reachable) return;
    this.#reachable = reachable;
    if (reachable && this.#unsure) this.#makeSure();
    this.#recovery.setReachable(reachable);
  }

  /** The server has forgotten this session or the other's, and with it what was under way, and maybe its TURN allocations. */
  sessionRenewed(): void {
    this.#unsure = true;
    if (this.#reachable) this.#makeSure();
  }

  /**
   * Something about the network is another; browsers say so also when only an estimate is. A path that brings packets
   * is left alone. Resolves with whether it is being renewed.
   */
  async networkChanged(): Promise<boolean> {
    const connection = this.#connection;
    if (!connection.negotiated) return false;
    if (this.flowing) {
      const before = await connection.received();
      await new Promise<void>((resolve) => this.#options.world.clock.setTimeout(resolve, LISTEN_MS));
      if (this.#closed || connection !== this.#connection) return false;
      if ((await connection.received()) > before) return false;
    }
    this.#recovery.restartNow();
    return true;
  }

  setScreenStream(id: string | undefined): void {
    if (this.#screenStream === id) return;
    this.#screenStream = id;
    this.#connection.setScreenStream(id);
  }

  applyTrack(role: TrackRole): void {
    this.#connection.applyTrack(role);
  }

  applyLimits(): void {
    this.#connection.applyLimits();
  }

  /** Offers anew, for what the browser does not ask for by itself (a codec). */
  renegotiate(): void {
    this.#connection.negotiation.negotiate();
  }

  sendChat(message: ChatMessage): void {
    this.#connection.chat.send(message);
  }

  get unsentChatBytes(): number {
    return this.#connection.chat.unsentBytes;
  }

  /** See `ChatChannel.end`. */
  endChat(): Promise<boolean> {
    return this.#connection.chat.end();
  }

  sample(): Promise<LinkSample> {
    return this.#connection.sample();
  }

  close(): void {
    this.#closed = true;
    const { clock } = this.#options.world;
    clock.clearTimeout(this.#pathTimer);
    clock.clearTimeout(this.#againTimer);
    this.#recovery.close();
    this.#connection.close();
  }

  #connect(epoch: number, initiator: boolean): PeerConnection {
    const { peer, polite, world, ice, outgoing } = this.#options;
    const connection: PeerConnection = new PeerConnection({
      peer,
      polite,
      initiator,
      epoch,
      world,
      ice,
      outgoing,
      send: (signal) => this.#send(signal),
      onConnectionState: () => this.#handleConnectionState(),
      onPath: () => {
        if (this.flowing) this.#watchPath();
      },
      onStreams: () => this.#options.onChange(),
      onChatOpen: () => this.#options.onChange(),
      onChat: (message) => this.#options.onChat(message),
      onError: (error) => this.#handleError(error),
      onDeadlock: () => this.#rebuild(epoch + 1, true),
    });
    connection.setScreenStream(this.#screenStream);
    return connection;
  }

  #rebuild(epoch: number, initiator: boolean): void {
    if (this.#closed) return;
    this.#connection.close();
    this.#path = undefined;
    this.#connection = this.#connect(epoch, initiator);
    this.#options.onChange();
  }

  #restart(): void {
    const connection = this.#connection;
    if (connection.negotiated) connection.restartIce();
    else if (connection.negotiation.offering) connection.negotiation.sayAgain();
    else this.#rebuild(connection.epoch + 1, true); // the first offer never came
  }

  #send(signal: Signal): void {
    this.#options.send(signal).catch((thrown: StackError) => {
      if (this.#closed || signal.link?.epoch !== this.#connection.epoch) return;
      this.#unsure = true;
      if (thrown.code === 'CLIENT_SESSION_LOST' || thrown.code === 'CLIENT_CLOSED') return; // `sessionRenewed` follows
      if (thrown.code === 'PARTICIPANT_UNKNOWN' || thrown.code === 'MAILBOX_FULL') return; // until it is back
      const { clock } = this.#options.world;
      clock.clearTimeout(this.#againTimer);
      this.#againTimer = clock.setTimeout(() => {
        if (this.#unsure && this.#reachable) this.#makeSure();
      }, SAY_AGAIN_MS);
    });
  }

  /** Says again what may be lost, and renews a path that may have died with the server. */
  #makeSure(): void {
    this.#unsure = false;
    const { negotiation, negotiated } = this.#connection;
    negotiation.sayAgain();
    if (!negotiated) return;
    const isDirect = this.flowing && this.#path?.kind === 'direct';
    if (!isDirect) this.#recovery.restartNow(this.#options.polite ? POLITE_RESTART_MS : 0);
  }

  #handleError(error: CallError): void {
    this.#options.onError(error);
    if (error.code !== 'CLIENT_NEGOTIATION_FAILED') return;
    this.#refusedDescriptions += 1;
    // Once: what is refused by a fresh connection too would be refused for ever.
    if (this.#refusedDescriptions === 1) this.#rebuild(this.#connection.epoch + 1, true);
    else this.#recovery.fail();
  }

  #handleConnectionState(): void {
    const { connectionState, iceConnectionState } = this.#connection;
    this.#recovery.handleConnectionState(connectionState, iceConnectionState);
    if (connectionState === 'connected') {
      this.#refusedDescriptions = 0;
      this.#watchPath();
    }
    this.#options.onChange();
  }

  /** Reads the path now and every few seconds, as long as the connection is. */
  #watchPath(): void {
    const { clock } = this.#options.world;
    clock.clearTimeout(this.#pathTimer);
    const connection = this.#connection;
    connection.path().then(
      (path) => {
        if (this.#closed || connection !== this.#connection) return;
        if (path && !samePath(path, this.#path)) {
          this.#path = path;
          this.#options.onChange();
        }
      },
      () => undefined, // closed meanwhile
    );
    this.#pathTimer = clock.setTimeout(() => {
      if (this.flowing) this.#watchPath();
    }, PATH_INTERVAL_MS);
  }
}

function samePath(a: Path, b: Path | undefined): boolean {
  return (
    a.kind === b?.kind &&
    a.protocol === b.protocol &&
    a.relayProtocol === b.relayProtocol &&
    a.roundTripMs === b.roundTripMs
  );
}
