/** A TCP or TLS connection as the way to a server. RFC 8656 §3.1, RFC 7443. */
import { X509Certificate } from 'node:crypto';
import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { connect as connectTls, rootCertificates, type TLSSocket } from 'node:tls';
import { canonicalIp, StackError } from '../../base/index.ts';
import { systemCodeOf } from '../bind-error.ts';
import { plainBytes } from '../plain-bytes.ts';
import { certificateFacts } from './certificate-facts.ts';
import type { PipeHandlers, PipeOptions, SecureFacts, TurnPipe } from './pipe.ts';

/** Rejects as `connectStream` does. */
export async function openStreamPipe(options: PipeOptions, handlers: PipeHandlers): Promise<TurnPipe> {
  const { socket, secure } = await connectStream(options);
  const { server } = options;
  let closed = false;
  socket.on('error', () => socket.destroy());
  socket.on('data', (chunk) => {
    if (!closed) handlers.onBytes(server, plainBytes(chunk));
  });
  socket.once('close', () => {
    if (!closed) handlers.onClosed();
    closed = true;
  });
  return {
    local: {
      ip: canonicalIp(socket.localAddress ?? '') ?? '0.0.0.0',
      port: socket.localPort ?? 0,
    },
    secure,
    send: (bytes) => void (socket.destroyed || socket.write(bytes)),
    close: async () => {
      closed = true;
      // What was written last (the end of an allocation) leaves first.
      socket.destroySoon();
    },
  };
}

/** A connection on which nobody listens yet. Rejects with StackError `TURN_CONNECTION_CLOSED`; its cause is the system's error. */
export function connectStream(
  options: PipeOptions,
): Promise<{ socket: Socket; secure: SecureFacts | undefined }> {
  const { transport, patienceMs } = options;
  return new Promise((resolve, reject) => {
    const secured = transport === 'tls' ? openTls(options) : undefined;
    const socket: Socket = secured ?? connectTcp(placeOf(options));
    socket.setNoDelay(true);
    const fail = (why: string, cause?: unknown): void => {
      socket.destroy();
      reject(new StackError('TURN_CONNECTION_CLOSED', why, { cause }));
    };
    socket.setTimeout(patienceMs, () => fail(`No connection within ${patienceMs} ms.`));
    socket.once('error', (error) => fail(`${error.message || systemCodeOf(error)}.`, error));
    socket.once('close', () => fail('The connection was ended before it was ready.'));
    socket.once(secured ? 'secureConnect' : 'connect', () => {
      socket.setTimeout(0);
      socket.removeAllListeners();
      resolve({ socket, secure: secured && factsOf(secured) });
    });
  });
}

function placeOf({ server }: PipeOptions): { host: string; port: number } {
  return { host: server.ip, port: server.port };
}

function openTls(options: PipeOptions): TLSSocket {
  const { serverName, ca, anyCertificate } = options;
  return connectTls({
    ...placeOf(options),
    ALPNProtocols: ['stun.turn'], // RFC 7443 §3
    ...(serverName !== undefined && isIP(serverName) === 0 && { servername: serverName }),
    ...(ca !== undefined && { ca: [ca, ...rootCertificates] }),
    rejectUnauthorized: anyCertificate !== true,
  });
}

function factsOf(socket: TLSSocket): SecureFacts {
  const der = socket.getPeerCertificate().raw;
  const error: unknown = socket.authorizationError;
  const fault = socket.authorized ? undefined : String(systemCodeOf(error) || error);
  return {
    protocol: socket.getProtocol() ?? 'TLS',
    cipher: socket.getCipher().name,
    applicationProtocol: typeof socket.alpnProtocol === 'string' ? socket.alpnProtocol : undefined,
    certificate: der && certificateFacts(new X509Certificate(der), fault),
  };
}
