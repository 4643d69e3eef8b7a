/**
 * The stack of one peer: ICE below, DTLS on it, SCTP with its data channels inside. It alone knows this order, and moves bytes
 * between the machines. Negotiates nothing. RFC 8261, RFC 8835 §3.4.
 */
import { type Env, type Machine, type Millis, NEVER, Queue, type SocketAddress } from '../base/index.ts';
import { type DataChannelEvent, DataChannelTransport } from '../datachannel/index.ts';
import {
  DTLS_RECORD_ROOM,
  DtlsConnection,
  type DtlsConnectionFacts,
  type DtlsEvent,
  type DtlsIdentity,
  EarlyBytes,
  type Fingerprint,
  type SrtpProfileName,
} from '../dtls/index.ts';
import type { IceAgent, IceEvent, IceState, IceTransmit, SelectedPair, SocketId } from '../ice/index.ts';
import type { SctpAgreement } from './negotiation/index.ts';
import type { DtlsTransportState } from './states.ts';
import { channelError, dtlsError } from './transport-error.ts';
import type { PeerTransportEvent } from './transport-events.ts';

export interface PeerTransportOptions {
  readonly identities: readonly DtlsIdentity[];
  readonly dtlsRetransmitMs: Millis;
  readonly maxMessageBytes: number;
  readonly maxPeerChannels: number;
  readonly maxSentMessageBytes: number;
}

export interface TransportCounters {
  readonly packetsSent: number;
  readonly packetsReceived: number;
  readonly bytesSent: number;
  readonly bytesReceived: number;
  readonly selectedPairChanges: number;
}

/** RFC 7983 §7: which protocol a datagram belongs to, by its first byte. */
const DTLS = { first: 20, last: 63 } as const;
/**
 * As much as one DTLS record takes, and four of it one `UDP_SEGMENT` run. SCTP goes beyond what Ethernet carries only with a peer
 * that has said that it takes more: libwebrtc's DTLS dies of a datagram over 2,048 bytes.
 */
const MAX_SCTP_PACKET_BYTES = 16_336;
/** Offered without media as well: some peers end a handshake that has no profile in common. RFC 8827 §6.5, RFC 7714 §14.2. */
const SRTP_PROFILES: readonly SrtpProfileName[] = [
  'AEAD_AES_128_GCM',
  'AEAD_AES_256_GCM',
  'AES128_CM_HMAC_SHA1_80',
];
/** RFC 8831 §5: what passes without being probed for. */
const UNPROBED_BYTES = 1191;

/** How it stands with DTLS, as it was told. */
interface DtlsStanding {
  role: 'client' | 'server' | undefined;
  state: DtlsTransportState;
  /** Once connected. */
  facts: DtlsConnectionFacts | undefined;
}

interface Path {
  selected: SelectedPair | undefined;
  /** ICE carries bytes: else what is above it waits, and does not count what it cannot send as lost. */
  isOpen: boolean;
  /** The pair has not answered for a while. */
  isSilent: boolean;
}

export class PeerTransport implements Machine<PeerTransportEvent, IceTransmit> {
  readonly ice: IceAgent;
  readonly channels: DataChannelTransport;
  readonly #env: Env;
  readonly #options: PeerTransportOptions;
  readonly #events = new Queue<PeerTransportEvent>();
  readonly #early = new EarlyBytes();
  /** Farewells: what was to leave when it was closed. */
  readonly #last = new Queue<IceTransmit>();
  #dtls: DtlsConnection | undefined;
  readonly #standing: DtlsStanding = { role: undefined, state: 'new', facts: undefined };
  #agreed: SctpAgreement | undefined;
  readonly #path: Path = { selected: undefined, isOpen: false, isSilent: false };
  #isClosed = false;
  #now: Millis = 0;
  readonly #counts = {
    packetsSent: 0,
    packetsReceived: 0,
    bytesSent: 0,
    bytesReceived: 0,
    selectedPairChanges: 0,
  };

  /** `ice` is this transport's own from here on. */
  constructor(env: Env, ice: IceAgent, options: PeerTransportOptions) {
    this.#env = env;
    this.ice = ice;
    this.#options = options;
    const { maxMessageBytes, maxPeerChannels, maxSentMessageBytes } = options;
    this.channels = new DataChannelTransport(env, {
      limits: { maxMessageBytes, maxPeerChannels, maxSentMessageBytes },
      sctp: { packetRoom: DTLS_RECORD_ROOM },
    });
  }

  get dtlsState(): DtlsTransportState {
    return this.#standing.state;
  }

  get dtlsRole(): 'client' | 'server' | undefined {
    return this.#standing.role;
  }

  /** Once connected. */
  get dtlsFacts(): DtlsConnectionFacts | undefined {
    return this.#standing.facts;
  }

  get selectedPair(): SelectedPair | undefined {
    return this.#path.selected;
  }

  get counters(): TransportCounters {
    return { ...this.#counts };
  }

  /** A new association, in place of one that there is. A client says hello once there is a path. RFC 8842 §5. */
  startDtls(now: Millis, role: 'client' | 'server', fingerprints: readonly Fingerprint[]): void {
    this.#advance(now);
    if (this.#dtls) this.#endDtls();
    this.#standing.facts = undefined;
    this.#standing.role = role;
    this.#dtls = new DtlsConnection(this.#env, {
      identities: this.#options.identities,
      peer: { kind: 'fingerprints', fingerprints },
      retransmitMs: this.#options.dtlsRetransmitMs,
      srtpProfiles: SRTP_PROFILES,
    });
    this.#setDtlsState('new');
    this.channels.setRole(role);
    if (role === 'server') this.#dtls.accept(this.#now);
    if (this.#path.isOpen) this.#shakeHands();
  }

  /** A new association of channels once DTLS is there. RFC 8841 §10. */
  startSctp(now: Millis, agreed: SctpAgreement): void {
    this.#advance(now);
    this.#agreed = agreed;
    if (this.#standing.state === 'connected') this.#connectChannels();
  }

  closeSctp(now: Millis): void {
    this.#advance(now);
    this.#agreed = undefined;
    this.channels.abort(this.#now, 'the session uses no data channels any more');
  }

  /** No section uses it any more: DTLS and what is on it end. */
  stop(now: Millis): void {
    this.closeSctp(now);
    this.#endDtls();
    this.#dtls = undefined;
    this.#setDtlsState('closed');
  }

  /** Ends everything, telling the peer as far as there is a way to. */
  close(now: Millis): void {
    this.#advance(now);
    if (this.#isClosed) return;
    this.channels.abort(this.#now, 'the session was closed');
    this.#endDtls();
    // An agent that is closed forgets what it was given.
    for (let last = this.ice.pollTransmit(); last; last = this.ice.pollTransmit()) this.#last.push(last);
    this.#isClosed = true;
    this.#standing.state = 'closed';
    this.#events.clear();
    this.ice.close(this.#now);
  }

  /** Borrowed. */
  handleDatagram(now: Millis, socket: SocketId, from: SocketAddress, bytes: Uint8Array): void {
    this.#advance(now);
    this.ice.handleDatagram(this.#now, socket, from, bytes);
    this.#drainIce(); // at once: what comes up is borrowed
  }

  handleTimeout(now: Millis): void {
    this.#advance(now);
    if (this.ice.nextTimeout() <= this.#now) this.ice.handleTimeout(this.#now);
    this.#drainIce();
    if (this.#dtls && this.#dtls.nextTimeout() <= this.#now) {
      this.#dtls.handleTimeout(this.#now);
      this.#drainDtls();
    }
    if (this.#path.isOpen && this.channels.nextTimeout() <= this.#now) this.channels.handleTimeout(this.#now);
  }

  nextTimeout(): Millis {
    const ice = this.ice.nextTimeout();
    if (this.#isClosed) return ice;
    const dtls = this.#dtls?.nextTimeout() ?? NEVER;
    return Math.min(ice, dtls, this.#path.isOpen ? this.channels.nextTimeout() : NEVER);
  }

  pollTransmit(): IceTransmit | undefined {
    for (;;) {
      const transmit = this.#last.take() ?? this.ice.pollTransmit();
      if (transmit || !this.#moveDown()) return transmit;
    }
  }

  pollEvent(): PeerTransportEvent | undefined {
    for (;;) {
      this.#drainIce();
      const event = this.#events.take();
      if (event) return event;
      const above = this.channels.pollEvent();
      if (!above) return undefined;
      const translated = this.#translate(above);
      if (translated) return translated;
    }
  }

  #advance(now: Millis): void {
    this.#now = Math.max(this.#now, now);
  }

  /** One packet of DTLS or SCTP goes one floor down; `false` when there is none. */
  #moveDown(): boolean {
    const dtls = this.#dtls;
    if (!dtls || this.#isClosed) return false;
    const record = dtls.pollTransmit();
    if (record) {
      this.#sendDatagram(record);
      return true;
    }
    if (!dtls.connected || !this.#path.isOpen) return false;
    const packet = this.channels.pollTransmit();
    if (!packet) return false;
    dtls.sendInPlace(this.#now, packet);
    return true;
  }

  #sendDatagram(bytes: Uint8Array): void {
    const length = bytes.length;
    if (!this.ice.send(this.#now, bytes)) return;
    this.#counts.packetsSent += 1;
    this.#counts.bytesSent += length;
  }

  #drainIce(): void {
    for (let event = this.ice.pollEvent(); event; event = this.ice.pollEvent()) this.#handleIce(event);
  }

  #handleIce(event: IceEvent): void {
    switch (event.type) {
      case 'data':
        this.#handleData(event.bytes);
        return;
      case 'selected-pair':
        this.#path.selected = event.pair;
        this.#counts.selectedPairChanges += 1;
        this.#handlePath(event.pair);
        break;
      case 'state':
        this.#handleIceState(event.state);
        break;
      default:
        break;
    }
    if (!this.#isClosed || event.type === 'request') this.#events.push(event);
  }

  /** RFC 7983 §7. */
  #handleData(bytes: Uint8Array): void {
    const first = bytes[0] ?? 0;
    this.#counts.packetsReceived += 1;
    this.#counts.bytesReceived += bytes.length;
    if (this.#isClosed || first < DTLS.first || first > DTLS.last) return;
    // Nobody to take it yet, or no way to answer: the peer's pair can be valid before ours is.
    if (!this.#dtls || (!this.#path.isOpen && this.#standing.state !== 'connected')) {
      this.#early.keep(bytes);
      return;
    }
    this.#dtls.handleDatagram(this.#now, bytes);
    this.#drainDtls();
  }

  #handlePath({ relayed, neverFragments }: SelectedPair): void {
    // A relay adds its own header to packets, and does not say what its way to the peer takes.
    const ceilingBytes = neverFragments && !relayed ? MAX_SCTP_PACKET_BYTES : UNPROBED_BYTES;
    this.channels.handlePathChanged(this.#now, { ceilingBytes });
    this.#gainPath();
  }

  #handleIceState(state: IceState): void {
    if (state === 'failed' || state === 'closed') this.#path.isOpen = false;
    if (state !== 'connected' && state !== 'completed') {
      this.#path.isSilent = state === 'disconnected';
      return;
    }
    // The same pair as before answers again: what waited for it goes at once.
    if (this.#path.selected && (this.#path.isSilent || !this.#path.isOpen))
      this.#handlePath(this.#path.selected);
    this.#path.isSilent = false;
  }

  #gainPath(): void {
    if (this.#path.isOpen || this.#isClosed) return;
    this.#path.isOpen = true;
    this.#shakeHands();
  }

  #shakeHands(): void {
    if (!this.#dtls || this.#standing.state !== 'new') return;
    this.#setDtlsState('connecting');
    if (this.#standing.role === 'client') this.#dtls.connect(this.#now);
    for (const datagram of this.#early.takeAll()) this.#dtls.handleDatagram(this.#now, datagram);
    this.#drainDtls();
  }

  #drainDtls(): void {
    const dtls = this.#dtls;
    for (let event = dtls?.pollEvent(); event; event = dtls?.pollEvent()) this.#handleDtls(event);
  }

  #handleDtls(event: DtlsEvent): void {
    switch (event.type) {
      case 'data':
        this.channels.handlePacket(this.#now, event.bytes);
        return;
      case 'connected':
        this.#standing.facts = event;
        this.#setDtlsState('connected');
        if (this.#agreed) this.#connectChannels();
        return;
      case 'closed':
        this.channels.abort(this.#now, 'DTLS has ended');
        this.#setDtlsState('closed');
        return;
      case 'failed':
        this.channels.abort(this.#now, 'DTLS has failed');
        this.#setDtlsState('failed', dtlsError(event));
        return;
      case 'peer-certificate':
        return; // asked only of those who judge by themselves; here fingerprints do
    }
  }

  #connectChannels(): void {
    if (!this.#agreed || !this.#standing.role) return;
    const { localPort, remotePort, remoteMaxMessageBytes } = this.#agreed;
    this.channels.connect(this.#now, {
      role: this.#standing.role,
      localPort,
      remotePort,
      remoteMaxMessageBytes,
      roundTripMs: this.#path.selected?.roundTripMs,
    });
  }

  /** close_notify, behind whatever waits. */
  #endDtls(): void {
    for (; this.#moveDown(); );
    this.#dtls?.close(this.#now);
    for (let event = this.#dtls?.pollEvent(); event; event = this.#dtls?.pollEvent());
    for (; this.#moveDown(); );
  }

  #setDtlsState(state: DtlsTransportState, error?: ReturnType<typeof dtlsError>): void {
    if (this.#standing.state === state) return;
    this.#standing.state = state;
    this.#events.push({ type: 'dtls-state', state, error });
  }

  #translate(event: DataChannelEvent): PeerTransportEvent | undefined {
    switch (event.type) {
      case 'connected':
        return { type: 'sctp-state', state: 'connected' };
      case 'closed':
        return { type: 'sctp-state', state: 'closed' };
      case 'channel-closed': {
        const error = event.error && channelError(event.error);
        return { type: 'channel-closed', channel: event.channel, error };
      }
      default:
        return event;
    }
  }
}
