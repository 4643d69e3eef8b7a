/** Floor 1: session descriptions, their text and their attributes. No I/O, no negotiation. RFC 8866, RFC 9429 §5. */
export { type CandidateAttribute, parseCandidate, writeCandidate } from './candidate.ts';
export {
  type FormatParameters,
  parseFormatParameters,
  parseRtcpFeedback,
  parseRtpMap,
  type RtcpFeedback,
  type RtpMap,
  writeFormatParameters,
  writeRtcpFeedback,
  writeRtpMap,
} from './codecs.ts';
export { DEFAULT_MAX_MESSAGE_BYTES, isDataSection, maxMessageBytesOf, sctpPortOf } from './data.ts';
export {
  type Attribute,
  attributeOf,
  attributesOf,
  type Bandwidth,
  type Connection,
  hasAttribute,
  inheritedAttributeOf,
  inheritedAttributesOf,
  type MediaDescription,
  type Origin,
  type Section,
  type SessionDescription,
  type Timing,
} from './description.ts';
export {
  DIRECTIONS,
  type Direction,
  directionOf,
  makeDirection,
  receives,
  reversed,
  sends,
} from './direction.ts';
export { type Group, isToken, parseGroup, writeGroup } from './grouping.ts';
export { type HeaderExtension, parseHeaderExtension, writeHeaderExtension } from './header-extension.ts';
export { type IceParameters, iceParametersOf } from './ice.ts';
export {
  parseRestrictionId,
  parseSimulcast,
  type RestrictionId,
  type Simulcast,
  type SimulcastLayer,
  writeRestrictionId,
  writeSimulcast,
} from './layers.ts';
export { MAX_SDP_CHARACTERS, type SdpFault } from './lines.ts';
export { type ParsedDescription, parseDescription } from './parse.ts';
export { parseRtcp, type RtcpAddress, writeRtcp } from './rtcp.ts';
export {
  type Fingerprint,
  isTlsId,
  parseFingerprint,
  parseSetup,
  type Setup,
  writeFingerprint,
} from './security.ts';
export {
  type Msid,
  parseMsid,
  parseSource,
  parseSourceGroup,
  type SourceAttribute,
  type SourceGroup,
  writeMsid,
  writeSource,
  writeSourceGroup,
} from './sources.ts';
export { writeDescription } from './write.ts';
