/** Words of candidates that every part of ICE uses. RFC 8445 §5.1.1, RFC 6544 §4.5. */

export type CandidateType = 'host' | 'srflx' | 'prflx' | 'relay';
export type IceProtocol = 'udp' | 'tcp';
/** RFC 6544 §4.5. */
export type TcpType = 'active' | 'passive' | 'so';

/** RTCPeerConnectionIceErrorEvent. webrtc.html §4.8.1.3. */
export interface IceGatheringError {
  /** The local address that was used; `undefined` when it must not be told or is not known. */
  readonly address: string | undefined;
  readonly port: number | undefined;
  readonly url: string;
  /** STUN's, 300 … 699; 701 when the server was not reached. */
  readonly errorCode: number;
  readonly errorText: string;
}
