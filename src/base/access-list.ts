/** Ranges that let addresses in and ranges that keep them out: the narrowest that holds an address decides. RFC 4632. */
import type { IpRange } from './ip-range.ts';

export interface AccessRanges {
  readonly allow: readonly IpRange[];
  readonly deny: readonly IpRange[];
}

interface Entry {
  readonly range: IpRange;
  readonly verdict: 'allow' | 'deny';
}

export class AccessList {
  /** The narrowest first; of two that are the same, the one that keeps out. */
  readonly #entries: readonly Entry[];
  /** Whether anything is let in by name, so that the rest is not meant. */
  readonly hasAllowed: boolean;

  constructor({ allow, deny }: AccessRanges) {
    const entries: Entry[] = [
      ...deny.map((range) => ({ range, verdict: 'deny' }) as const),
      ...allow.map((range) => ({ range, verdict: 'allow' }) as const),
    ];
    this.#entries = entries.sort((a, b) => b.range.prefixBits - a.range.prefixBits); // stable: deny stays before allow
    this.hasAllowed = allow.length > 0;
  }

  get isEmpty(): boolean {
    return this.#entries.length === 0;
  }

  /** `ip`: 4 or 16 bytes; families never match each other. `undefined`: no range holds it. */
  verdictOf(ip: Uint8Array): 'allow' | 'deny' | undefined {
    return this.#entryFor(ip)?.verdict;
  }

  /** Whether it is let in as itself, not as one of many. */
  names(ip: Uint8Array): boolean {
    const entry = this.#entryFor(ip);
    return entry?.verdict === 'allow' && entry.range.prefixBits === ip.length * 8;
  }

  #entryFor(ip: Uint8Array): Entry | undefined {
    for (const entry of this.#entries) if (holds(entry.range, ip)) return entry;
    return undefined;
  }
}

/** As `inRange`, without making bytes: lists may be long. */
function holds({ prefix, prefixBits }: IpRange, ip: Uint8Array): boolean {
  if (ip.length !== prefix.length) return false;
  const whole = prefixBits >> 3;
  for (let i = 0; i < whole; i++) if (ip[i] !== prefix[i]) return false;
  const rest = prefixBits & 7;
  if (rest === 0) return true;
  const mask = (0xff << (8 - rest)) & 0xff;
  return ((ip[whole] ?? 0) & mask) === ((prefix[whole] ?? 0) & mask);
}
