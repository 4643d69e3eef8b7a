/** IP addresses as text and as bytes, and transport addresses. Resolves no names. RFC 4291, RFC 5952. */

/** A transport address. `ip` is in canonical text: dotted decimal, or RFC 5952 without a zone. */
export interface SocketAddress {
  readonly ip: string;
  /** 0 … 65535. */
  readonly port: number;
}

export type IpFamily = 4 | 6;

const DOT = 0x2e;
const COLON = 0x3a;
const ZERO = 0x30;

export function familyOf(ip: string): IpFamily {
  return ip.includes(':') ? 6 : 4;
}

/** `192.0.2.1:3478`, `[2001:db8::1]:3478`. Also serves as the key of a map. */
export function formatAddress(address: SocketAddress): string {
  return familyOf(address.ip) === 6 ? `[${address.ip}]:${address.port}` : `${address.ip}:${address.port}`;
}

export function sameAddress(a: SocketAddress, b: SocketAddress): boolean {
  return a.port === b.port && a.ip === b.ip;
}

/** 4 or 16 bytes in network order; `undefined` when `text` is no address. A zone (`%eth0`) is dropped. */
export function parseIp(text: string): Uint8Array | undefined {
  const zone = text.indexOf('%');
  const bare = zone < 0 ? text : text.slice(0, zone);
  if (bare.includes(':')) return parseIpv6(bare);
  const bytes = new Uint8Array(4);
  return readIpv4(bare, 0, bytes, 0) ? bytes : undefined;
}

/**
 * Four bytes at `offset` of `into` from what `text` holds from `start` on. Decimal without leading zeros only: `010.0.0.1` is
 * octal to some readers, so it is no address here.
 */
function readIpv4(text: string, start: number, into: Uint8Array, offset: number): boolean {
  let part = 0;
  let value = 0;
  let digits = 0;
  for (let i = start; i <= text.length; i++) {
    if (i === text.length || text.charCodeAt(i) === DOT) {
      if (digits === 0 || part === 4) return false;
      into[offset + part] = value;
      part += 1;
      value = 0;
      digits = 0;
    } else {
      const digit = text.charCodeAt(i) - ZERO;
      if (digit < 0 || digit > 9 || (digits > 0 && value === 0)) return false;
      value = value * 10 + digit;
      digits += 1;
      if (value > 255) return false;
    }
  }
  return part === 4;
}

function parseIpv6(text: string): Uint8Array | undefined {
  const bytes = new Uint8Array(16);
  let length = 0;
  /** Where `::` stands, in bytes. */
  let gap = text.startsWith('::') ? 0 : -1;
  let at = gap === 0 ? 2 : 0;
  while (at < text.length) {
    const colon = text.indexOf(':', at);
    if (colon < 0 && text.includes('.', at)) {
      if (length > 12 || !readIpv4(text, at, bytes, length)) return undefined;
      length += 4;
      break;
    }
    const end = colon < 0 ? text.length : colon;
    const group = hexGroup(text, at, end);
    if (group < 0 || length === 16) return undefined;
    bytes[length] = group >> 8;
    bytes[length + 1] = group;
    length += 2;
    if (colon < 0) break;
    at = colon + 1;
    if (at === text.length) return undefined;
    if (text.charCodeAt(at) === COLON) {
      if (gap >= 0) return undefined;
      gap = length;
      at += 1;
    }
  }
  if (gap < 0) return length === 16 ? bytes : undefined;
  // RFC 5952 §4.2.2 asks writers not to use "::" for one group, but RFC 4291 §2.2 lets readers meet it.
  if (length > 14) return undefined;
  const tail = 16 - (length - gap);
  bytes.copyWithin(tail, gap, length);
  return bytes.fill(0, gap, tail);
}

/** One to four hexadecimal digits, or -1. */
function hexGroup(text: string, start: number, end: number): number {
  if (end === start || end - start > 4) return -1;
  let value = 0;
  for (let i = start; i < end; i++) {
    const digit = hexDigit(text.charCodeAt(i));
    if (digit < 0) return -1;
    value = (value << 4) | digit;
  }
  return value;
}

function hexDigit(code: number): number {
  if (code >= ZERO && code <= ZERO + 9) return code - ZERO;
  const lower = code | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}

/** Canonical text of 4 or 16 bytes. RFC 5952 §4: lower case, the longest run of zeros (two or more) as "::". */
export function formatIp(bytes: Uint8Array): string {
  if (bytes.length === 4) return dotted(bytes, 0);
  const zeros = longestZeroRun(bytes);
  // RFC 5952 §5: only addresses known to hold an IPv4 address are written in mixed notation.
  if (groupOf(bytes, 5) === 0xffff && bytes.subarray(0, 10).every((byte) => byte === 0)) {
    return `::ffff:${dotted(bytes, 12)}`;
  }
  let text = '';
  for (let group = 0; group < 8; ) {
    if (group === zeros.start) {
      text += '::';
      group += zeros.length;
    } else {
      const between = text === '' || group === zeros.start + zeros.length ? '' : ':';
      text += between + groupOf(bytes, group).toString(16);
      group += 1;
    }
  }
  return text;
}

function dotted(bytes: Uint8Array, at: number): string {
  return `${bytes[at]}.${bytes[at + 1]}.${bytes[at + 2]}.${bytes[at + 3]}`;
}

function groupOf(bytes: Uint8Array, group: number): number {
  return ((bytes[2 * group] ?? 0) << 8) | (bytes[2 * group + 1] ?? 0);
}

/** In groups: two or more, else none. */
function longestZeroRun(bytes: Uint8Array): { start: number; length: number } {
  let best = { start: 8, length: 0 };
  for (let start = 0; start < 8; ) {
    let end = start;
    while (end < 8 && groupOf(bytes, end) === 0) end += 1;
    if (end - start > Math.max(best.length, 1)) best = { start, length: end - start };
    start = end + 1;
  }
  return best;
}

/** Canonical text of any spelling; `undefined` when `text` is no address. */
export function canonicalIp(text: string): string | undefined {
  const bytes = parseIp(text);
  return bytes && formatIp(bytes);
}
