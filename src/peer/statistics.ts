/** Statistics by their W3C names: dictionaries of webrtc-stats as plain data. Counts nothing. webrtc-stats.html §8. */

interface Statistic<Type extends string> {
  readonly id: string;
  readonly type: Type;
  /** Milliseconds since 1970. */
  readonly timestamp: number;
}

export interface PeerConnectionStatistic extends Statistic<'peer-connection'> {
  readonly dataChannelsOpened: number;
  readonly dataChannelsClosed: number;
}

export interface DataChannelStatistic extends Statistic<'data-channel'> {
  readonly label: string;
  readonly protocol: string;
  readonly dataChannelIdentifier?: number;
  readonly state: 'connecting' | 'open' | 'closing' | 'closed';
  readonly messagesSent: number;
  readonly bytesSent: number;
  readonly messagesReceived: number;
  readonly bytesReceived: number;
}

export interface TransportStatistic extends Statistic<'transport'> {
  readonly packetsSent: number;
  readonly packetsReceived: number;
  readonly bytesSent: number;
  readonly bytesReceived: number;
  readonly iceRole: 'controlling' | 'controlled' | 'unknown';
  readonly iceLocalUsernameFragment?: string;
  readonly dtlsState: string;
  readonly iceState: string;
  readonly selectedCandidatePairId?: string;
  readonly localCertificateId?: string;
  readonly remoteCertificateId?: string;
  readonly tlsVersion?: string;
  readonly dtlsCipher?: string;
  readonly dtlsRole: 'client' | 'server' | 'unknown';
  readonly selectedCandidatePairChanges: number;
}

export interface CertificateStatistic extends Statistic<'certificate'> {
  readonly fingerprint: string;
  readonly fingerprintAlgorithm: string;
  /** DER in base64. */
  readonly base64Certificate: string;
  readonly issuerCertificateId?: string;
}

/** Of candidates and pairs: every member stands as the ICE agent counts it. */
export interface IceStatistic extends Statistic<'candidate-pair' | 'local-candidate' | 'remote-candidate'> {
  readonly [member: string]: unknown;
}

export type PeerStatistic =
  | PeerConnectionStatistic
  | DataChannelStatistic
  | TransportStatistic
  | CertificateStatistic
  | IceStatistic;
