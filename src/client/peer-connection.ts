/**
 * One RTCPeerConnection with one person, and what belongs to it: negotiation, senders, received streams, chat channel.
 * When to restart or replace it is decided by the link that owns it.
 */
import type { ParticipantId, Signal } from '../signaling/index.ts';
import { type CallError, clientError, reasonOf } from './call-error.ts';
import { ChatChannel, type ChatMessage } from './chat-channel.ts';
import type { World } from './dependencies.ts';
import type { IceServers } from './ice-servers.ts';
import { entriesOf, pathOf, receivedBy, selectedPair } from './link-path.ts';
import { LinkStats } from './link-stats.ts';
import { MediaSlots } from './media-slots.ts';
import { Negotiation } from './negotiation.ts';
import type { OutgoingMedia } from './outgoing-media.ts';
import { RemoteMedia } from './remote-media.ts';
import type { LinkSample, Path, TrackRole } from './state.ts';

export interface PeerConnectionOptions {
  readonly peer: ParticipantId;
  readonly polite: boolean;
  readonly initiator: boolean;
  /** Which connection between these two people this is. */
  readonly epoch: number;
  readonly world: World;
  readonly ice: IceServers;
  readonly outgoing: OutgoingMedia;
  readonly send: (signal: Signal) => void;
  readonly onConnectionState: () => void;
  /** Media takes another pair of candidates than before. */
  readonly onPath: () => void;
  readonly onStreams: () => void;
  readonly onChatOpen: () => void;
  readonly onChat: (message: ChatMessage) => void;
  readonly onError: (error: CallError) => void;
  readonly onDeadlock: () => void;
}

export class PeerConnection {
  readonly epoch: number;
  readonly negotiation: Negotiation;
  readonly media: RemoteMedia;
  readonly chat: ChatChannel;
  readonly #options: PeerConnectionOptions;
  readonly #pc: RTCPeerConnection;
  readonly #slots: MediaSlots;
  readonly #stats: LinkStats;
  #negotiated = false;
  #wasConnected = false;

  constructor(options: PeerConnectionOptions) {
    this.#options = options;
    this.epoch = options.epoch;
    const { world, ice, outgoing, initiator } = options;
    const pc = world.createPeerConnection(ice.rtcConfiguration());
    this.#pc = pc;
    this.#stats = new LinkStats(options.peer);
    this.#slots = new MediaSlots({
      pc,
      outgoing,
      videoCodecs: world.videoCodecs,
      onError: (thrown) => options.onError(clientError('CLIENT_TRACK_REFUSED', reasonOf(thrown))),
    });
    this.media = new RemoteMedia(this.#slots, world.createMediaStream);
    this.negotiation = new Negotiation({
      pc,
      polite: options.polite,
      initiator,
      epoch: options.epoch,
      dataOnly: outgoing.dataOnly,
      send: options.send,
      prepare: (step) => this.#prepare(step),
      onStable: () => this.#stable(),
      onError: options.onError,
      onDeadlock: options.onDeadlock,
    });
    pc.ontrack = (event) => {
      this.media.handleTrack(event);
      this.#assemble();
    };
    pc.onconnectionstatechange = () => {
      if (pc.connectionState === 'connected') this.#wasConnected = true;
      options.onConnectionState();
    };
    this.chat = new ChatChannel(pc, {
      onOpen: options.onChatOpen,
      onClose: options.onChatOpen,
      onMessage: options.onChat,
    });
    if (initiator) this.#slots.open();
  }

  get connectionState(): RTCPeerConnectionState {
    return this.#pc.connectionState;
  }

  get iceConnectionState(): RTCIceConnectionState {
    return this.#pc.iceConnectionState;
  }

  /** Whether offer and answer have been exchanged once. */
  get negotiated(): boolean {
    return this.#negotiated;
  }

  /** The other side's tracks may be another role's than before. */
  setScreenStream(id: string | undefined): void {
    this.media.setScreenStream(id);
    this.#assemble();
  }

  applyTrack(role: TrackRole): void {
    if (this.#options.initiator || this.#negotiated) this.#slots.apply(role);
  }

  applyLimits(): void {
    this.#slots.applyParameters();
  }

  /** New ICE credentials, and TURN credentials that are fresh: they apply to the gathering that follows. */
  restartIce(): void {
    this.#refreshConfiguration();
    this.negotiation.restartIce();
  }

  async path(): Promise<Path | undefined> {
    const selected = selectedPair(entriesOf(await this.#pc.getStats()));
    return selected && pathOf(selected);
  }

  /** A number that grows while the path is alive; 0 without one. */
  async received(): Promise<number> {
    const selected = selectedPair(entriesOf(await this.#pc.getStats()));
    return selected ? receivedBy(selected) : 0;
  }

  async sample(): Promise<LinkSample> {
    const report = await this.#pc.getStats();
    return this.#stats.sample(
      report,
      (mid, direction) => this.#roleOfMid(mid, direction),
      this.#options.world.clock.now(),
    );
  }

  close(): void {
    this.negotiation.close();
    this.#slots.close();
    this.chat.close();
    this.#pc.ontrack = null;
    this.#pc.onconnectionstatechange = null;
    this.#pc.close();
  }

  #prepare(step: 'offer' | 'answer'): void {
    if (step === 'answer') {
      this.#slots.adopt();
      // The offer may restart ICE, and then this side gathers anew too.
      this.#refreshConfiguration();
    }
    this.#slots.applyCodec();
  }

  #stable(): void {
    this.#negotiated = true;
    this.#slots.fill();
    this.#slots.applyParameters();
    this.#watchPath();
    this.#assemble();
  }

  /** Everything is bundled, so the transport of one sender is that of all. Firefox tells no change of pair yet. */
  #watchPath(): void {
    const iceTransport = this.#slots.transceiver('microphone')?.sender.transport?.iceTransport;
    if (!iceTransport) return;
    iceTransport.onselectedcandidatepairchange = () => {
      if (this.#wasConnected) this.#slots.requestKeyFrames();
      this.#options.onPath();
    };
  }

  #assemble(): void {
    if (this.media.assemble()) this.#options.onStreams();
  }

  #refreshConfiguration(): void {
    try {
      this.#pc.setConfiguration?.(this.#options.ice.rtcConfiguration());
    } catch {
      // An older browser changes nothing after the start; the connection then keeps the credentials it has.
    }
  }

  #roleOfMid(mid: string, direction: 'sending' | 'receiving'): TrackRole | undefined {
    const transceiver = this.#pc.getTransceivers().find((candidate) => candidate.mid === mid);
    if (!transceiver) return undefined;
    if (direction === 'sending') return this.#slots.roleOfSender(transceiver.sender);
    if (transceiver === this.#slots.transceiver('microphone')) return 'microphone';
    if (transceiver === this.#slots.transceiver('camera')) return 'camera';
    return transceiver.receiver.track.kind === 'video' ? 'screen' : 'screen-audio';
  }
}
