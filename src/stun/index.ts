/** Floor 1: STUN messages and transactions. No I/O. RFC 8489. */
export { isComprehensionRequired, StunAttribute } from './attribute-types.ts';
export { type BindingAnswer, behaviourAnswer } from './behaviour-answer.ts';
export {
  BehaviourAttribute,
  type ChangeRequest,
  ClassicAttribute,
  decodeChangeRequest,
  decodeResponsePort,
  encodeChangeRequest,
  encodeResponsePort,
} from './behaviour-attributes.ts';
export { type ClassicRequest, classicAnswer, decodeClassicRequest } from './behaviour-classic.ts';
export {
  type BehaviourGrid,
  type BehaviourIp,
  type BehaviourPlace,
  type BehaviourSite,
  behaviourSites,
} from './behaviour-sites.ts';
export { bindingResponse } from './binding.ts';
export {
  decodeErrorCode,
  decodeUnknownAttributes,
  ERROR_REASONS,
  type ErrorCode,
  encodeErrorCode,
} from './error-code.ts';
export { checkFingerprint } from './fingerprint.ts';
export { type FramingFault, frameLength } from './frame-length.ts';
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
export {
  decodePasswordAlgorithm,
  decodePasswordAlgorithms,
  encodePasswordAlgorithm,
  encodePasswordAlgorithms,
} from './password-algorithms.ts';
export { decodePlainAddress, encodePlainAddress } from './plain-address.ts';
export {
  NONCE_COOKIE_CHARACTERS,
  readNonceCookie,
  type SecurityFeatures,
  writeNonceCookie,
} from './security-features.ts';
export { parseServerUri, type ServerUri } from './server-uri.ts';
export { StreamFramer } from './stream-framer.ts';
export { Transaction, type TransactionEvent, type TransactionOptions } from './transaction.ts';
export { AddressFamily, decodeXorAddress, encodeXorAddress } from './xor-address.ts';
