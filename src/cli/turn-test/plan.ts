/** Which transports of which addresses are tried for a URI. Tries nothing. RFC 5928 §3, RFC 7350. */
import { familyOf, type SocketAddress } from '../../base/index.ts';
import type { ServerUri } from '../../stun/index.ts';
import type { ClientTransport } from '../../turn/index.ts';

export interface Attempt {
  readonly transport: ClientTransport;
  readonly server: SocketAddress;
  /** Nobody has promised it, so it may be missing. */
  readonly optional: boolean;
}

/** RFC 7065 §3.2. */
const SECURE_PORT = 5349;

/** `ips`: what the name stands for, best first. One address of each family is tried; the second one may fail. */
export function planOf(uri: ServerUri, ips: readonly string[]): Attempt[] {
  const [first] = ips;
  const second = first === undefined ? undefined : ips.find((ip) => familyOf(ip) !== familyOf(first));
  return [first, second].flatMap((ip, rank) =>
    ip === undefined
      ? []
      : waysOf(uri).map(({ port, ...way }) => ({
          ...way,
          optional: way.optional || rank > 0,
          server: { ip, port },
        })),
  );
}

interface Way {
  readonly transport: ClientTransport;
  readonly port: number;
  readonly optional: boolean;
}

/**
 * What the URI names must work. Beside it: DTLS where TLS is meant and nothing is said of UDP; and where neither port nor
 * transport is given, TLS and DTLS at their usual port.
 */
function waysOf({ protocol, secure, port, portGiven, transport }: ServerUri): Way[] {
  const must = (name: ClientTransport): Way => ({ transport: name, port, optional: false });
  const may = (name: ClientTransport, at: number): Way => ({ transport: name, port: at, optional: true });
  if (secure) {
    if (transport !== undefined) return [must(transport === 'udp' ? 'dtls' : 'tls')];
    return [must('tls'), may('dtls', port)];
  }
  if (transport !== undefined) return [must(transport)];
  if (protocol === 'stun') return [must('udp'), may('tcp', port)];
  const besides = portGiven ? [] : [may('tls', SECURE_PORT), may('dtls', SECURE_PORT)];
  return [must('udp'), must('tcp'), ...besides];
}
