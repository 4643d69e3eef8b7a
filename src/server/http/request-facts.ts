/**
 * What is true of a request: who sent it, by which host it was asked, whether it came over TLS, whether its page may
 * speak to us. Believes proxies only if they are trusted.
 */
import type { IncomingMessage } from 'node:http';
import { canonicalIp, embeddedIpv4, formatIp, type IpRange, inAnyRange, parseIp } from '../../base/index.ts';
import { toldClient } from '../front/stream-ends.ts';

/** A host as it may stand in a URL: a name or an address, with or without a port. */
const HOST = /^(?<name>[a-z\d]([a-z\d.-]{0,252})|\[[\da-f:.]{2,45}\])(:(?<port>\d{1,5}))?$/i;

export interface RequestHost {
  /** Without port; an IPv6 address has its brackets. */
  readonly name: string;
  /** Undefined when the URL had none. */
  readonly port: number | undefined;
}

export interface RequestFactsOptions {
  readonly trustedProxies: readonly IpRange[];
  readonly allowedOrigins: readonly string[];
}

export class RequestFacts {
  readonly #options: RequestFactsOptions;

  constructor(options: RequestFactsOptions) {
    this.#options = options;
  }

  /** Whether the other end of the connection is a trusted proxy. */
  isProxied(request: IncomingMessage): boolean {
    return this.isTrustedProxy(peerOf(request));
  }

  /**
   * The address of the browser: the other end of the connection, or behind trusted proxies the last address in
   * X-Forwarded-For that is not one of them. What comes before it could have been written by anybody.
   */
  clientAddress(request: IncomingMessage): string {
    let address = peerOf(request);
    const forwarded = lastValues(request, 'x-forwarded-for').reverse();
    for (const hop of forwarded) {
      if (!this.isTrustedProxy(address)) break;
      const ip = canonicalIp(hop.replace(/^\[(.*)\](:\d+)?$/, '$1'));
      if (!ip) break;
      address = reduce(ip);
    }
    return address;
  }

  /** Whether the request, or its first hop to a trusted proxy, came over TLS. */
  isSecure(request: IncomingMessage): boolean {
    if ('encrypted' in request.socket) return true;
    return this.isProxied(request) && lastValues(request, 'x-forwarded-proto').at(-1) === 'https';
  }

  /** `undefined` when the Host header is missing or could not stand in a URL. */
  host(request: IncomingMessage): RequestHost | undefined {
    const forwarded = this.isProxied(request) ? lastValues(request, 'x-forwarded-host').at(-1) : undefined;
    const groups = HOST.exec(forwarded ?? request.headers.host ?? '')?.groups;
    if (!groups?.name) return undefined;
    const port = groups.port === undefined ? undefined : Number(groups.port);
    const host = { name: groups.name, port };
    // The pattern lets through a few that no URL takes, such as 1.2.3.999.
    return URL.canParse(`https://${formatHost(host)}`) ? host : undefined;
  }

  /** Whether the page behind the request may use what needs a call page: ours, or one of the allowed origins. */
  isOriginAllowed(request: IncomingMessage): boolean {
    const { origin } = request.headers;
    // Only browsers send it, and they always do across origins; other programs could send any.
    if (origin === undefined) return true;
    if (this.#options.allowedOrigins.includes(origin)) return true;
    const host = this.host(request);
    if (!host || !URL.canParse(origin)) return false;
    const scheme = this.isSecure(request) ? 'https' : 'http';
    return new URL(origin).origin === new URL(`${scheme}://${formatHost(host)}`).origin;
  }

  /** In any spelling; an IPv4 address on an IPv6 socket counts as itself. */
  isTrustedProxy(address: string): boolean {
    const bytes = parseIp(reduce(address));
    return bytes !== undefined && inAnyRange(this.#options.trustedProxies, bytes);
  }
}

/** `call.example.com:8080` */
export function formatHost({ name, port }: RequestHost): string {
  return port === undefined ? name : `${name}:${port}`;
}

export function isLoopback(address: string): boolean {
  return address === '::1' || address.startsWith('127.');
}

/** The other end of the connection, or whom a load balancer named; an IPv4 address on an IPv6 socket is itself. */
function peerOf(request: IncomingMessage): string {
  const told = toldClient(request.socket)?.ip;
  return reduce(canonicalIp(told ?? request.socket.remoteAddress ?? '') ?? '0.0.0.0');
}

function reduce(ip: string): string {
  const bytes = parseIp(ip);
  const ipv4 = ip.startsWith('::ffff:') && bytes ? embeddedIpv4(bytes) : undefined;
  return ipv4 ? formatIp(ipv4) : ip;
}

/** The parts of a header that proxies append to. At most 16 count, so that a long one costs no time. */
function lastValues(request: IncomingMessage, name: string): string[] {
  const value = request.headers[name];
  const joined = Array.isArray(value) ? value.join(',') : (value ?? '');
  return joined
    .split(',')
    .slice(-16)
    .map((part) => part.trim())
    .filter((part) => part !== '');
}
