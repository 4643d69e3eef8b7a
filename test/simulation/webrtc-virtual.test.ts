/** The W3C surface in the virtual internet: promises and events as a script sees them, behind routers and over bad links. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { burstyLoss, type Host } from '../../src/vnet/index.ts';
import type { RTCConfiguration, RTCDataChannel, RTCPeerConnection } from '../../src/webrtc/index.ts';
import { STUN, TURN } from '../support/ice/gather-scene.ts';
import { Internet } from '../support/ice/internet.ts';
import { wire } from '../support/webrtc/connect.ts';
import { runUntil, webRtcOn } from '../support/webrtc/virtual-shell.ts';

const WITH_TURN: RTCConfiguration = {
  iceServers: [{ urls: [...STUN.urls] }, { urls: [...TURN.urls], username: 'alice', credential: 'wonder' }],
};

interface Call {
  readonly a: RTCPeerConnection;
  readonly b: RTCPeerConnection;
  readonly near: RTCDataChannel;
  /** Once it is announced. */
  readonly far: () => RTCDataChannel | undefined;
  readonly heard: string[];
}

function call(one: Host, other: Host, configuration: RTCConfiguration = {}): Call {
  const a = new (webRtcOn(one).RTCPeerConnection)(configuration);
  const b = new (webRtcOn(other).RTCPeerConnection)(configuration);
  wire(a, b);
  const heard: string[] = [];
  let far: RTCDataChannel | undefined;
  b.ondatachannel = ({ channel }) => {
    far = channel;
    channel.onmessage = ({ data }) => void heard.push(String(data));
  };
  return { a, b, near: a.createDataChannel('virtual'), far: () => far, heard };
}

test('two at home behind the strictest routers talk through the relay', async () => {
  const net = new Internet();
  const { a, b, near, heard } = call(net.home('symmetric').host, net.home('symmetric').host, WITH_TURN);
  assert.ok(await runUntil(net.world, 10_000, () => near.readyState === 'open'));
  near.send('through the relay');
  assert.ok(await runUntil(net.world, 1_000, () => heard.length === 1));
  const isNominated = (): boolean => [a, b].every((it) => it.iceConnectionState === 'completed');
  assert.ok(await runUntil(net.world, 10_000, isNominated));
  // One side's relay is enough: its other end is what the relay sees of the peer.
  const locals = [a, b].map(({ sctp }) => sctp?.transport.iceTransport.getSelectedCandidatePair()?.local);
  const relayed = locals.find((local) => local?.type === 'relay');
  assert.ok(relayed);
  assert.equal(relayed.url, TURN.urls[0]);
  assert.equal(relayed.relayProtocol, 'udp');
  a.close();
  b.close();
  await runUntil(net.world, 1_000);
});

test('every event comes in the order of the specification', async () => {
  const net = new Internet();
  const { a, b, near } = call(net.home('open').host, net.home('open').host);
  const log: string[] = [];
  a.addEventListener('signalingstatechange', () => void log.push(`signaling ${a.signalingState}`));
  a.addEventListener('iceconnectionstatechange', () => void log.push(`ice ${a.iceConnectionState}`));
  a.addEventListener('connectionstatechange', () => void log.push(`connection ${a.connectionState}`));
  a.addEventListener('icegatheringstatechange', () => void log.push(`gathering ${a.iceGatheringState}`));
  near.addEventListener('open', () => void log.push('open'));
  assert.ok(await runUntil(net.world, 10_000, () => near.readyState === 'open'));
  const only = (what: string): string[] => log.filter((line) => line.startsWith(what));
  assert.deepEqual(only('signaling'), ['signaling have-local-offer', 'signaling stable']);
  assert.deepEqual(only('gathering'), ['gathering gathering', 'gathering complete']);
  assert.deepEqual(only('connection'), ['connection connecting', 'connection connected']);
  assert.equal(only('ice')[0], 'ice checking');
  assert.equal(log.at(-1), 'open');
  a.close();
  b.close();
});

test('messages arrive whole and in order over a link that loses in bursts', async () => {
  const net = new Internet();
  const link = { latencyMs: 15, loss: burstyLoss(0.1, 3) };
  const { a, b, near, heard } = call(net.home('open', link).host, net.home('open').host);
  assert.ok(await runUntil(net.world, 30_000, () => near.readyState === 'open'));
  const said = Array.from({ length: 300 }, (_, i) => `${i} ${'x'.repeat(i * 5)}`);
  for (const text of said) near.send(text);
  assert.ok(await runUntil(net.world, 120_000, () => heard.length === said.length));
  assert.deepEqual(heard, said);
  assert.equal(near.bufferedAmount, 0);
  a.close();
  b.close();
});

test('a cut cable is noticed, and told by states; an ICE restart afterwards mends it', async () => {
  const net = new Internet();
  const home = net.home('open');
  const { a, b, near, heard } = call(home.host, net.home('open').host);
  assert.ok(await runUntil(net.world, 10_000, () => near.readyState === 'open'));
  const [access] = home.host.accesses;
  assert.ok(access);
  access.change({ loss: 1 });
  near.send('kept until the cable is back');
  assert.ok(await runUntil(net.world, 60_000, () => a.iceConnectionState === 'disconnected'));
  access.change({ loss: 0 });
  a.restartIce();
  assert.ok(await runUntil(net.world, 60_000, () => heard.length === 1));
  assert.ok(['connected', 'completed'].includes(a.iceConnectionState));
  a.close();
  b.close();
});

test('once both are closed no socket, no deadline and no datagram is left', async () => {
  const net = new Internet();
  const [one, other] = [net.home('open').host, net.home('open').host];
  const { a, b, near } = call(one, other);
  assert.ok(await runUntil(net.world, 10_000, () => near.readyState === 'open'));
  a.close();
  b.close();
  await runUntil(net.world, 1_000);
  assert.equal(one.socketCount, 0);
  assert.equal(other.socketCount, 0);
  const before = net.world.log.records.length;
  await runUntil(net.world, 3_600_000);
  assert.equal(net.world.log.records.length, before);
});

test('one who is left alone hears of it', async () => {
  const net = new Internet();
  const { a, b, near, far } = call(net.home('open').host, net.home('open').host);
  assert.ok(
    await runUntil(net.world, 10_000, () => far()?.readyState === 'open' && near.readyState === 'open'),
  );
  const heard: string[] = [];
  far()?.addEventListener('error', ({ error }) => void heard.push(`error ${error.sctpCauseCode}`));
  far()?.addEventListener('close', () => void heard.push('close'));
  a.close();
  assert.ok(await runUntil(net.world, 5_000, () => far()?.readyState === 'closed'));
  assert.deepEqual(heard, ['error 12', 'close']);
  b.close();
});
