/** This machine as a `Platform`: node:dgram, node:net, node:tls, node:dns. Rejections become `error` of the callback. */
import { lookup as resolve } from 'node:dns';
import { type AddressInfo, createServer } from 'node:net';
import {
  canonicalIp,
  type DatagramSocket,
  type InterfaceAddress,
  type Platform,
  type Settled,
  StackError,
  type UdpBinding,
} from '../base/index.ts';
import { authorities } from './authorities.ts';
import { openPost } from './batched-udp.ts';
import { bindError } from './bind-error.ts';
import { NodeByteStream } from './byte-stream.ts';
import { monotonicNow } from './clock.ts';
import { certificateRefused, connectTcp, connectTls } from './connect.ts';
import { ownAddresses } from './interfaces.ts';
import { isLinkName, LinkNames } from './mdns.ts';
import { bindMulticast } from './multicast-udp.ts';
import { judgeChain } from './turn/certificate-facts.ts';
import { bindUdp, RECEIVE_BUFFER_BYTES } from './udp.ts';

export interface NodePlatformOptions {
  /** PEM of further authorities to trust, beside Node's own and NODE_EXTRA_CA_CERTS. */
  readonly authorities?: readonly string[];
}

export function createNodePlatform(options: NodePlatformOptions = {}): Platform {
  // Read at first use: most processes never speak TLS.
  let roots: readonly string[] | undefined;
  const trusted = (): readonly string[] => {
    roots ??= authorities(options.authorities);
    return roots;
  };
  return {
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

    connectTcp,

    connectTls: (to, tls, done) => connectTls(to, tls, trusted(), done),

    verifyChain(chain, serverName, done) {
      const facts = judgeChain(chain, { name: serverName, roots: trusted(), atMs: Date.now() });
      const fault = facts ? facts.fault : 'it is no X.509 certificate';
      queueMicrotask(() => {
        done(fault === undefined ? { value: true } : { error: certificateRefused(serverName, fault) });
      });
    },

    interfaces: recentAddresses,

    lookup,
  };
}

/** Asking the system takes a tenth of the time in which two peers connect; connections are opened in bursts. */
const ADDRESSES_FRESH_MS = 250;
let addresses: readonly InterfaceAddress[] = [];
let addressesAt = Number.NEGATIVE_INFINITY;

function recentAddresses(): readonly InterfaceAddress[] {
  const now = monotonicNow();
  if (now - addressesAt > ADDRESSES_FRESH_MS) {
    addresses = ownAddresses();
    addressesAt = now;
  }
  return addresses;
}

/** Trusts whom Node trusts. */
export const nodePlatform: Platform = createNodePlatform();

async function bindAny(binding: UdpBinding): Promise<DatagramSocket> {
  const { ip, port, batched, multicastGroup, receiveBufferBytes = RECEIVE_BUFFER_BYTES } = binding;
  if (multicastGroup !== undefined) return bindMulticast({ ip, port, multicastGroup });
  const post = batched ? (await openPost()).post : undefined;
  if (!post) return bindUdp(binding);
  return post.bind({ ip, port }, { bufferBytes: receiveBufferBytes, neverFragments: true });
}

const linkNames = new LinkNames();

/** Answers for a name of the local link (`….local`) until `close`. RFC 6762. */
export function announceName(name: string, ip: string): { close(): void } {
  return linkNames.announce(name, ip);
}

function lookup(name: string, done: Settled<readonly string[]>): void {
  if (isLinkName(name)) {
    linkNames.lookup(name, done);
    return;
  }
  resolve(name, { all: true }, (cause, found) => {
    const value = found?.flatMap(({ address }) => canonicalIp(address) ?? []) ?? [];
    if (value.length > 0) done({ value });
    else {
      const sentence = `The name ${name} stands for no address; check how it is spelt, and the name server.`;
      done({ error: new StackError('NAME_UNKNOWN', sentence, { cause }) });
    }
  });
}
