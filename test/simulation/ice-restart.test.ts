/** Restarts: the old pair carries data until the new generation has one; a new address is found by one. RFC 8445 §9, RFC 8838. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { Host } from '../../src/vnet/index.ts';
import { IceCall } from '../support/ice/call.ts';
import { Internet } from '../support/ice/internet.ts';
import { IcePeer } from '../support/ice/peer.ts';
import { pair } from '../support/vnet/pair.ts';

test('a restart keeps the connection, with new credentials', () => {
  const { world, a, b } = pair(2);
  const call = new IceCall(a, b).start();
  assert.ok(call.connect());
  world.run(5_000);
  const before = [call.a, call.b].map(({ agent }) => agent.localCredentials);
  call.restart();
  // Data goes all the time: a word every millisecond.
  let said = 0;
  const heardBefore = call.b.heard.length;
  for (; said < 2_000; said++) {
    assert.ok(call.a.say(`word ${said}`));
    world.run(1);
  }
  world.run(1_000);
  assert.equal(call.b.heard.length - heardBefore, said);
  const after = [call.a, call.b].map(({ agent }) => agent.localCredentials);
  assert.ok(after.every(({ usernameFragment }, i) => usernameFragment !== before[i]?.usernameFragment));
  // webrtc.html §5.6.4: `completed`, restart: `connected`; nothing was lost.
  assert.deepEqual(call.a.states, ['checking', 'connected', 'completed', 'connected', 'completed']);
  assert.deepEqual(call.b.states, ['checking', 'connected', 'completed', 'connected', 'completed']);
  assert.ok(call.a.agent.selectedPair?.id !== undefined);
});

test('a host that moves to another network is found again by a restart, and consent had not ended', () => {
  const net = new Internet();
  const [home, other] = [net.home('port-restricted'), net.home('full-cone')];
  const call = net.call(home.host, other.host, { turn: true }).start();
  assert.ok(call.connect());
  net.world.run(5_000);
  // Out of the house: the router is out of reach, there is a public address.
  for (const access of home.host.accesses) home.host.leave(access);
  home.host.join(net.scene.internet, ['203.0.113.99'], { latencyMs: 30 });
  call.a.act((agent, now) => agent.handleInterfaces(now, home.host.interfaces()));
  net.world.run(1_000);
  call.restart();
  assert.ok(call.connect());
  net.world.run(5_000);
  assert.ok(call.converse());
  assert.equal(call.a.agent.selectedPair?.local.address.ip, '203.0.113.99');
  assert.ok(!call.b.states.includes('failed'));
});

test('a restart after failure begins anew', () => {
  const { world, a, b } = pair(8);
  const call = new IceCall(a, b).start();
  assert.ok(call.connect());
  for (const access of a.accesses) access.change({ loss: 1 });
  world.run(120_000);
  assert.deepEqual([call.a.agent.state, call.b.agent.state], ['failed', 'failed']);
  for (const access of a.accesses) access.change({ loss: 0 });
  call.restart();
  assert.ok(call.connect());
  assert.ok(call.converse());
  const { states } = call.a;
  assert.deepEqual(states.slice(states.indexOf('failed')).slice(0, 3), ['failed', 'checking', 'connected']);
});

test('ten restarts in a row, each before the one before it is done: the last one holds', () => {
  const { world, a, b } = pair(10);
  const call = new IceCall(a, b).start();
  assert.ok(call.connect());
  for (let i = 0; i < 10; i++) {
    call.restart();
    world.run(7 * i);
  }
  world.run(5_000);
  assert.ok(call.connected);
  assert.ok(call.converse());
});

test('a restart that is taken back leaves everything as it was', () => {
  const { world, a, b } = pair(12);
  const call = new IceCall(a, b).start();
  assert.ok(call.connect());
  world.run(5_000);
  const before = call.a.agent.localCredentials;
  call.a.act((agent, now) => agent.restart(now));
  call.a.gather();
  assert.notDeepEqual(call.a.agent.localCredentials, before);
  world.run(3_000);
  assert.ok(call.converse());
  call.a.act((agent, now) => agent.abandonRestart(now));
  assert.deepEqual(call.a.agent.localCredentials, before);
  world.run(120_000);
  assert.ok(call.converse());
  assert.deepEqual([call.a.agent.state, call.b.agent.state], ['completed', 'completed']);
});

test('another peer takes a call over: it is found with the credentials and candidates that the first one was told', () => {
  const { world, network, a, b } = pair(13);
  const third = new Host(network, 'c', ['192.0.2.33'], { latencyMs: 0 });
  const call = new IceCall(a, b).start();
  assert.ok(call.connect());
  world.run(5_000);
  const told = call.a.all('candidate').map(({ candidate }) => candidate);
  const successor = new IcePeer(third, { role: 'controlled', tcp: false });
  successor.onEvent = (event) => {
    if (event.type === 'candidate')
      call.a.act((agent, now) => agent.addRemoteCandidate(now, event.candidate));
  };
  successor.act((agent, now) => agent.setRemote(now, { ...call.a.agent.localCredentials, lite: false }));
  call.a.act((agent, now) => agent.setRemote(now, { ...successor.agent.localCredentials, lite: false }));
  for (const candidate of told) successor.act((agent, now) => agent.addRemoteCandidate(now, candidate));
  successor.gather();
  assert.ok(world.runUntil(world.now + 5_000, () => successor.agent.state === 'connected'));
  world.run(1_000);
  assert.equal(call.a.agent.selectedPair?.remote.address.ip, '192.0.2.33');
  assert.ok(call.a.say('welcome') && successor.say('hello'));
  world.run(100);
  assert.deepEqual([call.a.heard.at(-1), successor.heard.at(-1)], ['hello', 'welcome']);
});

for (const mover of ['a', 'b'] as const) {
  test(`${mover === 'a' ? 'the controlling' : 'the controlled'} side gets another address: data goes on in seconds, without a restart`, () => {
    const { world, network, a, b } = pair(14);
    const call = new IceCall(a, b).start();
    assert.ok(call.connect());
    world.run(30_000);
    const peer = call[mover];
    for (const access of [...peer.host.accesses]) peer.host.leave(access);
    peer.host.join(network, ['192.0.2.77'], { latencyMs: 5 });
    peer.act((agent, now) => agent.handleInterfaces(now, peer.host.interfaces()));
    world.run(2_000);
    assert.ok(call.converse());
    assert.equal(peer.agent.selectedPair?.local.address.ip, '192.0.2.77');
    world.run(120_000);
    assert.ok(call.connected && call.converse());
  });
}

test('a host that has no network at all for ten seconds goes on when it has one again', () => {
  const { world, network, a, b } = pair(15);
  const call = new IceCall(a, b).start();
  assert.ok(call.connect());
  world.run(60_000);
  for (const access of [...a.accesses]) a.leave(access);
  call.a.act((agent, now) => agent.handleInterfaces(now, a.interfaces()));
  assert.equal(call.a.agent.state, 'disconnected');
  world.run(10_000);
  a.join(network, ['192.0.2.88'], { latencyMs: 5 });
  call.a.act((agent, now) => agent.handleInterfaces(now, a.interfaces()));
  world.run(3_000);
  assert.ok(call.connected && call.converse());
});

test('one that never has a network again has failed after half a minute', () => {
  const { world, a, b } = pair(16);
  const call = new IceCall(a, b).start();
  assert.ok(call.connect());
  world.run(60_000);
  const at = world.now;
  for (const access of [...a.accesses]) a.leave(access);
  call.a.act((agent, now) => agent.handleInterfaces(now, a.interfaces()));
  world.run(60_000);
  assert.deepEqual([call.a.agent.state, call.b.agent.state], ['failed', 'failed']);
  assert.ok((call.a.reachedAt('failed') ?? 0) - at >= 29_900);
});
