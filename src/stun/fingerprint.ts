/** FINGERPRINT: tells STUN from other packets on the same port. Protects against nobody. RFC 8489 §7, §14.7. */
import { crc32 } from '../base/index.ts';
import { StunAttribute } from './attribute-types.ts';
import { ATTRIBUTE_HEADER_BYTES, type StunMessage } from './message.ts';

/** "STUN" in ASCII; keeps an application's own CRC-32 from passing for ours. */
export const FINGERPRINT_XOR = 0x5354554e;

/** `absent` is no fault; `wrong` means that this is probably not STUN, or was damaged. */
export function checkFingerprint(message: StunMessage): 'absent' | 'right' | 'wrong' {
  const at = message.valueOffset(StunAttribute.FINGERPRINT);
  if (at < 0) return 'absent';
  const { bytes } = message;
  // RFC 8489 §14.7: it must be the last attribute.
  if (at + 4 !== bytes.length) return 'wrong';
  const claimed = new DataView(bytes.buffer, bytes.byteOffset).getUint32(at);
  const actual = (crc32(bytes.subarray(0, at - ATTRIBUTE_HEADER_BYTES)) ^ FINGERPRINT_XOR) >>> 0;
  return claimed === actual ? 'right' : 'wrong';
}
