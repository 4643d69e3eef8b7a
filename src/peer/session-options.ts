/** What a session is told: what W3C calls a configuration, and what the shell adds. webrtc.html §4.2. */
import type { Millis } from '../base/index.ts';
import type { DtlsIdentity } from '../dtls/index.ts';

/** webrtc.html §4.2.2. Judged by the session: `SyntaxError`, `NotSupportedError`, `InvalidAccessError`. */
export interface PeerIceServer {
  readonly urls: readonly string[];
  readonly username?: string | undefined;
  readonly credential?: string | undefined;
}

/** The members of RTCConfiguration with their defaults filled in, certificates aside. */
export interface PeerConfiguration {
  readonly iceServers: readonly PeerIceServer[];
  readonly iceTransportPolicy: 'all' | 'relay';
  readonly bundlePolicy: 'balanced' | 'max-compat' | 'max-bundle';
  readonly rtcpMuxPolicy: 'require';
  /** 0 … 255. */
  readonly iceCandidatePoolSize: number;
}

export interface PeerSessionOptions {
  readonly configuration: PeerConfiguration;
  /** At least one; of each the SHA-256 fingerprint is announced. Expiry is the surface's business. */
  readonly identities: readonly DtlsIdentity[];
  readonly limits?: Partial<PeerLimits>;
}

/** Every number has a default with a reason. */
export interface PeerLimits {
  /** The largest message that we take, announced as `a=max-message-size`. */
  readonly maxMessageBytes: number;
  /** Channels that a peer may have open at once; what goes beyond it is reset. */
  readonly maxChannels: number;
  /** What may wait for one channel before `sendMessage` says `OperationError`. */
  readonly maxBufferedBytes: number;
  /** The first retransmission of a DTLS flight. */
  readonly dtlsRetransmitMs: Millis;
}
