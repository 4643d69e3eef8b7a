/** Floor 3: data channels over one SCTP association, as a machine. No I/O. RFC 8831, RFC 8832. */
export type {
  ChannelFacts,
  ChannelId,
  ChannelMessage,
  ChannelPriority,
  DataChannelOptions,
} from './options.ts';
