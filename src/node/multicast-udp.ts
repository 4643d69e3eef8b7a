/**
 * A UDP socket in a multicast group, on every interface that there is when it sends. Shares its port with whoever else
 * hears the group. RFC 6762 §11, §15.
 */
import { createSocket, type Socket } from 'node:dgram';
import {
  type DatagramHandler,
  type DatagramSocket,
  familyOf,
  type SocketAddress,
  silentLog,
} from '../base/index.ts';
import { bindError } from './bind-error.ts';
import { ownAddresses } from './interfaces.ts';
import { wrapUdp } from './udp.ts';

export interface MulticastBinding {
  readonly ip: string;
  readonly port: number;
  readonly multicastGroup: string;
}

/** RFC 6762 §11: "All Multicast DNS responses … SHOULD be sent with IP TTL set to 255." */
const HOPS = 255;

/** Rejects with a StackError whose code is a `BindErrorCode`. */
export function bindMulticast({ ip, port, multicastGroup }: MulticastBinding): Promise<DatagramSocket> {
  const family = familyOf(ip);
  return new Promise((resolve, reject) => {
    const socket = createSocket({
      type: family === 4 ? 'udp4' : 'udp6',
      ipv6Only: family === 6,
      reuseAddr: true,
      // At once, so that a datagram leaves by the interface that was chosen just before.
      lookup: (host, _options, callback) => callback(null, host, family),
    });
    socket.once('error', (cause) => reject(bindError('UDP', { ip, port }, cause)));
    socket.bind({ address: ip, port }, () => {
      socket.removeAllListeners('error');
      socket.setMulticastTTL(HOPS);
      socket.setMulticastLoopback(true); // peers on this machine listen to the same group
      resolve(new MulticastSocket(socket, multicastGroup));
    });
  });
}

class MulticastSocket implements DatagramSocket {
  readonly local: SocketAddress;
  readonly neverFragments = false;
  readonly #socket: Socket;
  readonly #inner: DatagramSocket;
  readonly #group: string;
  readonly #joined = new Set<string>();
  #closed = false;

  constructor(socket: Socket, group: string) {
    this.#socket = socket;
    this.#inner = wrapUdp(socket, silentLog, false);
    this.local = this.#inner.local;
    this.#group = group;
    for (const way of waysOut(group)) this.#join(way);
  }

  /** To the group: by every interface. */
  send(bytes: Uint8Array, to: SocketAddress): void {
    if (this.#closed || to.ip !== this.#group) {
      this.#inner.send(bytes, to);
      return;
    }
    const ways = waysOut(this.#group);
    for (const way of this.#joined) if (!ways.includes(way)) this.#joined.delete(way);
    for (const way of ways) {
      this.#join(way);
      if (succeeds(() => this.#socket.setMulticastInterface(way))) this.#inner.send(bytes, to);
    }
  }

  onDatagram(handler: DatagramHandler, afterBatch?: () => void): void {
    this.#inner.onDatagram(handler, afterBatch);
  }

  close(): void {
    this.#closed = true;
    this.#inner.close();
  }

  /** An interface without multicast is none for us; two addresses of one interface join it once. */
  #join(way: string): void {
    if (this.#joined.has(way)) return;
    this.#joined.add(way);
    succeeds(() => this.#socket.addMembership(this.#group, way));
  }
}

/** As node:dgram names an interface: an address of it, or `::%name`. */
function waysOut(group: string): readonly string[] {
  const family = familyOf(group);
  const byInterface = new Map<string, string>();
  for (const { ip, family: of, interfaceName } of ownAddresses()) {
    if (of === family && !byInterface.has(interfaceName)) {
      byInterface.set(interfaceName, family === 4 ? ip : `::%${interfaceName}`);
    }
  }
  return [...byInterface.values()];
}

/** Whether the system agrees: an interface may vanish at any moment, or know no multicast. */
function succeeds(call: () => void): boolean {
  try {
    call();
    return true;
  } catch {
    return false;
  }
}
