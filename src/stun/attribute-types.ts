/** Code points of the attributes of STUN itself. RFC 8489 §18.3, RFC 7635 §12. A usage (TURN, ICE) adds its own. */

export const StunAttribute = {
  MAPPED_ADDRESS: 0x0001,
  USERNAME: 0x0006,
  MESSAGE_INTEGRITY: 0x0008,
  ERROR_CODE: 0x0009,
  UNKNOWN_ATTRIBUTES: 0x000a,
  REALM: 0x0014,
  NONCE: 0x0015,
  ACCESS_TOKEN: 0x001b,
  MESSAGE_INTEGRITY_SHA256: 0x001c,
  PASSWORD_ALGORITHM: 0x001d,
  USERHASH: 0x001e,
  XOR_MAPPED_ADDRESS: 0x0020,
  PASSWORD_ALGORITHMS: 0x8002,
  ALTERNATE_DOMAIN: 0x8003,
  SOFTWARE: 0x8022,
  ALTERNATE_SERVER: 0x8023,
  FINGERPRINT: 0x8028,
  THIRD_PARTY_AUTHORIZATION: 0x802e,
} as const;

/** RFC 8489 §14: an agent that does not know one of these cannot process the message. */
export function isComprehensionRequired(type: number): boolean {
  return type < 0x8000;
}
