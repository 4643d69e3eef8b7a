/** The addresses that people and programs reach this server by, as links. */
import { familyOf, type SocketAddress } from '../base/index.ts';
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
export function inUrl(host: string): string {
  return host.includes(':') && !host.startsWith('[') ? `[${host}]` : host;
}

/** RFC 7064 §3.1, RFC 7065 §3.1. */
export function turnLink(
  scheme: 'stun' | 'turn' | 'turns',
  host: string,
  { port }: Pick<SocketAddress, 'port'>,
): string {
  return `${scheme}:${inUrl(host)}:${port}`;
}
