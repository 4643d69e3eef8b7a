/** What a session tells the surface above it. Plain data; what W3C makes of it stands there. */
import type { ChannelId, DataChannelEvent } from '../datachannel/index.ts';
import type { IceRequest } from '../ice/index.ts';
import type {
  DtlsTransportState,
  IceConnectionState,
  IceGatheringState,
  PeerConnectionState,
  SctpTransportState,
  SignalingState,
} from './states.ts';

/** What went wrong below, as RTCError says it. webrtc.html §11.2. */
export interface TransportError {
  readonly detail: 'data-channel-failure' | 'dtls-failure' | 'fingerprint-failure' | 'sctp-failure';
  /** What happened, what was expected. */
  readonly message: string;
  /** The stable code of docs/errors.md. */
  readonly code: string;
  readonly sctpCauseCode: number | undefined;
  /** Numbers of RFC 5246 §7.2. */
  readonly receivedAlert: number | undefined;
  readonly sentAlert: number | undefined;
}

/** RTCIceCandidateInit with what belongs to it. An empty `candidate` ends the candidates of this generation. */
export interface LocalIceCandidate {
  /** `candidate:…`, or empty. */
  readonly candidate: string;
  readonly mid: string;
  readonly mLineIndex: number;
  readonly usernameFragment: string;
  /** Of the server that it comes from. */
  readonly url: string | undefined;
}

export type PeerEvent =
  /** What the shell is to do; the answer comes by the `handle…` of the same id. */
  | { readonly type: 'request'; readonly request: IceRequest }
  /** The flag was set: tell the user, unless `needsNegotiation` says otherwise by then. webrtc.html §4.7.3. */
  | { readonly type: 'negotiation-needed' }
  | { readonly type: 'signaling-state'; readonly state: SignalingState }
  | { readonly type: 'ice-gathering-state'; readonly state: IceGatheringState }
  | { readonly type: 'ice-connection-state'; readonly state: IceConnectionState }
  | { readonly type: 'connection-state'; readonly state: PeerConnectionState }
  /** `null`: gathering has ended everywhere. */
  | { readonly type: 'ice-candidate'; readonly candidate: LocalIceCandidate | null }
  | {
      readonly type: 'ice-candidate-error';
      /** Local; `undefined` where none was bound or it is not to be told. */
      readonly address: string | undefined;
      readonly port: number | undefined;
      readonly url: string;
      /** A STUN error code, or 701 for a server that was not reached. */
      readonly errorCode: number;
      readonly errorText: string;
    }
  /** Of the one ICE transport: `RTCIceTransport`. */
  | { readonly type: 'ice-transport-state'; readonly state: IceConnectionState }
  | { readonly type: 'ice-transport-gathering-state'; readonly state: IceGatheringState }
  /** `iceTransport.selectedPair` is another. */
  | { readonly type: 'selected-pair' }
  | {
      readonly type: 'dtls-state';
      readonly state: DtlsTransportState;
      /** With `failed`. */
      readonly error: TransportError | undefined;
    }
  | { readonly type: 'sctp-state'; readonly state: SctpTransportState }
  /** As the channels tell them. */
  | Extract<
      DataChannelEvent,
      {
        readonly type:
          | 'channel-announced'
          | 'channel-open'
          | 'channel-closing'
          | 'channel-message'
          | 'channel-drained';
      }
    >
  /** The last of a channel, whoever closed it. */
  | {
      readonly type: 'channel-closed';
      readonly channel: ChannelId;
      readonly error: TransportError | undefined;
    };
