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
