/**
 * A session as the W3C surface sees it: verbs, states, and what the shell hands in. Verbs are done when they return; what
 * the surface makes of that in promises, and the chain of operations (webrtc.html §4.4.1.2), is its own business.
 */
import type { InterfaceAddress, Machine, Millis, SocketAddress } from '../base/index.ts';
import type { ChannelFacts, ChannelId, ChannelMessage, DataChannelOptions } from '../datachannel/index.ts';
import type { IceTransmit, SocketFacts, SocketId } from '../ice/index.ts';
import type { PeerEvent } from './session-events.ts';
import type { PeerConfiguration } from './session-options.ts';
import type {
  DtlsTransportState,
  IceConnectionState,
  IceGatheringState,
  PeerConnectionState,
  SctpTransportState,
  SignalingState,
} from './states.ts';
import type { PeerStatistic } from './statistics.ts';

export type DescriptionType = 'offer' | 'pranswer' | 'answer' | 'rollback';

export interface Description {
  readonly type: DescriptionType;
  /** Empty with `rollback`. */
  readonly sdp: string;
}

/** `setLocalDescription`: what is missing is decided by the signaling state. */
export interface LocalDescriptionWish {
  readonly type?: DescriptionType | undefined;
  readonly sdp?: string | undefined;
}

export interface OfferWish {
  readonly iceRestart?: boolean;
}

/** RTCIceCandidateInit. An empty `candidate`: the end of candidates, of one generation where it is named. */
export interface RemoteIceCandidate {
  readonly candidate: string;
  readonly mid: string | null;
  readonly mLineIndex: number | null;
  readonly usernameFragment: string | null;
}

export interface IceCredentialsFacts {
  readonly usernameFragment: string;
  readonly password: string;
}

/** `candidate:…` with what belongs to it. */
export interface IceCandidateFacts {
  readonly candidate: string;
  readonly mid: string;
  readonly mLineIndex: number;
  readonly usernameFragment: string | undefined;
  readonly url: string | undefined;
}

/** webrtc.html §5.6. */
export interface IceTransportFacts {
  readonly role: 'controlling' | 'controlled' | 'unknown';
  readonly state: IceConnectionState;
  readonly gatheringState: IceGatheringState;
  readonly localCandidates: readonly IceCandidateFacts[];
  readonly remoteCandidates: readonly IceCandidateFacts[];
  readonly selectedPair:
    | { readonly local: IceCandidateFacts; readonly remote: IceCandidateFacts }
    | undefined;
  readonly localParameters: IceCredentialsFacts | undefined;
  readonly remoteParameters: IceCredentialsFacts | undefined;
}

/** webrtc.html §5.5. */
export interface DtlsTransportFacts {
  readonly state: DtlsTransportState;
  /** DER, the peer's own first; empty before `connected`. */
  readonly remoteCertificates: readonly Uint8Array[];
}

/** webrtc.html §6.1. */
export interface SctpTransportFacts {
  readonly state: SctpTransportState;
  /** What the peer takes and we send. */
  readonly maxMessageBytes: number;
  /** Known once connected. */
  readonly maxChannels: number | undefined;
}

export interface PeerSessionPort extends Machine<PeerEvent, IceTransmit> {
  readonly signalingState: SignalingState;
  readonly iceGatheringState: IceGatheringState;
  readonly iceConnectionState: IceConnectionState;
  readonly connectionState: PeerConnectionState;
  readonly currentLocalDescription: Description | undefined;
  readonly pendingLocalDescription: Description | undefined;
  readonly currentRemoteDescription: Description | undefined;
  readonly pendingRemoteDescription: Description | undefined;
  /** `undefined` before there is a remote description. */
  readonly canTrickle: boolean | undefined;
  readonly configuration: PeerConfiguration;
  /** [[NegotiationNeeded]]. Ask again before the event is fired: it may have been answered meanwhile. */
  readonly needsNegotiation: boolean;
  /** `undefined` while nothing is negotiated, and again when an offer that made it is rolled back. */
  readonly iceTransport: IceTransportFacts | undefined;
  readonly dtlsTransport: DtlsTransportFacts | undefined;
  readonly sctpTransport: SctpTransportFacts | undefined;

  /** All of these throw `PeerFault`; after `close` an `InvalidStateError`. */
  createOffer(now: Millis, wish?: OfferWish): Description;
  createAnswer(now: Millis): Description;
  /** Without a description, or without its text: the one that the state asks for (perfect negotiation). */
  setLocalDescription(now: Millis, wish?: LocalDescriptionWish): void;
  /** An offer while there is one of ours rolls ours back. */
  setRemoteDescription(now: Millis, description: Description): void;
  /** `null`: no more, of any section. */
  addIceCandidate(now: Millis, candidate: RemoteIceCandidate | null): void;
  restartIce(now: Millis): void;
  setConfiguration(now: Millis, configuration: PeerConfiguration): void;

  createDataChannel(now: Millis, options: DataChannelOptions): ChannelId;
  /**
   * Whether it went: not on a channel that is open no more, though nobody may have been told yet. `TypeError` for what is too
   * long, `OperationError` when too much waits.
   */
  sendMessage(now: Millis, channel: ChannelId, message: ChannelMessage): boolean;
  /** Lets what waits go first: `channel-closed`. Idempotent, never throws. */
  closeChannel(now: Millis, channel: ChannelId): void;
  /** Given to `sendMessage` and not yet handed to the network. */
  bufferedBytes(channel: ChannelId): number;
  /** W3C's `id`: known once the DTLS role is, or at once with `negotiatedStream`. */
  streamOf(channel: ChannelId): number | undefined;
  channelFacts(channel: ChannelId): ChannelFacts | undefined;

  /** Ends everything, telling the peer. No events follow but `request`s that let go of sockets. Idempotent. */
  close(now: Millis): void;
  /** webrtc-stats, stamped with the wall clock. */
  statistics(now: Millis): readonly PeerStatistic[];

  /** What the machine has: at the beginning, and whenever it changes. */
  handleInterfaces(now: Millis, interfaces: readonly InterfaceAddress[]): void;
  handleOpened(now: Millis, socket: SocketId, local: SocketAddress, facts: SocketFacts): void;
  handleFailed(now: Millis, socket: SocketId, code: string, message: string): void;
  handleClosed(now: Millis, socket: SocketId): void;
  /** The id of the stream from then on. */
  handleAccepted(now: Millis, listener: SocketId, remote: SocketAddress): SocketId;
  handleLookedUp(now: Millis, lookup: number, ips: readonly string[] | undefined): void;
  handleVerified(now: Millis, check: number, ok: boolean): void;
  /** Borrowed. Of a stream: bytes cut anywhere. */
  handleDatagram(now: Millis, socket: SocketId, from: SocketAddress, bytes: Uint8Array): void;
}
