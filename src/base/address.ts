/** IP addresses as text and as bytes, and transport addresses. Resolves no names. RFC 4291, RFC 5952. */

/** A transport address. `ip` is in canonical text: dotted decimal, or RFC 5952 without a zone. */
export interface SocketAddress {
  readonly ip: string;
  /** 0 … 65535. */
  readonly port: number;
}

export type IpFamily = 4 | 6;

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
  return bare.includes(':') ? parseIpv6(bare) : parseIpv4(bare);
}

/** Decimal without leading zeros only: `010.0.0.1` is octal to some readers, so it is no address here. */
function parseIpv4(text: string): Uint8Array | undefined {
  const parts = text.split('.');
  if (parts.length !== 4) return undefined;
  const bytes = new Uint8Array(4);
  for (let i = 0; i < 4; i++) {
    const part = parts[i] ?? '';
    if (!/^(0|[1-9]\d{0,2})$/.test(part) || Number(part) > 255) return undefined;
    bytes[i] = Number(part);
  }
  return bytes;
}

function parseIpv6(text: string): Uint8Array | undefined {
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const head = parseGroups(halves[0] ?? '', halves.length === 1);
  const tail = halves.length === 2 ? parseGroups(halves[1] ?? '', true) : [];
  if (!head || !tail) return undefined;
  const missing = 16 - head.length - tail.length;
  // RFC 5952 §4.2.2 asks writers not to use "::" for one group, but RFC 4291 §2.2 lets readers meet it.
  if (halves.length === 1 ? missing !== 0 : missing < 2) return undefined;
  const bytes = new Uint8Array(16);
  bytes.set(head, 0);
  bytes.set(tail, 16 - tail.length);
  return bytes;
}

/** The bytes of colon-separated groups; the last may be dotted decimal when `mayEndInIpv4`. */
function parseGroups(text: string, mayEndInIpv4: boolean): number[] | undefined {
  if (text === '') return [];
  const bytes: number[] = [];
  const groups = text.split(':');
  for (const [i, group] of groups.entries()) {
    if (mayEndInIpv4 && i === groups.length - 1 && group.includes('.')) {
      const ipv4 = parseIpv4(group);
      if (!ipv4) return undefined;
      bytes.push(...ipv4);
    } else {
      if (!/^[0-9a-f]{1,4}$/i.test(group)) return undefined;
      const value = Number.parseInt(group, 16);
      bytes.push(value >> 8, value & 0xff);
    }
  }
  return bytes;
}

/** Canonical text of 4 or 16 bytes. RFC 5952 §4: lower case, the longest run of zeros (two or more) as "::". */
export function formatIp(bytes: Uint8Array): string {
  if (bytes.length === 4) return bytes.join('.');
  const groups: number[] = [];
  for (let i = 0; i < 16; i += 2) groups.push(((bytes[i] ?? 0) << 8) | (bytes[i + 1] ?? 0));
  // RFC 5952 §5: only addresses known to hold an IPv4 address are written in mixed notation.
  if (groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff) {
    return `::ffff:${bytes.subarray(12).join('.')}`;
  }
  const run = longestZeroRun(groups);
  const hex = groups.map((group) => group.toString(16));
  if (run.length < 2) return hex.join(':');
  return `${hex.slice(0, run.start).join(':')}::${hex.slice(run.start + run.length).join(':')}`;
}

function longestZeroRun(groups: readonly number[]): { start: number; length: number } {
  let best = { start: 0, length: 0 };
  for (let start = 0; start < groups.length; ) {
    let end = start;
    while (groups[end] === 0) end += 1;
    if (end - start > best.length) best = { start, length: end - start };
    start = end + 1;
  }
  return best;
}

/** Canonical text of any spelling; `undefined` when `text` is no address. */
export function canonicalIp(text: string): string | undefined {
  const bytes = parseIp(text);
  return bytes && formatIp(bytes);
}
