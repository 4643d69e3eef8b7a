/** What an ICE agent tells the layer above. Plain data. RFC 8445, webrtc.html §5.6. */
import type { Millis, SocketAddress } from '../base/index.ts';
import type { CandidateAttribute } from '../sdp/index.ts';
import type { CandidateType, IceGatheringError, IceProtocol, TcpType } from './candidate-types.ts';
import type { IceRequest } from './io.ts';

export type IceRole = 'controlling' | 'controlled';

/** RTCIceTransportState. webrtc.html §5.6.4. */
export type IceState = 'new' | 'checking' | 'connected' | 'completed' | 'disconnected' | 'failed' | 'closed';

export type IceGatheringState = 'new' | 'gathering' | 'complete';

/** One end of a pair. */
export interface PairEnd {
  readonly type: CandidateType;
  readonly protocol: IceProtocol;
  readonly tcpType: TcpType | undefined;
  readonly address: SocketAddress;
  readonly related: SocketAddress | undefined;
  readonly priority: number;
  readonly foundation: string;
  /** Of the local end: the server it came from. */
  readonly url: string | undefined;
  readonly relayProtocol: 'udp' | 'tcp' | 'tls' | 'dtls' | undefined;
  /** Stable for the life of the agent; `local-1`, `remote-3`. */
  readonly id: string;
}

export interface SelectedPair {
  readonly id: string;
  readonly local: PairEnd;
  readonly remote: PairEnd;
  /** Through a TURN server of ours or theirs. */
  readonly relayed: boolean;
  /** Datagrams that are too long are lost, not cut: the path can be probed for its MTU. */
  readonly neverFragments: boolean;
  /** Of the check that made the pair valid; `undefined` if it was repeated. */
  readonly roundTripMs: Millis | undefined;
}

export type IceEvent =
  | { readonly type: 'request'; readonly request: IceRequest }
  /** To be told to the other side, with the `usernameFragment` of its generation. `url`: the server it came from. */
  | { readonly type: 'candidate'; readonly candidate: CandidateAttribute; readonly url: string | undefined }
  | { readonly type: 'gathering-state'; readonly state: IceGatheringState }
  | ({ readonly type: 'gathering-error' } & IceGatheringError)
  | { readonly type: 'state'; readonly state: IceState }
  /** Data goes by this pair from here on: the best valid one, or the nominated one. */
  | { readonly type: 'selected-pair'; readonly pair: SelectedPair }
  /** A role conflict was settled, or `setRole` had an effect. RFC 8445 §7.3.1.1. */
  | { readonly type: 'role'; readonly role: IceRole }
  /** From the other side, by a pair that is valid; no STUN. Borrowed: the array that came in where that can be. */
  | { readonly type: 'data'; readonly bytes: Uint8Array };
