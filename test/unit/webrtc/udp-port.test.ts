/** Many connections on one UDP port, over real sockets: as a server behind a firewall with one hole has them. */
import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { afterEach, test } from 'node:test';
import { type RTCConfiguration, RTCPeerConnection } from '../../../src/node/webrtc/index.ts';
import { once, openChannel, wire } from '../../support/webrtc/connect.ts';

const CLIENTS = 12;
const open: RTCPeerConnection[] = [];

afterEach(() => {
  for (const connection of open.splice(0)) connection.close();
});

function connection(configuration: RTCConfiguration): RTCPeerConnection {
  const made = new RTCPeerConnection(configuration);
  open.push(made);
  return made;
}

async function freePort(): Promise<number> {
  const socket = createSocket('udp4');
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  const { port } = socket.address();
  await new Promise<void>((resolve) => socket.close(resolve));
  return port;
}

const portsOf = (sdp: string | undefined): string[] =>
  [...(sdp ?? '').matchAll(/^a=candidate:\S+ 1 udp \d+ \S+ (\d+) typ host/gim)].map(([, port]) => port ?? '');

test('each connection hears its own peer and nobody else’s, and the port is free when the last has gone', async () => {
  const port = await freePort();
  const server = { ieum: { udpPort: port, tcp: false } };
  await Promise.all(
    Array.from({ length: CLIENTS }, async (_, i) => {
      const [a, b] = [connection(server), connection({ ieum: { tcp: false } })];
      // Half of them offer, half of them answer on the shared port.
      const [offerer, answerer] = i % 2 === 0 ? [a, b] : [b, a];
      wire(offerer, answerer);
      const { near, far } = await openChannel(offerer, answerer);
      near.send(`hello ${i}`);
      assert.equal((await once<MessageEvent>(far, 'message')).data, `hello ${i}`);
      far.send(`back ${i}`);
      assert.equal((await once<MessageEvent>(near, 'message')).data, `back ${i}`);
      const ports = portsOf(a.localDescription?.sdp);
      assert.ok(ports.length > 0);
      assert.deepEqual(new Set(ports), new Set([String(port)]));
      assert.ok(!portsOf(b.localDescription?.sdp).includes(String(port)));
    }),
  );
  for (const it of open.splice(0)) it.close();
  await new Promise((resolve) => setImmediate(resolve));
  const again = connection(server);
  again.createDataChannel('again');
  await again.setLocalDescription();
  if (again.iceGatheringState !== 'complete') {
    await new Promise<void>((resolve) => {
      again.onicegatheringstatechange = () => {
        if (again.iceGatheringState === 'complete') resolve();
      };
    });
  }
  assert.deepEqual(new Set(portsOf(again.localDescription?.sdp)), new Set([String(port)]));
});

test('an ICE restart on the shared port: checks of the new generation are heard', async () => {
  const server = { ieum: { udpPort: await freePort(), tcp: false } };
  const [a, b] = [connection(server), connection({ ieum: { tcp: false } })];
  wire(a, b);
  const { near, far } = await openChannel(a, b);
  const before = a.localDescription?.sdp.match(/a=ice-ufrag:(\S+)/)?.[1];
  const stable = new Promise<void>((resolve) => {
    a.addEventListener('signalingstatechange', () => {
      if (a.signalingState === 'stable') resolve();
    });
  });
  a.restartIce();
  await stable;
  assert.notEqual(a.localDescription?.sdp.match(/a=ice-ufrag:(\S+)/)?.[1], before);
  near.send('after');
  assert.equal((await once<MessageEvent>(far, 'message')).data, 'after');
});

test('a port that is no port is a TypeError', () => {
  for (const udpPort of [0, 65_536, -1, Number.NaN]) {
    assert.throws(() => new RTCPeerConnection({ ieum: { udpPort } }), TypeError);
  }
});
