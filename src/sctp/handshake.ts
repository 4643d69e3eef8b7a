/**
 * Who begins and how it is agreed: INIT, the cookie, and what happens when both begin, or when one begins anew. Decides
 * from packets and what is there; keeps only its own INIT. RFC 9260 §5.1, §5.2.
 */
import { ByteWriter, type Millis, type Random } from '../base/index.ts';
import { CauseCode } from './code-points.ts';
import type { Cookie, CookieJar } from './cookie.ts';
import type { InitFacts } from './init-chunk.ts';
import type { SctpTiming } from './options.ts';
import { encodeParameters } from './parameters.ts';

/** What stands between two endpoints once a cookie has come back. */
export interface Agreement {
  readonly own: InitFacts;
  readonly peer: InitFacts;
}

export type CookieVerdict =
  /** RFC 9260 §5.1.5, and cases B and D of §5.2.4: set up (or stay) with these facts. */
  | { readonly kind: 'accept'; readonly agreement: Agreement }
  /** Case A: the peer has begun anew. */
  | { readonly kind: 'restart'; readonly agreement: Agreement }
  /** Case D: we are there already; answer with COOKIE ACK. */
  | { readonly kind: 'known' }
  /** Too old: ERROR with this cause. */
  | { readonly kind: 'stale'; readonly cause: Uint8Array }
  /** Not ours, or case C: silently discarded. */
  | { readonly kind: 'discard' };

/** Facts for a fresh INIT. RFC 9260 §3.3.2: a random tag, never 0; §5.3.1: a random TSN keeps old packets out. */
export function freshInit(random: Random, rest: Omit<InitFacts, 'tag' | 'initialTsn' | 'cookie'>): InitFacts {
  let tag = random.uint32();
  while (tag === 0) tag = random.uint32();
  return { ...rest, tag, initialTsn: random.uint32(), cookie: undefined };
}

/**
 * The INIT ACK's facts for an INIT of the peer. `ours`: our own INIT while one is under way or in use, `peerTag`: of the
 * association that is there.
 */
export function answerInit(
  jar: CookieJar,
  wallNow: Millis,
  peer: InitFacts,
  fresh: InitFacts,
  current: { readonly own: InitFacts; readonly peerTag: number; readonly established: boolean } | undefined,
): InitFacts {
  // §5.2.1: while we ourselves are beginning, the same tag and TSN as in our INIT; §5.2.2: else new ones.
  const own = current && !current.established ? current.own : fresh;
  const tieTags = current ? { own: current.own.tag, peer: current.peerTag } : { own: 0, peer: 0 };
  return { ...own, cookie: jar.bake({ issuedAt: wallNow, own, peer, tieTags }) };
}

/** RFC 9260 §5.1.5 and table 12 of §5.2.4. `packetTag`: of the packet that carried the COOKIE ECHO. */
export function judgeCookie(
  cookie: Cookie | undefined,
  wallNow: Millis,
  timing: Pick<SctpTiming, 'cookieLifetimeMs'>,
  packetTag: number,
  current: { readonly ownTag: number; readonly peerTag: number } | undefined,
): CookieVerdict {
  if (!cookie || packetTag !== cookie.own.tag) return { kind: 'discard' };
  const agreement: Agreement = { own: cookie.own, peer: cookie.peer };
  const sameOwn = current?.ownTag === cookie.own.tag;
  const samePeer = current?.peerTag === cookie.peer.tag;
  // Case D: both tags are those in use, however old the cookie is.
  if (current && sameOwn && samePeer) return { kind: 'known' };
  const ageMs = wallNow - cookie.issuedAt;
  if (ageMs > timing.cookieLifetimeMs || ageMs < -timing.cookieLifetimeMs) {
    return { kind: 'stale', cause: staleCookieCause(ageMs - timing.cookieLifetimeMs) };
  }
  if (!current) return { kind: 'accept', agreement };
  // Case B: both began at the same time; the peer's tag is news to us.
  if (sameOwn) return { kind: 'accept', agreement };
  const tied = cookie.tieTags.own === current.ownTag && cookie.tieTags.peer === current.peerTag;
  // Case A: neither tag is ours, but the cookie was made beside this association.
  if (!samePeer && tied) return { kind: 'restart', agreement };
  // Case C: an answer to an INIT that was overtaken.
  return { kind: 'discard' };
}

function staleCookieCause(overdueMs: Millis): Uint8Array {
  const microseconds = Math.min(0xffff_ffff, Math.max(0, Math.ceil(overdueMs * 1000)));
  const value = new ByteWriter(4).u32(microseconds).finish();
  return encodeParameters([{ type: CauseCode.STALE_COOKIE, value }]);
}
