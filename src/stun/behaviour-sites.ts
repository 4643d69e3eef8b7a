/**
 * The sockets of a server from which NAT behaviour can be discovered: for each, which one has the other port, the other
 * address, or both. Binds nothing. RFC 5780 §6.1, table 1.
 */
import { formatAddress, type SocketAddress } from '../base/index.ts';

/** One socket. */
export interface BehaviourPlace {
  /** What it is bound to: it names the socket. */
  readonly local: SocketAddress;
  /** How clients reach it; differs from `local` behind a 1:1 NAT. */
  readonly advertised: SocketAddress;
}

/** The place that a request came to (`here`: Da:Dp), and what can be had in its stead. */
export interface BehaviourSite {
  readonly here: BehaviourPlace;
  /** Da:Cp */
  readonly otherPort: BehaviourPlace | undefined;
  /** Ca:Dp */
  readonly otherIp: BehaviourPlace | undefined;
  /** Ca:Cp */
  readonly otherBoth: BehaviourPlace | undefined;
}

/** One address of the server. */
export interface BehaviourIp {
  readonly local: string;
  readonly advertised: string;
}

export interface BehaviourGrid {
  /** Addresses of one family, best first. */
  readonly ips: readonly BehaviourIp[];
  /** The other address; one of `ips` or a further one. Without it there is the two-port part only. */
  readonly alternate?: BehaviourIp | undefined;
  readonly port: number;
  readonly alternatePort: number;
}

/** All places of one family by `formatAddress` of the local address, each with its site. */
export function behaviourSites(grid: BehaviourGrid): Map<string, BehaviourSite> {
  const { alternate, port, alternatePort } = grid;
  const ips = grid.ips.filter(({ local }) => local !== alternate?.local);
  const primary = ips[0];
  const sites = new Map<string, BehaviourSite>();
  const add = (ip: BehaviourIp, other: BehaviourIp | undefined): void => {
    for (const [here, there] of [
      [port, alternatePort],
      [alternatePort, port],
    ] as const) {
      sites.set(formatAddress({ ip: ip.local, port: here }), {
        here: placeOf(ip, here),
        otherPort: placeOf(ip, there),
        otherIp: other && placeOf(other, here),
        otherBoth: other && placeOf(other, there),
      });
    }
  };
  for (const ip of ips) add(ip, alternate);
  if (alternate) add(alternate, primary);
  return sites;
}

function placeOf(ip: BehaviourIp, port: number): BehaviourPlace {
  return { local: { ip: ip.local, port }, advertised: { ip: ip.advertised, port } };
}
