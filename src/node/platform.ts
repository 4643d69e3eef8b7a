/** This machine as a `Platform`: node:dgram, node:net, node:dns. Rejections become `error` of the callback. */
import { lookup as resolve } from 'node:dns';
import { type AddressInfo, connect, createServer, isIP } from 'node:net';
import { connect as connectSecure } from 'node:tls';
import {
  canonicalIp,
  type DatagramSocket,
  formatAddress,
  type Platform,
  type SocketAddress,
  StackError,
  type UdpBinding,
} from '../base/index.ts';
import { openPost } from './batched-udp.ts';
import { bindError, systemCodeOf } from './bind-error.ts';
import { NodeByteStream } from './byte-stream.ts';
import { ownAddresses } from './interfaces.ts';
import { judgeChain } from './turn/certificate-facts.ts';
import { bindUdp, RECEIVE_BUFFER_BYTES } from './udp.ts';

export const nodePlatform: Platform = {
  bindUdp(binding, done) {
    bindAny(binding).then(
      (value) => done({ value }),
      (error: Error) => done({ error }),
    );
  },

  listenTcp(local, onStream, done) {
    const server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, (socket) =>
      onStream(new NodeByteStream(socket)),
    );
    const fail = (cause: Error): void => done({ error: bindError('TCP', local, cause) });
    server.once('error', fail);
    server.listen({ host: local.ip, port: local.port, ipv6Only: true, exclusive: true }, () => {
      server.off('error', fail);
      // One connection that could not be accepted is no reason to stop.
      server.on('error', () => {});
      const { address, port } = server.address() as AddressInfo;
      done({
        value: { local: { ip: canonicalIp(address) ?? address, port }, close: () => void server.close() },
      });
    });
  },

  connectTcp(to, done, from) {
    const socket = connect({
      host: to.ip,
      port: to.port,
      allowHalfOpen: true,
      ...(from && { localAddress: from.ip, localPort: from.port }),
    });
    const fail = (cause: Error): void => {
      socket.destroy();
      done({ error: connectError(to, from, cause) });
    };
    socket.once('error', fail);
    socket.once('connect', () => {
      socket.off('error', fail);
      done({ value: new NodeByteStream(socket) });
    });
  },

  connectTls(to, { serverName, applicationProtocols = [] }, done) {
    const socket = connectSecure({
      host: to.ip,
      port: to.port,
      ALPNProtocols: [...applicationProtocols],
      ...(isIP(serverName) === 0 && { servername: serverName }),
    });
    const fail = (cause: Error): void => {
      socket.destroy();
      done({ error: connectError(to, undefined, cause) });
    };
    socket.once('error', fail);
    socket.once('secureConnect', () => {
      socket.off('error', fail);
      done({ value: new NodeByteStream(socket) });
    });
  },

  verifyChain(chain, serverName, done) {
    const facts = judgeChain(chain, { name: serverName, atMs: Date.now() });
    const refuse = (why: string): Error =>
      new StackError(
        'CERTIFICATE_REFUSED',
        `The certificate for ${serverName} is not to be trusted: ${why}.`,
      );
    queueMicrotask(() => {
      if (facts && facts.fault === undefined) done({ value: true });
      else done({ error: refuse(facts?.fault ?? 'it is no X.509 certificate') });
    });
  },

  interfaces: () => ownAddresses(),

  lookup(name, done) {
    resolve(name, { all: true }, (cause, found) => {
      const value = found?.flatMap(({ address }) => canonicalIp(address) ?? []) ?? [];
      if (value.length > 0) done({ value });
      else {
        const sentence = `The name ${name} stands for no address; check how it is spelt, and the name server.`;
        done({ error: new StackError('NAME_UNKNOWN', sentence, { cause }) });
      }
    });
  },
};

async function bindAny(binding: UdpBinding): Promise<DatagramSocket> {
  const { ip, port, receiveBufferBytes = RECEIVE_BUFFER_BYTES } = binding;
  const post = binding.batched ? (await openPost()).post : undefined;
  if (!post) return bindUdp(binding);
  return post.bind({ ip, port }, { bufferBytes: receiveBufferBytes, neverFragments: true });
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
