/**
 * Text to a session description. Strict about lines and their order, as RFC 8866 §5 demands; says nothing about
 * attributes, which their own files read. RFC 8866 §9.
 */
import type {
  Attribute,
  Bandwidth,
  Connection,
  MediaDescription,
  Origin,
  SessionDescription,
  Timing,
} from './description.ts';
import { type Line, quote, readLines, type SdpFault } from './lines.ts';

export type ParsedDescription =
  | { readonly description: SessionDescription; readonly fault?: undefined }
  | { readonly fault: SdpFault; readonly description?: undefined };

/** Never throws: what cannot be read comes back as a fault with its line. */
export function parseDescription(text: string): ParsedDescription {
  const lines = readLines(text);
  if (!Array.isArray(lines)) return { fault: lines };
  const cursor = new Cursor(lines);
  try {
    return { description: parseSession(cursor) };
  } catch (error) {
    if (error instanceof Misplaced) return { fault: error.fault };
    throw error;
  }
}

/** Ends the walk over the lines at the first that does not fit. Never leaves this file. */
class Misplaced extends Error {
  readonly fault: SdpFault;

  constructor(fault: SdpFault) {
    super(fault.reason);
    this.fault = fault;
  }
}

/** The lines in order, taken one by one. */
class Cursor {
  readonly #lines: readonly Line[];
  #at = 0;

  constructor(lines: readonly Line[]) {
    this.#lines = lines;
  }

  peek(): Line | undefined {
    return this.#lines[this.#at];
  }

  /** The line if it has this type. */
  optional(type: string): Line | undefined {
    const line = this.peek();
    if (line?.type !== type) return undefined;
    this.#at += 1;
    return line;
  }

  all(type: string): Line[] {
    const found: Line[] = [];
    for (let line = this.optional(type); line; line = this.optional(type)) found.push(line);
    return found;
  }

  required(type: string, name: string): Line {
    const line = this.optional(type);
    if (line) return line;
    const next = this.peek();
    const there = next ? `${quote(`${next.type}=${next.value}`)} stands there` : 'the description ends';
    throw new Misplaced({
      line: next?.number ?? this.#lines.length,
      reason: `A ${name} (${type}=) was expected, but ${there}.`,
    });
  }

  expectEnd(): void {
    const line = this.peek();
    if (!line) return;
    throw new Misplaced({
      line: line.number,
      reason: `${quote(`${line.type}=${line.value}`)} may not stand here: RFC 8866 fixes the order of lines.`,
    });
  }
}

function parseSession(cursor: Cursor): SessionDescription {
  const version = cursor.required('v', 'version');
  if (version.value !== '0') throw wrong(version, 'the version 0');
  const origin = parseOrigin(cursor.required('o', 'origin'));
  const name = cursor.required('s', 'session name').value;
  const title = cursor.optional('i')?.value;
  const uri = cursor.optional('u')?.value;
  const emails = cursor.all('e').map((line) => line.value);
  const phones = cursor.all('p').map((line) => line.value);
  const connectionLine = cursor.optional('c');
  const connection = connectionLine && parseConnection(connectionLine);
  const bandwidths = cursor.all('b').map(parseBandwidth);
  const timings = parseTimings(cursor);
  cursor.optional('k'); // RFC 8866 §5.12: obsolete, MUST NOT be used, SHOULD be ignored.
  const attributes = cursor.all('a').map(parseAttribute);
  const media: MediaDescription[] = [];
  while (cursor.peek()?.type === 'm') media.push(parseMedia(cursor));
  cursor.expectEnd();
  return {
    origin,
    name,
    title,
    uri,
    emails,
    phones,
    connection,
    bandwidths,
    timings,
    attributes,
    media,
  };
}

function parseOrigin(line: Line): Origin {
  const match = /^(\S+) (\d+) (\d+) (\S+) (\S+) (\S+)$/.exec(line.value);
  if (!match) throw wrong(line, 'o=<username> <session id> <version> <net type> <address type> <address>');
  const [, username = '', sessionId = '', sessionVersion = '', netType = '', addrType = '', address = ''] =
    match;
  return { username, sessionId, sessionVersion, netType, addrType, address };
}

function parseConnection(line: Line): Connection {
  const match = /^(\S+) (\S+) (\S+)$/.exec(line.value);
  if (!match) throw wrong(line, 'c=<net type> <address type> <address>');
  const [, netType = '', addrType = '', address = ''] = match;
  return { netType, addrType, address };
}

function parseBandwidth(line: Line): Bandwidth {
  const match = /^([^\s:]+):(\d{1,15})$/.exec(line.value);
  if (!match) throw wrong(line, 'b=<type>:<number>');
  return { type: match[1] ?? '', value: Number(match[2]) };
}

function parseTimings(cursor: Cursor): Timing[] {
  const timings = [parseTiming(cursor, cursor.required('t', 'timing'))];
  for (let line = cursor.optional('t'); line; line = cursor.optional('t')) {
    timings.push(parseTiming(cursor, line));
  }
  return timings;
}

function parseTiming(cursor: Cursor, line: Line): Timing {
  const match = /^(\d+) (\d+)$/.exec(line.value);
  if (!match) throw wrong(line, 't=<start> <stop>');
  const repeats = cursor.all('r').map((repeat) => repeat.value);
  return { start: match[1] ?? '', stop: match[2] ?? '', repeats, zones: cursor.optional('z')?.value };
}

/** RFC 8866 §9: an attribute name is a token. */
const ATTRIBUTE = /^([!#$%&'*+\-.0-9A-Z^_`a-z{|}~]+)(?::(.*))?$/;

function parseAttribute(line: Line): Attribute {
  const match = ATTRIBUTE.exec(line.value);
  if (!match) throw wrong(line, 'a=<name> or a=<name>:<value>');
  const [, name = '', value] = match;
  return value === undefined ? { name } : { name, value };
}

const MEDIA = /^(\S+) (\d{1,5})(?:\/(\d{1,5}))? (\S+) (\S+(?: \S+)*)$/;

function parseMedia(cursor: Cursor): MediaDescription {
  const line = cursor.required('m', 'media description');
  const match = MEDIA.exec(line.value.trimEnd());
  const port = Number(match?.[2]);
  if (!match || port > 65_535) throw wrong(line, 'm=<media> <port> <protocol> <format> …');
  const [, kind = '', , count, protocol = '', formats = ''] = match;
  const title = cursor.optional('i')?.value;
  const connections = cursor.all('c').map(parseConnection);
  const bandwidths = cursor.all('b').map(parseBandwidth);
  cursor.optional('k'); // obsolete, as above
  const attributes = cursor.all('a').map(parseAttribute);
  return {
    kind,
    port,
    portCount: count === undefined ? undefined : Number(count),
    protocol,
    formats: formats.split(' '),
    title,
    connections,
    bandwidths,
    attributes,
  };
}

function wrong(line: Line, expected: string): Misplaced {
  return new Misplaced({
    line: line.number,
    reason: `${quote(`${line.type}=${line.value}`)} is not what was expected: ${expected}.`,
  });
}
