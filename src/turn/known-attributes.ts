/** Which comprehension-required attributes this side understands. RFC 8489 §6.3. */
import { isComprehensionRequired, StunAttribute, type StunMessage } from '../stun/index.ts';
import { TurnAttribute } from './code-points.ts';

const KNOWN = new Set<number>([...Object.values(StunAttribute), ...Object.values(TurnAttribute)]);
/** Known in their place only, and to servers that can do it: Allocate and Send, and where tokens are taken. */
KNOWN.delete(TurnAttribute.DONT_FRAGMENT);
KNOWN.delete(StunAttribute.ACCESS_TOKEN);

/** No honest message has so many; bounds the answer. */
const MAX_REPORTED = 8;

/** Comprehension-required attributes that are not understood, each once. */
export function unknownRequired(message: StunMessage): number[] {
  const unknown = message
    .attributeTypes()
    .filter((type) => isComprehensionRequired(type) && !KNOWN.has(type));
  return [...new Set(unknown)].slice(0, MAX_REPORTED);
}
