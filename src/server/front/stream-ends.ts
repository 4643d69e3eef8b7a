/** Who is at the two ends of a connection, in the canonical text that the machines expect. */
import type { Socket } from 'node:net';
import { canonicalIp, embeddedIpv4, formatIp, parseIp, type SocketAddress } from '../../base/index.ts';

export interface StreamEnds {
  readonly client: SocketAddress;
  readonly server: SocketAddress;
}

/** Connections whose client somebody has told who may be believed: the socket itself has a load balancer's address. */
const TOLD = new WeakMap<Socket, SocketAddress>();

/** From now on `client` is who is at the other end. */
export function tellClient(socket: Socket, client: SocketAddress): void {
  TOLD.set(socket, client);
}

/** Who was told to be at the other end. */
export function toldClient(socket: Socket): SocketAddress | undefined {
  return TOLD.get(socket);
}

/** IPv4 stays IPv4 on a socket of both families; `undefined` once the connection is gone. */
export function endsOf(socket: Socket): StreamEnds | undefined {
  const { remoteAddress, remotePort, localAddress, localPort } = socket;
  const client = remoteAddress === undefined ? undefined : plainIp(remoteAddress);
  const server = localAddress === undefined ? undefined : plainIp(localAddress);
  if (!client || !server || remotePort === undefined || localPort === undefined) return undefined;
  return {
    client: TOLD.get(socket) ?? { ip: client, port: remotePort },
    server: { ip: server, port: localPort },
  };
}

/** `::ffff:192.0.2.1` on a dual-stack socket is an IPv4 client. */
function plainIp(text: string): string | undefined {
  if (!text.startsWith('::ffff:')) return canonicalIp(text);
  const bytes = parseIp(text);
  const inner = bytes && embeddedIpv4(bytes);
  return inner ? formatIp(inner) : canonicalIp(text);
}
