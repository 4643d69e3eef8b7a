/** Floor 0: the words that every floor speaks. No I/O, no globals. */
export { AccessList, type AccessRanges } from './access-list.ts';
export {
  canonicalIp,
  familyOf,
  formatAddress,
  formatIp,
  type IpFamily,
  parseIp,
  type SocketAddress,
  sameAddress,
} from './address.ts';
export { type Aged, AgingMap } from './aging-map.ts';
export { ByteSlab } from './byte-slab.ts';
export { ByteReader, ByteWriter, concatBytes, sameBytes } from './bytes.ts';
export { crc32 } from './crc32.ts';
export { CRC32C_START, crc32c, updateCrc32c } from './crc32c.ts';
export type {
  Aead,
  AeadName,
  AgreementGroup,
  CertificateKey,
  CryptoProvider,
  HashName,
  KeyAgreement,
  SignatureCurve,
  SignatureKeyKind,
  SignatureScheme,
  SigningKey,
} from './crypto.ts';
export {
  decodeBase32,
  decodeBase64,
  decodeHex,
  decodeUtf8,
  encodeBase32,
  encodeBase64,
  encodeBase64Url,
  encodeHex,
  encodeUtf8,
} from './encoding.ts';
export { type Env, type Log, type LogFields, silentLog } from './env.ts';
export { hasCode, invariant, StackError, unreachable } from './errors.ts';
export { embeddedIpv4, type IpRange, inAnyRange, inRange, parseIpRange } from './ip-range.ts';
export { type Machine, type Millis, NEVER, type Transmit } from './machine.ts';
export type {
  ByteStream,
  DatagramHandler,
  DatagramSocket,
  InterfaceAddress,
  Platform,
  Settled,
  StreamHandlers,
  StreamListener,
  TlsOptions,
  UdpBinding,
} from './platform.ts';
export { Queue } from './queue.ts';
export { type Random, randomBelow } from './random.ts';
export { SeededRandom } from './seeded-random.ts';
export { serialDistance, serialLess, serialLess16 } from './serial.ts';
export { subscriberOf } from './subscriber.ts';
export { TimerTable } from './timers.ts';
export { BucketTable, type Rate, TokenBucket } from './token-bucket.ts';
