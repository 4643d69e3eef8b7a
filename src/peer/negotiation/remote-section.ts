/**
 * One media section of a remote description, read. Judges what stands in the section itself; what has to fit other
 * sections or descriptions is judged elsewhere. RFC 9429 §5.8.2, §5.8.3, RFC 8841.
 */
import type { Fingerprint, FingerprintHash } from '../../dtls/index.ts';
import {
  type Attribute,
  attributeOf,
  attributesOf,
  type CandidateAttribute,
  hasAttribute,
  type IceParameters,
  iceParametersOf,
  inheritedAttributeOf,
  inheritedAttributesOf,
  isDataSection,
  isTlsId,
  isToken,
  type MediaDescription,
  maxMessageBytesOf,
  parseCandidate,
  parseFingerprint,
  parseRtpMap,
  parseSetup,
  type Fingerprint as SdpFingerprint,
  type SessionDescription,
  type Setup,
  sctpPortOf,
  writeRtpMap,
} from '../../sdp/index.ts';
import { contentFault, nameOf } from './faults.ts';

/** Twenty interfaces, both families, four servers, several times over; an agent pairs fewer. The rest is not read. */
const MAX_CANDIDATES = 1024;

/** What a section says of the transport under it. */
export interface SectionTransport {
  readonly ice: IceParameters | undefined;
  /** Those of hash functions that can be trusted. */
  readonly fingerprints: readonly Fingerprint[];
  /** There is one, be it of a hash function that proves nothing: then no certificate will match. */
  readonly hasFingerprint: boolean;
  readonly setup: Setup | undefined;
  readonly tlsId: string | undefined;
}

export interface SectionSctp {
  /** 0: the association is to be closed. RFC 8841 §5. */
  readonly port: number;
  /** 0: any. */
  readonly maxMessageBytes: number;
}

export interface RemoteSection {
  readonly index: number;
  readonly mid: string | undefined;
  readonly kind: string;
  readonly protocol: string;
  readonly formats: readonly string[];
  /** Of RTP: `a=rtpmap` of the format that is preferred; empty where it needs none. */
  readonly preferredFormat: readonly Attribute[];
  /** Port zero, and not because it is bundled. */
  readonly rejected: boolean;
  readonly bundleOnly: boolean;
  readonly transport: SectionTransport;
  /** Of a section for data channels. */
  readonly sctp: SectionSctp | undefined;
  /** What stands in the text; those that cannot be read are left out. */
  readonly candidates: readonly CandidateAttribute[];
  readonly ended: boolean;
}

/** What browsers assume where no port stands. */
const USUAL_SCTP_PORT = 5000;

export function readSection(
  session: SessionDescription,
  index: number,
  media: MediaDescription,
): RemoteSection {
  const mid = attributeOf(media, 'mid');
  const section = { index, mid };
  if (mid !== undefined && !isToken(mid)) {
    throw contentFault(`The mid of ${nameOf(section)} is no token of RFC 8866 §9.`);
  }
  const bundleOnly = hasAttribute(media, 'bundle-only') && media.port === 0;
  const rejected = media.port === 0 && !bundleOnly;
  if (!rejected) checkRtcpMux(media, section);
  return {
    index,
    mid,
    kind: media.kind,
    protocol: media.protocol,
    formats: media.formats,
    preferredFormat: isRtp(media) ? readPreferredFormat(media) : [],
    rejected,
    bundleOnly,
    transport: readTransport(session, media, section),
    sctp: isDataChannels(media) && !rejected ? readSctp(media, section) : undefined,
    candidates: attributesOf(media, 'candidate')
      .slice(0, MAX_CANDIDATES)
      .map((value) => parseCandidate(value))
      .filter((candidate) => candidate !== undefined),
    ended: hasAttribute(media, 'end-of-candidates') || hasAttribute(session, 'end-of-candidates'),
  };
}

/** RFC 8841 §4.3, and the older form `DTLS/SCTP 5000` with `a=sctpmap:5000 webrtc-datachannel`. */
function isDataChannels(media: MediaDescription): boolean {
  if (!isDataSection(media)) return false;
  const [format = ''] = media.formats;
  if (format === 'webrtc-datachannel') return true;
  if (!/^\d{1,5}$/.test(format)) return false;
  const map = attributeOf(media, 'sctpmap');
  return map === undefined || map.split(' ')[1] === 'webrtc-datachannel';
}

export function isRtp({ protocol }: Pick<MediaDescription, 'protocol'>): boolean {
  return protocol.includes('RTP/');
}

function readPreferredFormat(media: MediaDescription): Attribute[] {
  const map = attributesOf(media, 'rtpmap')
    .map(parseRtpMap)
    .find((each) => each?.payloadType.toString() === media.formats[0]);
  return map ? [{ name: 'rtpmap', value: writeRtpMap(map) }] : [];
}

/** RFC 9429 §5.8.3: the policy is always "require". */
function checkRtcpMux(media: MediaDescription, section: Named): void {
  if (!isRtp(media) || hasAttribute(media, 'rtcp-mux')) return;
  if (hasAttribute(media, 'bundle-only')) return; // RFC 9429 §5.2.1: then it stands with the section it is bundled into.
  throw contentFault(
    `There is no a=rtcp-mux in ${nameOf(section)}; RTCP on a port of its own is not supported.`,
  );
}

type Named = Pick<RemoteSection, 'index' | 'mid'>;

function readTransport(
  session: SessionDescription,
  media: MediaDescription,
  section: Named,
): SectionTransport {
  const setup = inheritedAttributeOf(session, media, 'setup');
  const tlsId = inheritedAttributeOf(session, media, 'tls-id');
  if (setup !== undefined && parseSetup(setup) === undefined) {
    throw contentFault(`The a=setup of ${nameOf(section)} is none of active, passive, actpass, holdconn.`);
  }
  if (tlsId !== undefined && !isTlsId(tlsId)) {
    throw contentFault(`The a=tls-id of ${nameOf(section)} has not the form of RFC 8842 §5.`);
  }
  const fingerprints = inheritedAttributesOf(session, media, 'fingerprint')
    .map(parseFingerprint)
    .filter((fingerprint) => fingerprint !== undefined);
  return {
    ice: iceParametersOf(session, media),
    fingerprints: fingerprints.flatMap(trustedFingerprint),
    hasFingerprint: fingerprints.length > 0,
    setup: setup === undefined ? undefined : parseSetup(setup),
    tlsId,
  };
}

const TRUSTED: readonly FingerprintHash[] = ['sha-256', 'sha-384', 'sha-512'];

/** None, if it proves nothing: RFC 8122 §5 lets others stand beside it. */
function trustedFingerprint({ hash: name, digest }: SdpFingerprint): Fingerprint[] {
  const hash = TRUSTED.find((trusted) => trusted === name);
  return hash ? [{ hash, value: digest }] : [];
}

function readSctp(media: MediaDescription, section: Named): SectionSctp {
  const stated = attributeOf(media, 'sctp-port') ?? attributeOf(media, 'sctpmap') ?? legacyPortOf(media);
  const port = stated === undefined ? USUAL_SCTP_PORT : (sctpPortOf(media) ?? portOf(legacyPortOf(media)));
  const maxMessageBytes = maxMessageBytesOf(media);
  if (port === undefined) {
    throw contentFault(`The SCTP port of ${nameOf(section)} is no number from 0 to 65535.`);
  }
  if (maxMessageBytes === undefined) {
    throw contentFault(`The a=max-message-size of ${nameOf(section)} is no number.`);
  }
  return { port, maxMessageBytes };
}

function legacyPortOf(media: MediaDescription): string | undefined {
  return media.formats.find((format) => /^\d{1,5}$/.test(format));
}

function portOf(text: string | undefined): number | undefined {
  const port = Number(text ?? Number.NaN);
  return port <= 65_535 ? port : undefined;
}
