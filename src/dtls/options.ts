/** What the user of a connection decides, and what is decided where the user says nothing. */
import type { AgreementGroup, Millis, SigningKey } from '../base/index.ts';
import { CIPHER_SUITES, type CipherSuite, type CipherSuiteName } from './cipher-suites.ts';
import type { Fingerprint } from './fingerprint.ts';
import { AGREEMENT_GROUPS } from './groups.ts';
import type { SrtpProfileName } from './srtp-profiles.ts';

/** A certificate and the key that proves it is ours. */
export interface DtlsIdentity {
  /** DER, our own certificate first, then those that vouch for it. */
  readonly chain: readonly Uint8Array[];
  readonly key: SigningKey;
}

/**
 * How the certificate of the other side is judged. `none`: a server asks for none, a client takes any. `fingerprints`: it
 * must be one that was announced (RFC 8122). `ask`: a `peer-certificate` event, and the handshake waits for the verdict.
 */
export type PeerCheck =
  | { readonly kind: 'none' }
  | { readonly kind: 'fingerprints'; readonly fingerprints: readonly Fingerprint[] }
  | { readonly kind: 'ask' };

export interface DtlsOptions {
  /** Best first; a server needs one, a client only where it is asked for one. */
  readonly identities?: readonly DtlsIdentity[];
  readonly peer: PeerCheck;
  /** Best first. */
  readonly suites?: readonly CipherSuiteName[];
  /** Best first. */
  readonly groups?: readonly AgreementGroup[];
  /** Best first. RFC 5764 §4.1. */
  readonly srtpProfiles?: readonly SrtpProfileName[];
  /** Best first. RFC 7301; for TURN `stun.turn` (RFC 7443). */
  readonly applicationProtocols?: readonly string[];
  /** The name that a client expects the server to have; it is not sent when it is an address. RFC 6066 §3. */
  readonly serverName?: string;
  /** Refuses who does not know RFC 7627. Without resumption and renegotiation nothing depends on it. Default: no. */
  readonly requireExtendedMasterSecret?: boolean;
  /** The longest datagram that a flight may use, in bytes of UDP payload. 256 … 16,384. */
  readonly maxDatagramBytes?: number;
  /** How long the first transmission of a flight waits for an answer; doubled after each. */
  readonly retransmitMs?: Millis;
  /** How long a handshake may take in all. */
  readonly handshakeMs?: Millis;
}

export interface ResolvedOptions extends Required<Omit<DtlsOptions, 'suites' | 'serverName'>> {
  readonly suites: readonly CipherSuite[];
  readonly serverName: string | undefined;
}

/** Passes IPv6's smallest link (1,280) with its headers, and a TURN relay's. */
const DEFAULT_DATAGRAM_BYTES = 1200;
/** RFC 6347 §4.2.4.1 suggests 1 s; one lost datagram would then cost a call its first second. */
const DEFAULT_RETRANSMIT_MS = 100;
/** As long as a person waits. */
const DEFAULT_HANDSHAKE_MS = 30_000;

/** A record with a fragment that is worth sending; and what one record can carry. */
const DATAGRAM_BYTES = { least: 256, most: 2 ** 14 } as const;

/** Throws a RangeError for what makes no sense. */
export function resolveOptions(options: DtlsOptions): ResolvedOptions {
  const resolved: ResolvedOptions = {
    identities: options.identities ?? [],
    peer: options.peer,
    suites: options.suites ? suitesNamed(options.suites) : CIPHER_SUITES,
    groups: options.groups ?? AGREEMENT_GROUPS,
    srtpProfiles: options.srtpProfiles ?? [],
    applicationProtocols: options.applicationProtocols ?? [],
    serverName: options.serverName,
    requireExtendedMasterSecret: options.requireExtendedMasterSecret ?? false,
    maxDatagramBytes: options.maxDatagramBytes ?? DEFAULT_DATAGRAM_BYTES,
    retransmitMs: options.retransmitMs ?? DEFAULT_RETRANSMIT_MS,
    handshakeMs: options.handshakeMs ?? DEFAULT_HANDSHAKE_MS,
  };
  const { maxDatagramBytes } = resolved;
  if (!(maxDatagramBytes >= DATAGRAM_BYTES.least && maxDatagramBytes <= DATAGRAM_BYTES.most)) {
    throw new RangeError(`maxDatagramBytes is 256 … 16384, not ${maxDatagramBytes}.`);
  }
  if (resolved.suites.length === 0 || resolved.groups.length === 0) {
    throw new RangeError('At least one cipher suite and one group are needed.');
  }
  return resolved;
}

function suitesNamed(names: readonly CipherSuiteName[]): readonly CipherSuite[] {
  return names.flatMap((name) => CIPHER_SUITES.filter((suite) => suite.name === name));
}
