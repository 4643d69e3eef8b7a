/** A connection that any one datagram may be missing from, and bad ways. RFC 8445 §14.3. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { burstyLoss, nthPacket } from '../../src/vnet/index.ts';
import { IceCall } from '../support/ice/call.ts';
import { Internet } from '../support/ice/internet.ts';
import { pair } from '../support/vnet/pair.ts';

test('two hosts connect with any one datagram lost, later by no more than a repetition', () => {
  const live = (n: number): { readonly seen: number; readonly at: number } => {
    const lost = nthPacket(n);
    const { world, a, b } = pair(3, { trap: lost.trap });
    const call = new IceCall(a, b).start();
    assert.ok(call.connect(5_000), `datagram ${n} lost`);
    const at = world.now;
    world.run(5_000);
    assert.deepEqual(
      [call.a.agent.state, call.b.agent.state],
      ['completed', 'completed'],
      `datagram ${n} lost`,
    );
    assert.equal(call.a.agent.selectedPair?.remote.address.ip, call.b.agent.selectedPair?.local.address.ip);
    return { seen: lost.seen, at };
  };
  const whole = live(Number.POSITIVE_INFINITY);
  assert.ok(whole.seen >= 6);
  for (let n = 0; n < whole.seen; n++) {
    const { at } = live(n);
    assert.ok(at - whole.at <= 150, `datagram ${n} lost: ${at - whole.at} ms later`);
  }
});

test('two homes behind strict routers connect by relay with any one datagram lost', () => {
  const live = (n: number): number => {
    const lost = nthPacket(n);
    const net = new Internet(5);
    const a = net.home('symmetric', { trap: lost.trap });
    const b = net.home('port-restricted');
    const call = net.call(a.host, b.host, { turn: true }).start();
    assert.ok(call.connect(10_000), `datagram ${n} lost`);
    net.world.run(5_000);
    // The lost one may be a word itself.
    assert.ok(call.converse() || call.converse(), `datagram ${n} lost`);
    return lost.seen;
  };
  const count = live(Number.POSITIVE_INFINITY);
  for (let n = 0; n < Math.min(count, 60); n++) live(n);
});

test('a third of all datagrams lost in bursts: connected in seconds, and kept for ten minutes', () => {
  for (let seed = 1; seed <= 10; seed++) {
    const { world, a, b } = pair(seed, { loss: burstyLoss(0.3, 4) });
    const call = new IceCall(a, b).start();
    assert.ok(call.connect(10_000), `seed ${seed}`);
    world.run(600_000);
    assert.ok(!call.a.states.includes('failed') && !call.b.states.includes('failed'), `seed ${seed}`);
  }
});

test('equal seeds give equal packet logs', () => {
  const live = (seed: number): number => {
    const net = new Internet(seed);
    const [a, b] = [net.home('symmetric', { loss: 0.2 }), net.home('port-restricted', { jitterMs: 20 })];
    const call = net.call(a.host, b.host, { turn: true }).start();
    net.world.run(120_000);
    call.close();
    net.world.run(1_000);
    return net.world.log.digest;
  };
  assert.equal(live(11), live(11));
  assert.notEqual(live(11), live(12));
});
