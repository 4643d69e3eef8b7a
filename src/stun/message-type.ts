/** The first 16 bits of a STUN message: method and class, interleaved. RFC 8489 §5, figure 3. */

export const MessageClass = { REQUEST: 0b00, INDICATION: 0b01, SUCCESS: 0b10, ERROR: 0b11 } as const;
export type MessageClass = (typeof MessageClass)[keyof typeof MessageClass];

/** RFC 8489 §18.2. TURN's methods are in `turn/`. */
export const StunMethod = { BINDING: 0x001 } as const;

/**
 * ```
 *   2  3  4 5 6 7 8 9 0 1 2 3 4 5
 *  +--+--+-+-+-+-+-+-+-+-+-+-+-+-+
 *  |M |M |M|M|M|C|M|M|M|C|M|M|M|M|
 *  |11|10|9|8|7|1|6|5|4|0|3|2|1|0|
 *  +--+--+-+-+-+-+-+-+-+-+-+-+-+-+
 * ```
 * `method` is 12 bits.
 */
export function encodeMessageType(method: number, messageClass: MessageClass): number {
  return (
    ((method & 0xf80) << 2) |
    ((method & 0x070) << 1) |
    (method & 0x00f) |
    ((messageClass & 0b10) << 7) |
    ((messageClass & 0b01) << 4)
  );
}

export function methodOf(type: number): number {
  return ((type >> 2) & 0xf80) | ((type >> 1) & 0x070) | (type & 0x00f);
}

const CLASSES = [
  MessageClass.REQUEST,
  MessageClass.INDICATION,
  MessageClass.SUCCESS,
  MessageClass.ERROR,
] as const;

export function classOf(type: number): MessageClass {
  return CLASSES[((type >> 7) & 0b10) | ((type >> 4) & 0b01)] ?? MessageClass.REQUEST;
}
