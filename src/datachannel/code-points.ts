/** Numbers that data channels have registered. RFC 8831 §8, RFC 8832 §8. */

/** SCTP payload protocol identifiers. */
export const Ppid = {
  DCEP: 50,
  STRING: 51,
  BINARY_PARTIAL: 52,
  BINARY: 53,
  STRING_PARTIAL: 54,
  STRING_EMPTY: 56,
  BINARY_EMPTY: 57,
} as const;

export const MessageType = { ACK: 0x02, OPEN: 0x03 } as const;

/** RFC 8832 §5.1. The highest bit says "unordered". */
export const ChannelType = {
  RELIABLE: 0x00,
  PARTIAL_RELIABLE_REXMIT: 0x01,
  PARTIAL_RELIABLE_TIMED: 0x02,
} as const;
export const UNORDERED = 0x80;

/** RFC 8831 §6.4, by the names of webrtc-priority §4.1. */
export const PRIORITY = { 'very-low': 128, low: 256, medium: 512, high: 1024 } as const;
