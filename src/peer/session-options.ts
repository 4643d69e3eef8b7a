/** What a session is told: what W3C calls a configuration, and what the shell adds. webrtc.html §4.2. */
import type { Millis } from '../base/index.ts';
import type { DtlsIdentity } from '../dtls/index.ts';
import type { IceAgentOptions } from '../ice/index.ts';

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
  /** What W3C has no word for: mDNS, TCP, ports, timing. */
  readonly ice?: Omit<IceAgentOptions, 'role' | 'servers' | 'policy' | 'credentials'>;
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

export const DEFAULT_PEER_LIMITS: PeerLimits = {
  /** What browsers announce. */
  maxMessageBytes: 262_144,
  /** Four times what a Chromium opens at most; each costs about a kilobyte. */
  maxChannels: 4096,
  /** As browsers have it: who writes on while it grows owns the memory. */
  maxBufferedBytes: 16 * 2 ** 20,
  /** A handshake on a path of 50 ms is not repeated, and a lost flight costs no second. RFC 6347 §4.2.4.1 suggests 1 s. */
  dtlsRetransmitMs: 75,
};
