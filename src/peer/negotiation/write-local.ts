/** A description of ours as SDP. RFC 9429 §5.2.1, §5.3.1. */
import { unreachable } from '../../base/index.ts';
import {
  type Attribute,
  type CandidateAttribute,
  type Connection,
  type MediaDescription,
  type Origin,
  type SessionDescription,
  writeCandidate,
  writeGroup,
} from '../../sdp/index.ts';
import { defaultCandidateOf } from './default-candidate.ts';
import {
  type LocalSection,
  type LocalSession,
  type LocalTransport,
  transportIndexOf,
} from './local-session.ts';
import { isRtp } from './remote-section.ts';

export interface GatheredCandidates {
  readonly candidates: readonly CandidateAttribute[];
  /** Gathering has ended. */
  readonly ended: boolean;
}

/** What is the same in all descriptions of one session. */
export interface LocalConstants {
  readonly sessionId: string;
  /** Values of `a=fingerprint`. */
  readonly fingerprints: readonly string[];
  readonly maxMessageBytes: number;
}

export function writeLocal(
  session: LocalSession,
  version: number,
  { sessionId, fingerprints, maxMessageBytes }: LocalConstants,
  gathered: GatheredCandidates,
): SessionDescription {
  const carrier = transportIndexOf(session);
  return {
    origin: writeOrigin(sessionId, version),
    name: '-',
    title: undefined,
    uri: undefined,
    emails: [],
    phones: [],
    connection: undefined,
    bandwidths: [],
    timings: [{ start: '0', stop: '0', repeats: [], zones: undefined }],
    attributes: [
      ...session.bundles.map((mids) => ({ name: 'group', value: writeGroup({ semantics: 'BUNDLE', mids }) })),
      ...(session.iceOptions.length > 0
        ? [{ name: 'ice-options', value: session.iceOptions.join(' ') }]
        : []),
      // draft-ietf-mmusic-msid-16: RFC 8830 has dropped it, and older browsers look for it.
      { name: 'msid-semantic', value: ' WMS' },
    ],
    media: session.sections.map((section, index) => {
      const media = writeUse(section, maxMessageBytes);
      return index === carrier && session.transport
        ? withTransport(media, session.transport, fingerprints, gathered)
        : media;
    }),
  };
}

function writeUse(section: LocalSection, maxMessageBytes: number): MediaDescription {
  const { use } = section;
  switch (use.kind) {
    case 'data':
      return writeData(section, use.sctpPort, maxMessageBytes);
    case 'held':
      return writeSection(section, NO_PORT, [...use.format, { name: 'rtcp-mux' }, { name: 'inactive' }]);
    case 'rejected':
      return writeRejected(section);
    default:
      return unreachable(use);
  }
}

/** RFC 9429 §5.2.1: an address that says nothing, RFC 8828. */
function writeOrigin(sessionId: string, version: number): Origin {
  return {
    username: '-',
    sessionId,
    sessionVersion: version.toString(),
    netType: 'IN',
    addrType: 'IP4',
    address: '0.0.0.0',
  };
}

const NO_ADDRESS: Connection = { netType: 'IN', addrType: 'IP4', address: '0.0.0.0' };
/** RFC 8840 §4.1.1: discard, until there is a candidate. */
const NO_PORT = 9;

function writeSection(
  section: LocalSection,
  port: number,
  attributes: readonly Attribute[],
): MediaDescription {
  return {
    kind: section.kind,
    port,
    portCount: undefined,
    protocol: section.protocol,
    formats: section.formats,
    title: undefined,
    connections: [NO_ADDRESS],
    bandwidths: [],
    attributes: [...(section.mid === undefined ? [] : [{ name: 'mid', value: section.mid }]), ...attributes],
  };
}

/** RFC 3264 §6: the formats stay, so that the line stays one. */
function writeRejected(section: LocalSection): MediaDescription {
  return writeSection(section, 0, isRtp(section) ? [{ name: 'inactive' }] : []);
}

/** RFC 8841 §5, §6; where the offer speaks the older form, so does the answer. */
function writeData(section: LocalSection, sctpPort: number, maxMessageBytes: number): MediaDescription {
  const [format = ''] = section.formats;
  if (format !== 'webrtc-datachannel') {
    return writeSection(section, NO_PORT, [
      { name: 'sctpmap', value: `${format} webrtc-datachannel ${LEGACY_STREAMS}` },
      { name: 'max-message-size', value: maxMessageBytes.toString() },
    ]);
  }
  return writeSection(section, NO_PORT, [
    { name: 'sctp-port', value: sctpPort.toString() },
    { name: 'max-message-size', value: maxMessageBytes.toString() },
  ]);
}

/** draft-ietf-mmusic-sctp-sdp-10: the number of streams, which RFC 8832 does not need; browsers write this one. */
const LEGACY_STREAMS = 1024;

/** RFC 9143 §7.1.3: stands once, for all that are bundled with it. */
function withTransport(
  media: MediaDescription,
  { ice, setup, tlsId }: LocalTransport,
  fingerprints: readonly string[],
  { candidates, ended }: GatheredCandidates,
): MediaDescription {
  const preferred = defaultCandidateOf(candidates);
  return {
    ...media,
    port: preferred?.port ?? NO_PORT,
    connections: [preferred?.connection ?? NO_ADDRESS],
    attributes: [
      ...candidates.map(writeCandidateLine),
      ...(ended ? [{ name: 'end-of-candidates' }] : []),
      { name: 'ice-ufrag', value: ice.usernameFragment },
      { name: 'ice-pwd', value: ice.password },
      ...fingerprints.map((value) => ({ name: 'fingerprint', value })),
      { name: 'setup', value: setup },
      ...(tlsId === undefined ? [] : [{ name: 'tls-id', value: tlsId }]),
      ...media.attributes,
    ],
  };
}

/** The section's `a=ice-ufrag` says whose it is. */
function writeCandidateLine(candidate: CandidateAttribute): Attribute {
  const text = writeCandidate({ ...candidate, usernameFragment: undefined });
  return { name: 'candidate', value: text.slice('candidate:'.length) };
}
