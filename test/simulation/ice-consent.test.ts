/** Consent over the life of a connection: asked for, missed, regained, ended; another pair in its place. RFC 7675, webrtc.html §5.6.4. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { decodeMessage, MessageClass } from '../../src/stun/index.ts';
import { type Host, NAT_PRESETS, type Packet, type PacketRecord } from '../../src/vnet/index.ts';
import { IceCall } from '../support/ice/call.ts';
import { Internet } from '../support/ice/internet.ts';
import { pair } from '../support/vnet/pair.ts';

const A_DAY_MS = 86_400_000;

function connected(): ReturnType<typeof pair> & { readonly call: IceCall } {
  const two = pair(4);
  const call = new IceCall(two.a, two.b).start();
  assert.ok(call.connect());
  two.world.run(10_000);
  return { ...two, call };
}

/** Loses everything between the two from now on, or nothing any more. */
function cut({ a }: { readonly a: Host }, everything: boolean): void {
  for (const access of a.accesses) access.change({ loss: everything ? 1 : 0 });
}

function isRequest(packet: Packet): boolean {
  if (packet.protocol !== 'udp') return false;
  return decodeMessage(packet.payload)?.class === MessageClass.REQUEST;
}

test('a connected pair asks for consent every 4 to 6 seconds, and for nothing else', () => {
  const { world, a, call } = connected();
  const before = world.log.records.length;
  world.run(600_000);
  const asked = world.log.records
    .slice(before)
    .filter(
      ({ where, fate, packet }: PacketRecord) => where === a.name && fate === 'sent' && isRequest(packet),
    );
  const selected = call.a.agent.selectedPair?.remote.address.ip;
  const times = asked.filter(({ packet }) => packet.to.ip === selected).map(({ at }) => at);
  const gaps = times.slice(1).map((at, i) => at - (times[i] ?? 0));
  assert.ok(times.length >= 95 && times.length <= 155, `${times.length} in ten minutes`);
  assert.ok(gaps.every((gap) => gap <= 6_000));
  assert.ok(new Set(gaps).size > 50, 'at random');
});

test('an outage of 20 seconds is told after some seconds, and forgotten when answers come again', () => {
  const { world, a, call } = connected();
  const at = world.now;
  cut({ a }, true);
  world.run(20_000);
  for (const peer of [call.a, call.b]) {
    const after = (peer.reachedAt('disconnected') ?? 0) - at;
    assert.ok(after >= 1_900 && after <= 8_100, `disconnected ${after} ms after the outage began`);
  }
  cut({ a }, false);
  world.run(5_000);
  assert.deepEqual([call.a.agent.state, call.b.agent.state], ['completed', 'completed']);
  assert.ok(call.converse());
});

test('30 seconds without an answer end the consent: nothing is sent any more, not even when the way is there again', () => {
  const { world, a, call } = connected();
  world.run(60_000);
  cut({ a }, true);
  const at = world.now;
  world.run(60_000);
  for (const peer of [call.a, call.b]) {
    const after = (peer.reachedAt('failed') ?? 0) - at;
    assert.ok(after >= 23_900 && after <= 30_100, `failed after ${after} ms`);
    assert.equal(peer.say('is anybody there?'), false);
  }
  cut({ a }, false);
  const before = world.log.records.length;
  world.run(A_DAY_MS);
  assert.equal(world.log.records.length, before);
});

test('one lost consent request in ten is no news: neither silence nor a state in between', () => {
  const two = pair(9, { loss: 0.1 });
  const call = new IceCall(two.a, two.b).start();
  assert.ok(call.connect());
  two.world.run(3_600_000);
  assert.deepEqual(call.a.states, ['checking', 'connected', 'completed']);
  assert.deepEqual(call.b.states, ['checking', 'connected', 'completed']);
});

test('a pair that falls silent is replaced by another valid one within seconds, and data goes on', () => {
  const { world, a, b, network } = pair(6);
  const second = b.join(network, ['192.0.2.3'], { latencyMs: 0 });
  const call = new IceCall(a, b).start();
  assert.ok(call.connect());
  world.run(20_000);
  assert.ok(call.converse());
  // The way to the address in use is gone; the other one is as it was.
  const before = call.a.agent.selectedPair;
  assert.ok(before);
  const isDown = (packet: Packet): boolean =>
    [packet.from.ip, packet.to.ip].includes(before.remote.address.ip);
  for (const access of [...b.accesses, second]) {
    access.change({ trap: isDown });
  }
  world.run(12_000);
  assert.notEqual(call.a.agent.selectedPair?.remote.address.ip, before.remote.address.ip);
  assert.ok(call.converse());
  assert.ok(call.connected);
});

test('24 idle hours behind routers: the mappings live, the relays are refreshed, nothing grows', () => {
  const net = new Internet();
  const call = net.call(net.home('symmetric').host, net.home('port-restricted').host, { turn: true }).start();
  assert.ok(call.connect());
  net.world.run(A_DAY_MS);
  assert.ok(call.converse());
  for (const { agent, states } of [call.a, call.b]) {
    assert.ok(!states.includes('failed') && !states.includes('disconnected'), states.join());
    assert.ok(agent.statistics().pairs.length < 20);
    assert.ok(agent.statistics().localCandidates.length < 20);
  }
});

for (const role of ['controlling', 'controlled'] as const) {
  test(`a router that is rebooted gives another port: the ${role} side behind it is found again in seconds, a hundred times`, () => {
    const net = new Internet();
    const [home, other] = [net.home({ ...NAT_PRESETS['full-cone'], preservePort: false }), net.home('open')];
    const call = net
      .call(home.host, other.host, {
        a: { role },
        b: { role: role === 'controlling' ? 'controlled' : 'controlling' },
      })
      .start();
    assert.ok(call.connect());
    for (let i = 0; i < 100; i++) {
      net.world.run(20_000);
      assert.ok(call.converse(), `before reboot ${i}`);
      home.nat?.reboot();
      net.world.run(10_000);
      assert.ok(call.converse(), `after reboot ${i}`);
    }
    assert.ok(!call.a.states.includes('failed') && !call.b.states.includes('failed'));
    assert.ok(call.b.agent.statistics().pairs.length <= 40);
  });
}
