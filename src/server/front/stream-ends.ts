/** Who is at the two ends of a connection, in the canonical text that the machines expect. */
import type { Socket } from 'node:net';
import { canonicalIp, embeddedIpv4, formatIp, parseIp, type SocketAddress } from '../../base/index.ts';

export interface StreamEnds {
  readonly client: SocketAddress;
  readonly server: SocketAddress;
}

/** IPv4 stays IPv4 on a socket of both families; `undefined` once the connection is gone. */
export function endsOf(socket: Socket): StreamEnds | undefined {
  const { remoteAddress, remotePort, localAddress, localPort } = socket;
  const client = remoteAddress === undefined ? undefined : plainIp(remoteAddress);
  const server = localAddress === undefined ? undefined : plainIp(localAddress);
  if (!client || !server || remotePort === undefined || localPort === undefined) return undefined;
  return { client: { ip: client, port: remotePort }, server: { ip: server, port: localPort } };
}

/** `::ffff:192.0.2.1` on a dual-stack socket is an IPv4 client. */
function plainIp(text: string): string | undefined {
  if (!text.startsWith('::ffff:')) return canonicalIp(text);
  const bytes = parseIp(text);
  const inner = bytes && embeddedIpv4(bytes);
  return inner ? formatIp(inner) : canonicalIp(text);
}
