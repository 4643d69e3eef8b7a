/** Which of a host's addresses become host candidates, and in which order. RFC 8445 §5.1.1.1, RFC 8421 §4. */
import {
  embeddedIpv4,
  type InterfaceAddress,
  type IpRange,
  inAnyRange,
  parseIp,
  parseIpRange,
} from '../../base/index.ts';

export interface HostAddressRules {
  /** §5.1.1.1 forbids it; two peers on one machine without a network need it. Without it loopback is the last resort. */
  readonly loopback: boolean;
  /** More than any machine needs: each costs a socket, and pairs with every remote candidate. */
  readonly maxAddresses: number;
}

const LOOPBACK = ranges('127.0.0.0/8', '::1/128');
/** Unspecified, multicast, and IPv6 site-local (§5.1.1.1, RFC 3879); IPv6 link-local needs a zone that no candidate can carry. */
const UNUSABLE = ranges(
  '0.0.0.0/8',
  '224.0.0.0/4',
  '255.255.255.255/32',
  '::/128',
  'ff00::/8',
  'fec0::/10',
  'fe80::/10',
);
/** Without DHCP, as a rule without a way out either: RFC 3927. */
const LINK_LOCAL_V4 = ranges('169.254.0.0/16');
/** IPv4-mapped and IPv4-compatible. §5.1.1.1. */
const V4_IN_V6 = ranges('::ffff:0:0/96', '::/96');

/** What an address is by itself. */
interface Character {
  readonly usable: boolean;
  readonly loopback: boolean;
  readonly linkLocalV4: boolean;
  /** RFC 4291, appendix A: a modified EUI-64 of a hardware address has ff:fe in its middle. */
  readonly trackable: boolean;
  /** RFC 4291 §2.5.4: the network of an IPv6 address is its first 64 bits. */
  readonly network: string;
}

/** Hosts have a handful of addresses, and a connection asks for all of them: what they are does not change. */
const known = new Map<string, Character>();
const MAX_KNOWN = 256;

/** Best first. */
export function chooseHostAddresses(
  interfaces: readonly InterfaceAddress[],
  rules: HostAddressRules,
): InterfaceAddress[] {
  const usable = interfaces.filter(
    ({ ip }, i) => characterOf(ip).usable && interfaces.findIndex((it) => it.ip === ip) === i,
  );
  const outside = withoutTrackable(usable.filter(({ ip }) => !characterOf(ip).loopback));
  const loopback = usable.filter(({ ip }) => characterOf(ip).loopback);
  const likely = intermingle(outside.filter(({ ip }) => !characterOf(ip).linkLocalV4));
  const unlikely = outside.filter(({ ip }) => characterOf(ip).linkLocalV4);
  const withLoopback = rules.loopback || outside.length === 0;
  return [...likely, ...unlikely, ...(withLoopback ? intermingle(loopback) : [])].slice(
    0,
    rules.maxAddresses,
  );
}

function characterOf(ip: string): Character {
  const before = known.get(ip);
  if (before) return before;
  const character = judge(ip);
  if (known.size >= MAX_KNOWN) known.clear();
  known.set(ip, character);
  return character;
}

function judge(ip: string): Character {
  const bytes = parseIp(ip) ?? new Uint8Array(0);
  const mapped = inAnyRange(V4_IN_V6, bytes) && embeddedIpv4(bytes) !== undefined;
  const isV6 = bytes.length === 16;
  return {
    usable: bytes.length > 0 && !inAnyRange(UNUSABLE, bytes) && !mapped,
    loopback: inAnyRange(LOOPBACK, bytes),
    linkLocalV4: inAnyRange(LINK_LOCAL_V4, bytes),
    trackable: isV6 && bytes[11] === 0xff && bytes[12] === 0xfe,
    network: isV6 ? bytes.subarray(0, 8).join('.') : '',
  };
}

/**
 * §5.1.1.1: an address that is made of the interface's hardware address tells who we are wherever we go; it is left out
 * where the same interface has another one in the same network.
 */
function withoutTrackable(addresses: readonly InterfaceAddress[]): InterfaceAddress[] {
  return addresses.filter((address) => {
    const { trackable, network } = characterOf(address.ip);
    if (!trackable) return true;
    return !addresses.some((other) => {
      const theirs = characterOf(other.ip);
      return other.interfaceName === address.interfaceName && !theirs.trackable && theirs.network === network;
    });
  });
}

/** RFC 8421 §4: IPv6 first, but after each Hi of them one of IPv4, so that one broken family holds nothing up. */
function intermingle(addresses: readonly InterfaceAddress[]): InterfaceAddress[] {
  const v4 = addresses.filter(({ family }) => family === 4);
  const v6 = addresses.filter(({ family }) => family === 6);
  if (v4.length === 0 || v6.length === 0) return [...addresses];
  const headStart = Math.floor(addresses.length / v4.length);
  const mixed: InterfaceAddress[] = [];
  for (const [i, address] of v6.entries()) {
    mixed.push(address);
    const fourth = (i + 1) % headStart === 0 ? v4.shift() : undefined;
    if (fourth) mixed.push(fourth);
  }
  return [...mixed, ...v4];
}

function ranges(...texts: readonly string[]): IpRange[] {
  return texts.map(parseIpRange).filter((range) => range !== undefined);
}
