/** Numbers of SCTP and of the extensions spoken here. RFC 9260 §3.2, §3.3.10, RFC 3758, 6525, 8260, 9653. */

export const ChunkType = {
  DATA: 0,
  INIT: 1,
  INIT_ACK: 2,
  SACK: 3,
  HEARTBEAT: 4,
  HEARTBEAT_ACK: 5,
  ABORT: 6,
  SHUTDOWN: 7,
  SHUTDOWN_ACK: 8,
  ERROR: 9,
  COOKIE_ECHO: 10,
  COOKIE_ACK: 11,
  SHUTDOWN_COMPLETE: 14,
  I_DATA: 64, // RFC 8260 §2.1
  RE_CONFIG: 130, // RFC 6525 §3.1
  PAD: 132, // RFC 4820 §3
  FORWARD_TSN: 192, // RFC 3758 §3.2
  I_FORWARD_TSN: 194, // RFC 8260 §2.3.1
} as const;

export const ParameterType = {
  HEARTBEAT_INFO: 1,
  STATE_COOKIE: 7,
  UNRECOGNIZED_PARAMETER: 8,
  OUTGOING_SSN_RESET_REQUEST: 13, // RFC 6525 §4.1
  INCOMING_SSN_RESET_REQUEST: 14, // RFC 6525 §4.2
  SSN_TSN_RESET_REQUEST: 15,
  RECONFIGURATION_RESPONSE: 16, // RFC 6525 §4.4
  ADD_OUTGOING_STREAMS: 17,
  ADD_INCOMING_STREAMS: 18,
  ZERO_CHECKSUM_ACCEPTABLE: 0x8001, // RFC 9653 §4
  /** Ours alone: four bytes, the largest packet that the sender of it can read. Others skip it in silence (§3.2.1). */
  LARGEST_PACKET: 0xb1e0,
  SUPPORTED_EXTENSIONS: 0x8008, // RFC 5061 §4.2.7
  FORWARD_TSN_SUPPORTED: 0xc000, // RFC 3758 §3.1
} as const;

/** RFC 9260 §3.3.10. */
export const CauseCode = {
  INVALID_STREAM: 1,
  MISSING_PARAMETER: 2,
  STALE_COOKIE: 3,
  OUT_OF_RESOURCE: 4,
  UNRECOGNIZED_CHUNK: 6,
  INVALID_PARAMETER: 7,
  UNRECOGNIZED_PARAMETERS: 8,
  NO_USER_DATA: 9,
  COOKIE_WHILE_SHUTTING_DOWN: 10,
  USER_ABORT: 12,
  PROTOCOL_VIOLATION: 13,
} as const;

/** RFC 9260 §3.3.1: E, B, U, I from the right. */
export const DataFlag = { END: 1, BEGIN: 2, UNORDERED: 4, IMMEDIATE: 8 } as const;

/** RFC 9260 §3.3.7, §3.3.13: the tag is the receiver's own, reflected. */
export const T_FLAG = 1;

/** RFC 9653 §8: SCTP over DTLS checks better than any checksum. */
export const EDMID_DTLS = 1;
