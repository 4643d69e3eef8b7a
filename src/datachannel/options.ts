/** What a data channel is told when it begins. Plain data. RFC 8832 §5.1, RFC 8831 §6. */
import type { Millis } from '../base/index.ts';

/** One channel of one transport, from before its stream has a number; never used twice. */
export type ChannelId = number;

/** W3C `RTCPriorityType`; RFC 8831 §6.4 gives the numbers. */
export type ChannelPriority = 'very-low' | 'low' | 'medium' | 'high';

export interface DataChannelOptions {
  /** At most 65,535 bytes of UTF-8. */
  readonly label: string;
  /** At most 65,535 bytes of UTF-8. */
  readonly protocol?: string;
  readonly ordered?: boolean;
  /** At most one of the two: give up after so many retransmissions, or when a message is so old. 0 … 2³² − 1. */
  readonly maxRetransmits?: number | undefined;
  readonly maxPacketLifeTimeMs?: Millis | undefined;
  readonly priority?: ChannelPriority;
  /** Both ends agreed on this stream by other means: nothing is announced. 0 … 65534. RFC 8831 §6.2. */
  readonly negotiatedStream?: number | undefined;
}

/** RTCDataChannelState. */
export type ChannelState = 'connecting' | 'open' | 'closing' | 'closed';

/** What a transport of channels is told. Every number has a default with a reason. */
export interface DataChannelLimits {
  /** The largest message that we take: what was announced as `a=max-message-size`. */
  readonly maxMessageBytes: number;
  /** The largest message that we send, whatever the peer takes. */
  readonly maxSentMessageBytes: number;
  /** Channels that the peer may have open at once; what goes beyond is refused. */
  readonly maxPeerChannels: number;
  /** Of labels and protocols of the peer's channels together. */
  readonly maxPeerNameBytes: number;
}

export const DEFAULT_CHANNEL_LIMITS: DataChannelLimits = {
  /** What browsers announce. */
  maxMessageBytes: 262_144,
  /** As much as browsers let wait. */
  maxSentMessageBytes: 16 * 2 ** 20,
  /** Four times what a Chromium opens at most; each costs about a kilobyte. */
  maxPeerChannels: 4096,
  /** A label of 256 bytes for each, or some of the longest. */
  maxPeerNameBytes: 2 ** 20,
};

/** With whom. RFC 8841 §5, §6. */
export interface SctpEnds {
  /** Decides who has the even streams. RFC 8832 §6. */
  readonly role: 'client' | 'server';
  readonly localPort: number;
  readonly remotePort: number;
  /** The largest message that the peer takes; 0: any. */
  readonly remoteMaxMessageBytes: number;
  /** Of the path, where it is known: what is lost while the association begins is then repeated sooner. */
  readonly roundTripMs?: Millis | undefined;
}

/** What RTCDataChannelStats counts. */
export interface ChannelStatistics {
  readonly channel: ChannelId;
  readonly stream: number | undefined;
  readonly state: ChannelState;
  readonly facts: ChannelFacts;
  readonly messagesSent: number;
  readonly bytesSent: number;
  readonly messagesReceived: number;
  readonly bytesReceived: number;
}

/** A message as the user has it. */
export interface ChannelMessage {
  readonly kind: 'text' | 'binary';
  /** Of text: UTF-8. May be empty. Given away. */
  readonly bytes: Uint8Array;
}

/** A channel as both ends know it. */
export interface ChannelFacts {
  readonly label: string;
  readonly protocol: string;
  readonly ordered: boolean;
  readonly maxRetransmits: number | undefined;
  readonly maxPacketLifeTimeMs: Millis | undefined;
  readonly priority: ChannelPriority;
  readonly negotiated: boolean;
}
