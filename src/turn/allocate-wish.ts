/** What an Allocate request asks for: the checks of RFC 8656 §7.2 that need no state. */
import { encodeHex, type IpFamily } from '../base/index.ts';
import type { StunMessage } from '../stun/index.ts';
import { decodeFirstOfFour, decodeU32, ipFamilyOf } from './attributes.ts';
import type { AuthenticatedUser } from './authenticator.ts';
import {
  EVEN_PORT_RESERVE,
  RESERVATION_TOKEN_BYTES,
  TCP_PROTOCOL,
  TurnAttribute,
  UDP_PROTOCOL,
} from './code-points.ts';
import type { RelayProtocol } from './relay.ts';
import type { PortWish } from './relay-ports.ts';
import type { TurnLifetimes } from './server-options.ts';

export interface AllocateWish {
  /** Between server and peers. */
  readonly protocol: RelayProtocol;
  /** One family, or both; the first must be had, the second may fail. */
  readonly families: readonly IpFamily[];
  readonly port: PortWish;
  /** Hexadecimal; takes the port that an earlier allocation had reserved. */
  readonly token: string | undefined;
  /** A family that was asked for beside the first and that this server does not have: ADDRESS-ERROR-CODE 440. */
  readonly missingFamily: IpFamily | undefined;
  /** RFC 8016 §3.1.1: the client wants to be able to move. */
  readonly mobile: boolean;
}

/** RFC 6062 §4.1. */
const UDP_ONLY = [
  TurnAttribute.DONT_FRAGMENT,
  TurnAttribute.EVEN_PORT,
  TurnAttribute.RESERVATION_TOKEN,
] as const;

export type WishResult =
  | { readonly kind: 'wish'; readonly wish: AllocateWish }
  | { readonly kind: 'refused'; readonly code: 400 | 405 | 420 | 440 | 442 };

const refused = (code: 400 | 405 | 420 | 440 | 442): WishResult => ({ kind: 'refused', code });

/** What decides about a wish. */
export interface WishTerms {
  /** Whether the server relays this family. */
  readonly has: (family: IpFamily) => boolean;
  readonly mobility: boolean;
  /** RFC 6062. */
  readonly tcpRelay: boolean;
  /** Of the client's own transport: see `isReliable`. */
  readonly reliable: boolean;
  /** Whether DF can be set. */
  readonly dontFragment: boolean;
}

/** Steps 3 … 9, in their order. */
export function readAllocateWish(
  request: StunMessage,
  { has, mobility, tcpRelay, reliable, dontFragment }: WishTerms,
): WishResult {
  // Step 3: REQUESTED-TRANSPORT.
  const transport = request.get(TurnAttribute.REQUESTED_TRANSPORT);
  const number = transport && decodeFirstOfFour(transport);
  if (number === undefined) return refused(400);
  if (number !== UDP_PROTOCOL && !(number === TCP_PROTOCOL && tcpRelay)) return refused(442);
  const protocol: RelayProtocol = number === TCP_PROTOCOL ? 'tcp' : 'udp';
  // RFC 6062 §5.1, exceptions 2 and 3.
  if (protocol === 'tcp' && (!reliable || UDP_ONLY.some((type) => request.has(type)))) return refused(400);

  // Step 4: DONT-FRAGMENT. Where the socket cannot set DF it is an unknown attribute.
  if (!dontFragment && request.has(TurnAttribute.DONT_FRAGMENT)) return refused(420);

  // RFC 8016 §3.1.2.
  const ticket = request.get(TurnAttribute.MOBILITY_TICKET);
  if (ticket && ticket.length > 0) return refused(400);
  if (ticket && !mobility) return refused(405);
  // RFC 6062 §4.2: a TCP allocation cannot leave its control connection, so no ticket is given for it.
  const mobile = ticket !== undefined && protocol === 'udp';

  const evenPort = request.get(TurnAttribute.EVEN_PORT);
  const requested = request.get(TurnAttribute.REQUESTED_ADDRESS_FAMILY);
  const additional =
    request.get(TurnAttribute.ADDITIONAL_ADDRESS_FAMILY) ??
    request.get(TurnAttribute.COTURN_ADDITIONAL_ADDRESS_FAMILY);
  const token = request.get(TurnAttribute.RESERVATION_TOKEN);

  // Step 5: RESERVATION-TOKEN excludes the others. Whether it is valid is for the book of allocations.
  if (token) {
    if (evenPort || requested || additional || token.length !== RESERVATION_TOKEN_BYTES) return refused(400);
    const wish = {
      protocol,
      families: [],
      port: 'any',
      token: encodeHex(token),
      missingFamily: undefined,
      mobile,
    } as const;
    return { kind: 'wish', wish };
  }
  // Step 6: one family, or both, but not said in two ways.
  if (requested && additional) return refused(400);

  // Step 7: REQUESTED-ADDRESS-FAMILY; IPv4 when absent.
  const family = requested ? ipFamilyOf(decodeFirstOfFour(requested)) : 4;
  if (family === undefined) return refused(requested?.length === 4 ? 440 : 400);
  if (!has(family)) return refused(440);

  // Step 8: EVEN-PORT.
  if (evenPort && evenPort.length !== 1) return refused(400);
  const reserve = ((evenPort?.[0] ?? 0) & EVEN_PORT_RESERVE) !== 0;
  if (reserve && additional) return refused(400);
  const port: PortWish = evenPort ? (reserve ? 'pair' : 'even') : 'any';

  // Step 9: ADDITIONAL-ADDRESS-FAMILY; only IPv6 may be additional.
  if (!additional)
    return {
      kind: 'wish',
      wish: { protocol, families: [family], port, token: undefined, missingFamily: undefined, mobile },
    };
  if (ipFamilyOf(decodeFirstOfFour(additional)) !== 6) return refused(400);
  const wish = has(6)
    ? { protocol, families: [4, 6] as const, port, token: undefined, missingFamily: undefined, mobile }
    : { protocol, families: [4] as const, port, token: undefined, missingFamily: 6 as const, mobile };
  return { kind: 'wish', wish };
}

/**
 * RFC 8656 §7.2 and §8.2: at least the default, at most the maximum; 0 means "delete" and only Refresh allows it. Never
 * longer than the credentials allow (RFC 7635 §9).
 */
export function grantedLifetimeSeconds(
  request: StunMessage,
  lifetimes: TurnLifetimes,
  { maxLifetimeSeconds = Number.POSITIVE_INFINITY }: Pick<AuthenticatedUser, 'maxLifetimeSeconds'>,
): number {
  const value = request.get(TurnAttribute.LIFETIME);
  const asked = (value && decodeU32(value)) ?? 0;
  const granted = Math.max(lifetimes.allocationSeconds, Math.min(asked, lifetimes.maxAllocationSeconds));
  return Math.min(granted, maxLifetimeSeconds);
}
