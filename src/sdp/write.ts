/** A session description to text, each line where RFC 8866 §5 wants it, each ended by CRLF. Checks nothing. */
import type {
  Attribute,
  Bandwidth,
  Connection,
  MediaDescription,
  SessionDescription,
} from './description.ts';

export function writeDescription(description: SessionDescription): string {
  const { origin } = description;
  const lines = [
    'v=0',
    `o=${origin.username} ${origin.sessionId} ${origin.sessionVersion} ${origin.netType} ${origin.addrType} ${origin.address}`,
    `s=${description.name}`,
    ...optional('i', description.title),
    ...optional('u', description.uri),
    ...description.emails.map((email) => `e=${email}`),
    ...description.phones.map((phone) => `p=${phone}`),
    ...(description.connection ? [writeConnection(description.connection)] : []),
    ...description.bandwidths.map(writeBandwidth),
  ];
  for (const { start, stop, repeats, zones } of description.timings) {
    lines.push(`t=${start} ${stop}`, ...repeats.map((repeat) => `r=${repeat}`), ...optional('z', zones));
  }
  lines.push(...description.attributes.map(writeAttribute));
  for (const media of description.media) lines.push(...writeMedia(media));
  return lines.map((line) => `${line}\r\n`).join('');
}

function writeMedia(media: MediaDescription): string[] {
  const port = media.portCount === undefined ? `${media.port}` : `${media.port}/${media.portCount}`;
  return [
    `m=${media.kind} ${port} ${media.protocol} ${media.formats.join(' ')}`,
    ...optional('i', media.title),
    ...media.connections.map(writeConnection),
    ...media.bandwidths.map(writeBandwidth),
    ...media.attributes.map(writeAttribute),
  ];
}

/** Also what stands in `RTCIceCandidate.candidate` behind `a=`. */
export function writeAttribute({ name, value }: Attribute): string {
  return value === undefined ? `a=${name}` : `a=${name}:${value}`;
}

function writeConnection({ netType, addrType, address }: Connection): string {
  return `c=${netType} ${addrType} ${address}`;
}

function writeBandwidth({ type, value }: Bandwidth): string {
  return `b=${type}:${value}`;
}

function optional(type: string, value: string | undefined): string[] {
  return value === undefined ? [] : [`${type}=${value}`];
}
