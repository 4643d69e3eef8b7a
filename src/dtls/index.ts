/** Floor 2: DTLS 1.2 as a machine. RFC 6347. */
export { type AlertName, alertNumber } from './alert.ts';
export type { CipherSuiteName } from './cipher-suites.ts';
export { DtlsConnection, type DtlsStatistics } from './connection.ts';
export type { DtlsConnectionFacts, DtlsEvent } from './connection-events.ts';
export { EarlyBytes } from './early-bytes.ts';
export type { DtlsErrorCode } from './fault.ts';
export { type Fingerprint, type FingerprintHash, fingerprintOf, matchesFingerprint } from './fingerprint.ts';
export type { DtlsIdentity, DtlsOptions, PeerCheck } from './options.ts';
export {
  DTLS_RECORD_ROOM,
  looksLikeDtls,
  MAX_PLAINTEXT_BYTES as MAX_DTLS_MESSAGE_BYTES,
} from './record.ts';
export {
  DTLS_SERVER_LIMITS,
  DtlsServer,
  type DtlsServerLimits,
  type DtlsServerOptions,
  type DtlsServerStatistics,
} from './server.ts';
export type { DtlsServerEvent, EndReason } from './server-events.ts';
export type { SrtpProfileName } from './srtp-profiles.ts';
