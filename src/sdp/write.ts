/** A session description to text, each line where RFC 8866 §5 wants it, each ended by CRLF. Checks nothing. */
import type {
  Attribute,
  Bandwidth,
  Connection,
  MediaDescription,
  SessionDescription,
} from './description.ts';

export function writeDescription(description: SessionDescription): string {
  const { username, sessionId, sessionVersion, netType, addrType, address } = description.origin;
  let text = 'v=0\r\n';
  text += `o=${username} ${sessionId} ${sessionVersion} ${netType} ${addrType} ${address}\r\n`;
  text += `s=${description.name}\r\n`;
  text += optional('i', description.title) + optional('u', description.uri);
  for (const email of description.emails) text += `e=${email}\r\n`;
  for (const phone of description.phones) text += `p=${phone}\r\n`;
  if (description.connection) text += writeConnection(description.connection);
  for (const bandwidth of description.bandwidths) text += writeBandwidth(bandwidth);
  for (const { start, stop, repeats, zones } of description.timings) {
    text += `t=${start} ${stop}\r\n`;
    for (const repeat of repeats) text += `r=${repeat}\r\n`;
    text += optional('z', zones);
  }
  for (const attribute of description.attributes) text += writeAttribute(attribute);
  for (const media of description.media) text += writeMedia(media);
  return text;
}

function writeMedia(media: MediaDescription): string {
  const port = media.portCount === undefined ? `${media.port}` : `${media.port}/${media.portCount}`;
  let text = `m=${media.kind} ${port} ${media.protocol} ${media.formats.join(' ')}\r\n`;
  text += optional('i', media.title);
  for (const connection of media.connections) text += writeConnection(connection);
  for (const bandwidth of media.bandwidths) text += writeBandwidth(bandwidth);
  for (const attribute of media.attributes) text += writeAttribute(attribute);
  return text;
}

function writeAttribute({ name, value }: Attribute): string {
  return value === undefined ? `a=${name}\r\n` : `a=${name}:${value}\r\n`;
}

function writeConnection({ netType, addrType, address }: Connection): string {
  return `c=${netType} ${addrType} ${address}\r\n`;
}

function writeBandwidth({ type, value }: Bandwidth): string {
  return `b=${type}:${value}\r\n`;
}

function optional(type: string, value: string | undefined): string {
  return value === undefined ? '' : `${type}=${value}\r\n`;
}
