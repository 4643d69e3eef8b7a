/** RTCConfiguration: read, judged, and made into what a session takes. webrtc.html §4.2, §4.4.1.6. */
import type { PeerConfiguration } from '../peer/index.ts';
import { RTCCertificate, type RTCDtlsFingerprint } from './certificate.ts';
import { domException } from './errors.ts';
import { isTurnUrl, validateIceServerUrl } from './ice-server-url.ts';
import {
  isIterable,
  toDictionary,
  toDomString,
  toEnforced,
  toEnum,
  toSequence,
  toUsvString,
} from './idl/convert.ts';
import { type IeumOptions, toIeumOptions } from './ieum-options.ts';

export type RTCIceTransportPolicy = 'all' | 'relay';
export type RTCBundlePolicy = 'balanced' | 'max-compat' | 'max-bundle';
export type RTCRtcpMuxPolicy = 'require';

export interface RTCIceServer {
  urls: string | string[];
  username?: string;
  credential?: string;
}

/** As far as types tell a certificate: those of lib.dom fit too. At run time only ours do. */
interface CertificateLike {
  readonly expires: number;
  getFingerprints(): RTCDtlsFingerprint[];
}

export interface RTCConfiguration {
  iceServers?: RTCIceServer[];
  iceTransportPolicy?: RTCIceTransportPolicy;
  bundlePolicy?: RTCBundlePolicy;
  rtcpMuxPolicy?: RTCRtcpMuxPolicy;
  certificates?: CertificateLike[];
  iceCandidatePoolSize?: number;
  /** What only this implementation knows. */
  ieum?: IeumOptions;
}

/** Every member, converted. */
export type FullConfiguration = Required<Omit<RTCConfiguration, 'certificates'>> & {
  certificates: RTCCertificate[];
};

const BUNDLE_POLICIES: readonly RTCBundlePolicy[] = ['balanced', 'max-compat', 'max-bundle'];
const TRANSPORT_POLICIES: readonly RTCIceTransportPolicy[] = ['relay', 'all'];
const MUX_POLICIES: readonly RTCRtcpMuxPolicy[] = ['require'];

/** RFC 8489 §14.3: less than 509 bytes; browsers take that one too. */
const MAX_USERNAME_BYTES = 509;

/** Web IDL conversion: TypeErrors only. */
export function toConfiguration(value: unknown): FullConfiguration {
  // In the order in which Web IDL reads a dictionary.
  const members = toDictionary(value, 'RTCConfiguration');
  const { bundlePolicy, certificates, iceCandidatePoolSize, iceServers } = members;
  const { iceTransportPolicy, ieum, rtcpMuxPolicy } = members;
  return {
    bundlePolicy:
      bundlePolicy === undefined ? 'balanced' : toEnum(bundlePolicy, BUNDLE_POLICIES, 'bundlePolicy'),
    certificates:
      certificates === undefined ? [] : toSequence(certificates, 'certificates').map(toCertificate),
    iceCandidatePoolSize:
      iceCandidatePoolSize === undefined ? 0 : toEnforced(iceCandidatePoolSize, 255, 'iceCandidatePoolSize'),
    iceServers: iceServers === undefined ? [] : toSequence(iceServers, 'iceServers').map(toIceServer),
    iceTransportPolicy:
      iceTransportPolicy === undefined
        ? 'all'
        : toEnum(iceTransportPolicy, TRANSPORT_POLICIES, 'iceTransportPolicy'),
    rtcpMuxPolicy:
      rtcpMuxPolicy === undefined ? 'require' : toEnum(rtcpMuxPolicy, MUX_POLICIES, 'rtcpMuxPolicy'),
    ieum: toIeumOptions(ieum),
  };
}

function toCertificate(value: unknown): RTCCertificate {
  if (value instanceof RTCCertificate) return value;
  throw new TypeError(
    'certificates are RTCCertificates: make them with RTCPeerConnection.generateCertificate.',
  );
}

function toIceServer(value: unknown): RTCIceServer {
  const { credential, urls, username } = toDictionary(value, 'RTCIceServer');
  if (urls === undefined) throw new TypeError('An RTCIceServer needs urls.');
  return {
    // As a list, which every browser gives back.
    urls: isIterable(urls) ? toSequence(urls, 'urls').map(toUsvString) : [toUsvString(urls)],
    ...(username !== undefined && { username: toDomString(username) }),
    ...(credential !== undefined && { credential: toDomString(credential) }),
  };
}

/** Throws an InvalidAccessError for a certificate that has expired. `now`: milliseconds since 1970. */
export function checkCertificates({ certificates }: FullConfiguration, now: number): void {
  if (certificates.some(({ expires }) => expires < now)) {
    throw domException('InvalidAccessError', 'A certificate has expired: make a new one.');
  }
}

/** Throws an InvalidModificationError for what `setConfiguration` may not change. webrtc.html §4.4.1.6 step 3. */
export function checkModification(
  before: FullConfiguration,
  after: FullConfiguration,
  applied: boolean,
): void {
  const refuse = (what: string): never => {
    throw domException('InvalidModificationError', `${what} stay as they were given to the constructor.`);
  };
  const sameCertificates =
    before.certificates.length === after.certificates.length &&
    before.certificates.every((certificate, i) => certificate === after.certificates[i]);
  if (!sameCertificates) refuse('certificates');
  if (before.bundlePolicy !== after.bundlePolicy) refuse('bundlePolicy and what follows from it');
  if (before.rtcpMuxPolicy !== after.rtcpMuxPolicy) refuse('rtcpMuxPolicy and what follows from it');
  if (applied && before.iceCandidatePoolSize !== after.iceCandidatePoolSize) {
    refuse('After setLocalDescription, iceCandidatePoolSize and its candidates');
  }
}

/** Throws a SyntaxError or an InvalidAccessError. webrtc.html §4.4.1.6 step 5. */
export function toPeerConfiguration(configuration: FullConfiguration): PeerConfiguration {
  const { iceServers, iceTransportPolicy, bundlePolicy, rtcpMuxPolicy, iceCandidatePoolSize } = configuration;
  return {
    iceServers: iceServers.map(checkedServer),
    iceTransportPolicy,
    bundlePolicy,
    rtcpMuxPolicy,
    iceCandidatePoolSize,
  };
}

function checkedServer({
  urls,
  username,
  credential,
}: RTCIceServer): PeerConfiguration['iceServers'][number] {
  const list = typeof urls === 'string' ? [urls] : urls;
  if (list.length === 0) throw domException('SyntaxError', 'urls of an ICE server has at least one URL.');
  for (const url of list) {
    validateIceServerUrl(url);
    if (!isTurnUrl(url)) continue;
    if (username === undefined || credential === undefined) {
      throw domException('InvalidAccessError', `${url} needs username and credential.`);
    }
    if (new TextEncoder().encode(username).byteLength > MAX_USERNAME_BYTES) {
      throw domException('InvalidAccessError', `The username for ${url} has more than 509 bytes.`);
    }
  }
  return { urls: list, username, credential };
}
