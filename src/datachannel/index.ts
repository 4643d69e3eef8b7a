/** Floor 3: data channels over one SCTP association, as a machine. No I/O. RFC 8831, RFC 8832. */
export type { ChannelError, ChannelErrorCode, DataChannelEvent } from './events.ts';
export {
  type ChannelFacts,
  type ChannelId,
  type ChannelMessage,
  type ChannelPriority,
  type ChannelState,
  type ChannelStatistics,
  type DataChannelLimits,
  type DataChannelOptions,
  DEFAULT_CHANNEL_LIMITS,
  type SctpEnds,
} from './options.ts';
export { DataChannelTransport } from './transport.ts';
export { utf8Length } from './utf8-length.ts';
