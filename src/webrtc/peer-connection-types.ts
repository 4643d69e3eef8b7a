/** RTCPeerConnection as a type: what scripts may rely on. Its class is made for each shell. webrtc.html §4.4.2. */
import type {
  IceConnectionState,
  IceGatheringState,
  PeerConnectionState,
  SignalingState,
} from '../peer/index.ts';
import type { RTCCertificate } from './certificate.ts';
import type { RTCConfiguration } from './configuration.ts';
import type { RTCDataChannel } from './data-channel.ts';
import type { RTCDataChannelInit } from './data-channel-init.ts';
import type { RTCDataChannelEvent } from './events/data-channel-event.ts';
import type { EventHandler } from './events/handlers.ts';
import type { RTCPeerConnectionIceErrorEvent } from './events/ice-error-event.ts';
import type { RTCPeerConnectionIceEvent } from './events/ice-event.ts';
import type { TypedEventTarget } from './events/typed-target.ts';
import type { RTCCertificateAlgorithm } from './generate-certificate.ts';
import type { RTCIceCandidateInit } from './ice-candidate.ts';
import type {
  RTCLocalSessionDescriptionInit,
  RTCSdpType,
  RTCSessionDescription,
  RTCSessionDescriptionInit,
} from './session-description.ts';
import type { RTCStatsReport } from './stats-report.ts';
import type { RTCSctpTransport } from './transports/sctp-transport.ts';

export interface RTCPeerConnectionEventMap {
  negotiationneeded: Event;
  icecandidate: RTCPeerConnectionIceEvent;
  icecandidateerror: RTCPeerConnectionIceErrorEvent;
  signalingstatechange: Event;
  iceconnectionstatechange: Event;
  icegatheringstatechange: Event;
  connectionstatechange: Event;
  datachannel: RTCDataChannelEvent;
}

export interface RTCOfferOptions {
  iceRestart?: boolean;
}

/** What `createOffer` and `createAnswer` give. */
export interface CreatedDescription {
  type: RTCSdpType;
  sdp: string;
}

type RTCSessionDescriptionCallback = (description: CreatedDescription) => void;
type RTCPeerConnectionErrorCallback = (error: DOMException) => void;
type DoneCallback = () => void;

export interface RTCPeerConnectionHandlers {
  onnegotiationneeded: EventHandler;
  get onicecandidate(): EventHandler;
  set onicecandidate(handler: EventHandler<RTCPeerConnectionIceEvent>);
  get onicecandidateerror(): EventHandler;
  set onicecandidateerror(handler: EventHandler<RTCPeerConnectionIceErrorEvent>);
  onsignalingstatechange: EventHandler;
  oniceconnectionstatechange: EventHandler;
  onicegatheringstatechange: EventHandler;
  onconnectionstatechange: EventHandler;
  get ondatachannel(): EventHandler;
  set ondatachannel(handler: EventHandler<RTCDataChannelEvent>);
}

export interface RTCPeerConnection
  extends TypedEventTarget<RTCPeerConnectionEventMap>,
    RTCPeerConnectionHandlers {
  readonly localDescription: RTCSessionDescription | null;
  readonly currentLocalDescription: RTCSessionDescription | null;
  readonly pendingLocalDescription: RTCSessionDescription | null;
  readonly remoteDescription: RTCSessionDescription | null;
  readonly currentRemoteDescription: RTCSessionDescription | null;
  readonly pendingRemoteDescription: RTCSessionDescription | null;
  readonly signalingState: SignalingState;
  readonly iceGatheringState: IceGatheringState;
  readonly iceConnectionState: IceConnectionState;
  readonly connectionState: PeerConnectionState;
  readonly canTrickleIceCandidates: boolean | null;
  /** `null` until data is negotiated. */
  readonly sctp: RTCSctpTransport | null;

  createOffer(options?: RTCOfferOptions): Promise<CreatedDescription>;
  createOffer(
    successCallback: RTCSessionDescriptionCallback,
    failureCallback: RTCPeerConnectionErrorCallback,
    options?: RTCOfferOptions,
  ): Promise<void>;
  createAnswer(options?: object): Promise<CreatedDescription>;
  createAnswer(
    successCallback: RTCSessionDescriptionCallback,
    failureCallback: RTCPeerConnectionErrorCallback,
  ): Promise<void>;
  /** Without a description: the one that the signaling state asks for. */
  setLocalDescription(description?: RTCLocalSessionDescriptionInit): Promise<void>;
  setLocalDescription(
    description: RTCLocalSessionDescriptionInit,
    successCallback: DoneCallback,
    failureCallback: RTCPeerConnectionErrorCallback,
  ): Promise<void>;
  setRemoteDescription(description: RTCSessionDescriptionInit): Promise<void>;
  setRemoteDescription(
    description: RTCSessionDescriptionInit,
    successCallback: DoneCallback,
    failureCallback: RTCPeerConnectionErrorCallback,
  ): Promise<void>;
  addIceCandidate(candidate?: RTCIceCandidateInit | null): Promise<void>;
  addIceCandidate(
    candidate: RTCIceCandidateInit | null,
    successCallback: DoneCallback,
    failureCallback: RTCPeerConnectionErrorCallback,
  ): Promise<void>;
  restartIce(): void;
  getConfiguration(): RTCConfiguration;
  setConfiguration(configuration?: RTCConfiguration): void;
  createDataChannel(label: string, dataChannelDict?: RTCDataChannelInit): RTCDataChannel;
  getStats(selector?: null): Promise<RTCStatsReport>;
  /** Empty: this surface carries no media. */
  getSenders(): never[];
  getReceivers(): never[];
  getTransceivers(): never[];
  /** Ends everything at once, and tells the other side. No event follows. */
  close(): void;
}

export interface RTCPeerConnectionConstructor {
  new (configuration?: RTCConfiguration): RTCPeerConnection;
  readonly prototype: RTCPeerConnection;
  generateCertificate(keygenAlgorithm: string | RTCCertificateAlgorithm): Promise<RTCCertificate>;
}
