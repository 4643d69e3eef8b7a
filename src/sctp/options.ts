/** What an association can be told. Every number has a default with a reason. RFC 9260 §16. */
import type { Millis } from '../base/index.ts';
import type { PacketRoom } from './packet-writer.ts';

export interface SctpOptions {
  /** RFC 8841 §5: both ends say theirs in SDP. */
  readonly localPort: number;
  readonly remotePort: number;
  /** 32 random bytes; seals the cookies. Given away. */
  readonly cookieSecret: Uint8Array;
  /** What packets have before anything is known of the path, and after nothing got through it. No fragment is longer. */
  readonly maxPacketBytes?: number;
  /** Left around each packet in its ArrayBuffer, for who wraps it where it lies. Default: none. */
  readonly packetRoom?: PacketRoom;
  readonly receiveWindowBytes?: number;
  readonly maxWindowBytes?: number;
  readonly outboundStreams?: number;
  readonly inboundStreams?: number;
  /** RFC 8260: messages of several streams may mix. */
  readonly interleaving?: boolean;
  /** RFC 9653. */
  readonly zeroChecksum?: boolean;
  readonly timing?: Partial<SctpTiming>;
}

export interface SctpTiming {
  readonly rtoInitialMs: Millis;
  readonly rtoMinMs: Millis;
  readonly rtoMaxMs: Millis;
  readonly delayedSackMs: Millis;
  readonly heartbeatMs: Millis;
  readonly cookieLifetimeMs: Millis;
  /** Association.Max.Retrans. */
  readonly maxRetransmits: number;
  /** Max.Init.Retransmits. */
  readonly maxInitRetransmits: number;
}

/** 1191 = 1280 (IPv6) − 40 − 8 (UDP) − 24 (GCM) − 13 (DTLS) − 4 (ChannelData). RFC 8831 §5 allows no more without probing. */
export const DEFAULT_MAX_PACKET_BYTES = 1191;
/**
 * As much as Linux gives a TCP connection (tcp_rmem): 60 MB/s over a round trip of 100 ms. A hostile peer can make us hold
 * twice that, with what holding it costs.
 */
export const DEFAULT_RECEIVE_WINDOW_BYTES = 6 * 2 ** 20;
/** The same for what is on the way; losses and growing delay end its growth long before on most paths. */
export const DEFAULT_MAX_WINDOW_BYTES = 6 * 2 ** 20;
/** RFC 8831 §6.2 asks for 65535; each costs nothing until it is used. */
export const DEFAULT_STREAMS = 65_535;

export const DEFAULT_TIMING: SctpTiming = {
  rtoInitialMs: 500,
  /** RFC 9260 §16 says 1 s; a peer's delayed SACK takes up to 200 ms, and calls cannot wait a second. */
  rtoMinMs: 300,
  /** RFC 9260 §16 says 60 s. Two packets every other second harm nobody, and a path that comes back is noticed soon. */
  rtoMaxMs: 2_000,
  delayedSackMs: 20,
  heartbeatMs: 30_000,
  cookieLifetimeMs: 60_000,
  /** About a minute of silence: ICE gives a path up sooner (RFC 7675), and finds another. */
  maxRetransmits: 30,
  maxInitRetransmits: 30,
};
