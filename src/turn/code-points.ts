/** Methods and attributes that TURN adds to STUN. RFC 8656 §17, §18. */

export const TurnMethod = {
  ALLOCATE: 0x003,
  REFRESH: 0x004,
  SEND: 0x006,
  DATA: 0x007,
  CREATE_PERMISSION: 0x008,
  CHANNEL_BIND: 0x009,
  /** RFC 6062 §6.1. */
  CONNECT: 0x00a,
  CONNECTION_BIND: 0x00b,
  CONNECTION_ATTEMPT: 0x00c,
} as const;

export const TurnAttribute = {
  CHANNEL_NUMBER: 0x000c,
  LIFETIME: 0x000d,
  XOR_PEER_ADDRESS: 0x0012,
  DATA: 0x0013,
  XOR_RELAYED_ADDRESS: 0x0016,
  REQUESTED_ADDRESS_FAMILY: 0x0017,
  EVEN_PORT: 0x0018,
  REQUESTED_TRANSPORT: 0x0019,
  DONT_FRAGMENT: 0x001a,
  RESERVATION_TOKEN: 0x0022,
  /** RFC 6062 §6.2. */
  CONNECTION_ID: 0x002a,
  ADDITIONAL_ADDRESS_FAMILY: 0x8000,
  ADDRESS_ERROR_CODE: 0x8001,
  /** The same as ADDITIONAL-ADDRESS-FAMILY to coturn and its clients (4.6), from before it had a number of IANA's. */
  COTURN_ADDITIONAL_ADDRESS_FAMILY: 0x8032,
  /** RFC 8656 §18.13. */
  ICMP: 0x8004,
  /** RFC 8016 §4. */
  MOBILITY_TICKET: 0x8030,
} as const;

/** REQUESTED-TRANSPORT: the number of UDP in the IP header. RFC 8656 §18.8. */
export const UDP_PROTOCOL = 17;
/** The same of TCP. RFC 6062 §4.1. */
export const TCP_PROTOCOL = 6;

/** EVEN-PORT: the R bit, "reserve the next port too". RFC 8656 §18.7. */
export const EVEN_PORT_RESERVE = 0x80;

/** RFC 8656 §12. */
export const FIRST_CHANNEL = 0x4000;
export const LAST_CHANNEL = 0x4fff;
/**
 * RFC 5766 §11 allowed channels up to here, and its clients still choose from all of them (coturn's does). RFC 8656 §12
 * gave the rest up for streams that share a port with DTLS; the port of a server does not.
 */
export const LAST_LEGACY_CHANNEL = 0x7fff;

/** Long enough that a token cannot be guessed while it lives. RFC 8656 §18.10. */
export const RESERVATION_TOKEN_BYTES = 8;
