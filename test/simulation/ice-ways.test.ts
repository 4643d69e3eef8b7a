/** The order of ways: datagrams, then streams, then relays; names in place of addresses. RFC 6544, RFC 8445 §5.1.2, §8.3. */
import assert from 'node:assert/strict';
import test from 'node:test';
import type { Packet } from '../../src/vnet/index.ts';
import { IceCall } from '../support/ice/call.ts';
import { Internet } from '../support/ice/internet.ts';
import { pair } from '../support/vnet/pair.ts';

const isDatagram = (packet: Packet): boolean => packet.protocol === 'udp';
const TCP = { a: { tcp: true, tcpListen: true }, b: { tcp: true } };

test('where no datagram passes two hosts meet over TCP', () => {
  const { world, a, b } = pair(1, { trap: isDatagram });
  const call = new IceCall(a, b, TCP).start();
  assert.ok(call.connect(2_000));
  assert.equal(call.a.agent.selectedPair?.local.protocol, 'tcp');
  assert.ok(call.converse());
  world.run(300_000);
  assert.ok(call.connected && call.converse(), call.a.states.join());
  call.close();
  world.run(10_000);
  assert.deepEqual([a.socketCount, b.socketCount], [0, 0]);
});

test('where datagrams pass no connection is even tried', () => {
  const { world, a, b } = pair(1);
  const call = new IceCall(a, b, TCP).start();
  assert.ok(call.connect());
  world.run(60_000);
  assert.equal(call.a.agent.selectedPair?.local.protocol, 'udp');
  assert.ok(!world.log.records.some(({ packet }) => packet.protocol === 'tcp'));
});

test('a direct stream is preferred to a relay', () => {
  const net = new Internet();
  const [a, b] = [net.home('open', { trap: isDatagram }), net.home('open')];
  const servers = [
    {
      urls: ['turn:turn.example.test?transport=tcp'],
      credentials: { username: 'alice', password: 'wonder' },
    },
  ];
  const call = net
    .call(a.host, b.host, { a: { servers, tcp: true }, b: { tcp: true, tcpListen: true } })
    .start();
  assert.ok(call.connect());
  net.world.run(5_000);
  assert.deepEqual(
    [call.a.agent.selectedPair?.relayed, call.a.agent.selectedPair?.local.protocol],
    [false, 'tcp'],
  );
  assert.ok(call.converse());
});

test('a network that lets out nothing but TCP to the TURN server: by relay', () => {
  const net = new Internet();
  const [a, b] = [net.home('open', { trap: isDatagram }), net.home('symmetric')];
  const servers = [
    {
      urls: ['turn:turn.example.test?transport=tcp'],
      credentials: { username: 'alice', password: 'wonder' },
    },
  ];
  const call = net.call(a.host, b.host, { a: { servers } }).start();
  assert.ok(call.connect());
  net.world.run(5_000);
  assert.equal(call.a.agent.selectedPair?.local.relayProtocol, 'tcp');
  assert.ok(call.converse());
});

test('hosts that tell names in place of addresses find each other, and tell no address', () => {
  const { world, a, b } = pair(1);
  const call = new IceCall(a, b, { a: { mdns: true }, b: { mdns: true } }).start();
  assert.ok(call.connect());
  world.run(3_000);
  assert.ok(call.converse());
  for (const { candidate } of [...call.a.all('candidate'), ...call.b.all('candidate')]) {
    assert.match(candidate.address, /^[\da-f-]{36}\.local$/);
    assert.equal(candidate.related, undefined);
  }
});

test('a name that nobody answers for costs nothing: the other side is learned from its checks', () => {
  const { world, a, b } = pair(1);
  const call = new IceCall(a, b, { b: { mdns: true } });
  call.b.onRequest = (request) => request.kind === 'announce';
  call.start();
  assert.ok(call.connect());
  assert.equal(call.a.agent.selectedPair?.remote.type, 'prflx');
  world.run(3_000);
  assert.ok(call.converse());
});
