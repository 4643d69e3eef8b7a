/** TCP connections, plain or with TLS inside, as byte streams; and in words why there is none. */
import { connect, isIP, type Socket } from 'node:net';
import { checkServerIdentity, connect as connectSecure, type TLSSocket } from 'node:tls';
import {
  type ByteStream,
  formatAddress,
  type Settled,
  type SocketAddress,
  StackError,
  type TlsOptions,
} from '../base/index.ts';
import { bindError, systemCodeOf } from './bind-error.ts';
import { NodeByteStream } from './byte-stream.ts';

/**
 * For TCP, and again for TLS. Where packets vanish the system tries for two minutes, and a server that accepts and then
 * says nothing would hold a socket for ever.
 */
const PATIENCE_MS = 15_000;

export function connectTcp(to: SocketAddress, done: Settled<ByteStream>, from?: SocketAddress): void {
  const socket = connect({
    host: to.ip,
    port: to.port,
    allowHalfOpen: true,
    ...(from && { localAddress: from.ip, localPort: from.port }),
  });
  settle(socket, 'connect', done, (cause) => connectError(to, from, cause));
}

/** `authorities`: PEM, whom to trust. */
export function connectTls(
  to: SocketAddress,
  { serverName, applicationProtocols = [] }: TlsOptions,
  authorities: readonly string[],
  done: Settled<ByteStream>,
): void {
  const socket = connectSecure({
    host: to.ip,
    port: to.port,
    ca: [...authorities],
    ALPNProtocols: [...applicationProtocols],
    // RFC 6066 §3: an address is no name.
    ...(isIP(serverName) === 0 && { servername: serverName }),
    checkServerIdentity: (_host, certificate) => checkServerIdentity(serverName, certificate),
  });
  settle(socket, 'secureConnect', done, (cause) => tlsError(to, serverName, socket, cause));
}

function settle(
  socket: Socket,
  ready: 'connect' | 'secureConnect',
  done: Settled<ByteStream>,
  explain: (cause: Error) => StackError,
): void {
  const fail = (cause: Error): void => {
    clearTimeout(patience);
    socket.destroy();
    done({ error: explain(cause) });
  };
  const patience = setTimeout(() => {
    socket.off('error', fail);
    socket.on('error', () => {});
    fail(Object.assign(new Error('nothing came back'), { code: 'ETIMEDOUT' }));
  }, PATIENCE_MS);
  socket.once('error', fail);
  socket.once(ready, () => {
    clearTimeout(patience);
    socket.off('error', fail);
    done({ value: new NodeByteStream(socket) });
  });
}

/** Node says what is wrong with a certificate in `authorizationError`, or by this code when the name is. */
function tlsError(to: SocketAddress, serverName: string, socket: TLSSocket, cause: Error): StackError {
  const code = systemCodeOf(cause);
  if (code !== 'ERR_TLS_CERT_ALTNAME_INVALID' && !socket.authorizationError) {
    return connectError(to, undefined, cause);
  }
  return certificateRefused(serverName, code || cause.message, cause);
}

/** `why`: as OpenSSL or Node calls it, `CERT_HAS_EXPIRED`. */
export function certificateRefused(serverName: string, why: string, cause?: Error): StackError {
  const sentence = `The certificate for ${serverName} is not to be trusted (${why}); give the server one for that name, or trust its authority.`;
  return new StackError('CERTIFICATE_REFUSED', sentence, { cause });
}

function connectError(to: SocketAddress, from: SocketAddress | undefined, cause: Error): StackError {
  const where = formatAddress(to);
  switch (systemCodeOf(cause)) {
    case 'EADDRINUSE':
    case 'EADDRNOTAVAIL':
    case 'EACCES':
      return bindError('TCP', from ?? to, cause);
    case 'ECONNREFUSED':
    case 'ECONNRESET':
      return new StackError('CONNECTION_REFUSED', `TCP ${where} refuses the connection.`, { cause });
    case 'ETIMEDOUT':
      return new StackError('CONNECTION_TIMED_OUT', `TCP ${where} does not answer.`, { cause });
    default:
      return new StackError('CONNECTION_FAILED', `TCP ${where} cannot be connected to: ${cause.message}.`, {
        cause,
      });
  }
}
