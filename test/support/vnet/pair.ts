/** Two hosts on one network, and what they need to talk without ceremony. */
import assert from 'node:assert/strict';
import type { ByteStream, DatagramSocket, SocketAddress } from '../../../src/base/index.ts';
import { Host, type LinkOptions, Network, type VirtualUdpSocket, World } from '../../../src/vnet/index.ts';

export interface Pair {
  readonly world: World;
  readonly network: Network;
  readonly a: Host;
  readonly b: Host;
}

/** `a` behind a link of its own; the cable of `b` costs nothing, so that what is seen is what the one link does. */
export function pair(seed: number, link: Partial<LinkOptions> = {}): Pair {
  const world = new World({ seed });
  const network = new Network(world, 'net');
  const a = new Host(network, 'a', ['192.0.2.1', '2001:db8::1'], link);
  const b = new Host(network, 'b', ['192.0.2.2', '2001:db8::2'], { latencyMs: 0, mtuBytes: 100_000 });
  return { world, network, a, b };
}

/** Runs the world as little as the system needs to answer. */
export function bindUdp(host: Host, ip: string, port = 0): VirtualUdpSocket {
  let socket: VirtualUdpSocket | undefined;
  host.bindUdp({ ip, port }, ({ value, error }) => {
    if (error) throw error;
    socket = value;
  });
  host.world.run(0);
  assert.ok(socket);
  return socket;
}

export interface Received {
  readonly at: number;
  readonly from: SocketAddress;
  readonly bytes: Uint8Array;
}

/** What comes to a socket, with its time. */
export function collect(host: Host, socket: DatagramSocket): Received[] {
  const received: Received[] = [];
  socket.onDatagram((from, bytes) => received.push({ at: host.world.now, from, bytes }));
  return received;
}

/** What one end of a connection has seen. */
export interface Ear {
  readonly bytes: number[];
  readonly events: string[];
}

export function earOf(stream: ByteStream): Ear {
  const ear: Ear = { bytes: [], events: [] };
  stream.listen({
    onBytes: (bytes) => ear.bytes.push(...bytes),
    onDrained: () => ear.events.push('drained'),
    onEnded: () => ear.events.push('ended'),
    onClosed: () => ear.events.push('closed'),
  });
  return ear;
}
