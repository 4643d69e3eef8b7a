/** Floor 1: STUN messages and transactions. No I/O. RFC 8489. */
export { isComprehensionRequired, StunAttribute } from './attribute-types.ts';
export { bindingResponse } from './binding.ts';
export {
  decodeErrorCode,
  decodeUnknownAttributes,
  ERROR_REASONS,
  type ErrorCode,
  encodeErrorCode,
} from './error-code.ts';
export { checkFingerprint } from './fingerprint.ts';
export { verifyIntegrity, verifyIntegritySha256 } from './integrity.ts';
export { longTermKey, type PasswordAlgorithm, userHash } from './long-term-key.ts';
export {
  type Attribute,
  decodeMessage,
  HEADER_BYTES,
  looksLikeStun,
  MAGIC_COOKIE,
  StunMessage,
  TRANSACTION_ID_BYTES,
} from './message.ts';
export { classOf, encodeMessageType, MessageClass, methodOf, StunMethod } from './message-type.ts';
export { MessageWriter } from './message-writer.ts';
export { prepareOpaqueString } from './opaque-string.ts';
export { type FramingFault, StreamFramer } from './stream-framer.ts';
export { Transaction, type TransactionEvent, type TransactionOptions } from './transaction.ts';
export { AddressFamily, decodeXorAddress, encodeXorAddress } from './xor-address.ts';
