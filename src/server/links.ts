/** The addresses that people and programs reach this server by, as links. */
import { familyOf } from '../base/index.ts';
import { scopeOf } from '../node/index.ts';
import { reachableAddresses } from './tls/machine-names.ts';

/** The hosts behind a listening address, best first: itself, or every address of the machine. */
export function hostsOf(listening: string, publicIps: readonly string[]): string[] {
  if (listening !== '0.0.0.0' && listening !== '::') return [listening];
  const own = reachableAddresses().filter((ip) => listening === '::' || familyOf(ip) === 4);
  return [
    ...new Set([...publicIps.filter((ip) => listening === '::' || familyOf(ip) === 4), ...own, 'localhost']),
  ];
}

/** `https://192.168.0.10:8080`; the port 443 is left out. */
export function webLink(host: string, port: number): string {
  return port === 443 ? `https://${inUrl(host)}` : `https://${inUrl(host)}:${port}`;
}

/** RFC 3986 §3.2.2: an IPv6 address stands in brackets. */
function inUrl(host: string): string {
  return host.includes(':') && !host.startsWith('[') ? `[${host}]` : host;
}

/** How programs reach STUN and TURN at one host. RFC 7064 §3.1, RFC 7065 §3.1. */
export interface RelayLinks {
  readonly stun: string;
  /** Over UDP and TCP. */
  readonly turn: string;
  /** Over TLS. */
  readonly turns: string | undefined;
}

/** `addresses`: those that are listened on, best first; loopback is told only where there is nothing else. */
export function relayLinks(
  addresses: readonly string[],
  publicIps: readonly string[],
  port: number,
  tlsPort: number | undefined,
): RelayLinks[] {
  const useful = addresses.filter((ip) => scopeOf(ip) !== 'loopback' && !ip.startsWith('fe80:'));
  const families = new Set(addresses.map(familyOf));
  const hosts = [
    ...publicIps.filter((ip) => families.has(familyOf(ip))),
    ...(useful.length > 0 ? useful : addresses),
  ];
  return [...new Set(hosts)].map((host) => ({
    stun: `stun:${inUrl(host)}:${port}`,
    turn: `turn:${inUrl(host)}:${port}`,
    turns: tlsPort === undefined ? undefined : `turns:${inUrl(host)}:${tlsPort}`,
  }));
}
