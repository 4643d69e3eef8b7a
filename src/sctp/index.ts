/** Floor 2: SCTP as data channels need it, one association as a machine. No I/O. RFC 9260, RFC 8261. */
export { SctpAssociation, type SctpStatistics } from './association.ts';
export type { SctpError, SctpErrorCode, SctpEvent } from './events.ts';
export { DEFAULT_MAX_PACKET_BYTES, DEFAULT_TIMING, type SctpOptions, type SctpTiming } from './options.ts';
export type { MessageToSend } from './outgoing-message.ts';
export type { PacketRoom } from './packet-writer.ts';
