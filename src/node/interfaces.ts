/** The addresses of this machine, and who can reach each of them. Asks the system; keeps nothing. RFC 6890. */
import { type NetworkInterfaceInfo, networkInterfaces } from 'node:os';
import {
  canonicalIp,
  embeddedIpv4,
  familyOf,
  type IpFamily,
  inAnyRange,
  parseIp,
  parseIpRange,
} from '../base/index.ts';

/**
 * Who can reach an address: `loopback` this machine, `link-local` one cable, `private` one site,
 * `shared` one provider's customers behind its carrier-grade NAT, `public` everyone, `special` nobody
 * (multicast, documentation, unspecified, reserved).
 */
export type AddressScope = 'loopback' | 'link-local' | 'private' | 'shared' | 'public' | 'special';

export interface OwnAddress {
  /** Canonical, without a zone. */
  readonly ip: string;
  readonly family: IpFamily;
  readonly scope: AddressScope;
  readonly interfaceName: string;
  /** Made by containers, virtual machines or tunnels, judged by the name: other devices seldom reach it. */
  readonly virtual: boolean;
}

const SCOPES: readonly { scope: AddressScope; ranges: readonly string[] }[] = [
  { scope: 'loopback', ranges: ['127.0.0.0/8', '::1'] },
  { scope: 'link-local', ranges: ['169.254.0.0/16', 'fe80::/10'] },
  { scope: 'private', ranges: ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', 'fc00::/7', 'fec0::/10'] },
  { scope: 'shared', ranges: ['100.64.0.0/10'] }, // RFC 6598
  {
    scope: 'special',
    ranges: [
      '0.0.0.0/8',
      '192.0.0.0/24', // RFC 6890 §2.1
      '192.0.2.0/24', // documentation, RFC 5737
      '198.51.100.0/24',
      '203.0.113.0/24',
      '198.18.0.0/15', // benchmarking, RFC 2544
      '224.0.0.0/3', // multicast and reserved
      '::',
      '100::/64', // discard only, RFC 6666
      '2001:db8::/32', // documentation, RFC 3849
      'ff00::/8',
    ],
  },
];

const PARSED = SCOPES.map(({ scope, ranges }) => ({
  scope,
  ranges: ranges.map((text) => {
    const range = parseIpRange(text);
    if (!range) throw new Error(`${text} is no range`);
    return range;
  }),
}));

/** An IPv4 address inside an IPv6 one counts as the IPv4 address. Text that is no address is `special`. */
export function scopeOf(ip: string): AddressScope {
  const bytes = parseIp(ip);
  if (!bytes) return 'special';
  const reduced = embeddedIpv4(bytes) ?? bytes;
  return PARSED.find(({ ranges }) => inAnyRange(ranges, reduced))?.scope ?? 'public';
}

const VIRTUAL =
  /^(docker|br-|veth|virbr|vmnet|vboxnet|lxc|lxd|cni|flannel|cali|podman|utun|tun|tap|wg|zt|tailscale|awdl|llw|anpi|bridge\d|vEthernet|VirtualBox|VMware)/i;

/** Order in which other devices are likely to reach them. */
const RANK: readonly AddressScope[] = ['public', 'private', 'shared', 'link-local', 'special', 'loopback'];

/**
 * Every address of every interface that is up, each once: real interfaces before virtual ones, IPv4 before
 * IPv6, wide scopes before narrow ones. `interfaces` is what node:os says, unless a test says otherwise.
 */
export function ownAddresses(
  interfaces: NodeJS.Dict<NetworkInterfaceInfo[]> = networkInterfaces(),
): readonly OwnAddress[] {
  const found = new Map<string, OwnAddress>();
  for (const [interfaceName, infos] of Object.entries(interfaces)) {
    for (const { address } of infos ?? []) {
      const ip = canonicalIp(address);
      if (ip === undefined || found.has(ip)) continue;
      const virtual = VIRTUAL.test(interfaceName);
      found.set(ip, { ip, family: familyOf(ip), scope: scopeOf(ip), interfaceName, virtual });
    }
  }
  return [...found.values()].sort(
    (a, b) =>
      Number(a.virtual) - Number(b.virtual) ||
      a.family - b.family ||
      RANK.indexOf(a.scope) - RANK.indexOf(b.scope),
  );
}
