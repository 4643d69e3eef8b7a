/** Every pair of routers, with and without TURN, against what theory says. RFC 8445 §2, RFC 4787 §4, §5. */
import assert from 'node:assert/strict';
import test from 'node:test';
import type { NatKind } from '../../src/vnet/index.ts';
import { Internet, NAT_KINDS } from '../support/ice/internet.ts';

/**
 * A symmetric router gives another port for each remote, so the other side must let in who comes from a port that nobody
 * told it of: a port-restricted or another symmetric one does not.
 */
function canBeDirect(a: NatKind, b: NatKind): boolean {
  const strict = (kind: NatKind): boolean => kind === 'port-restricted' || kind === 'symmetric';
  return !(a === 'symmetric' && strict(b)) && !(b === 'symmetric' && strict(a));
}

for (const a of NAT_KINDS) {
  for (const b of NAT_KINDS) {
    const direct = canBeDirect(a, b);

    test(`${a} and ${b} with STUN alone: ${direct ? 'a direct way' : 'none, said after the patience of RFC 8863'}`, () => {
      const net = new Internet();
      const call = net.call(net.home(a).host, net.home(b).host).start();
      assert.equal(call.connect(60_000), direct);
      if (direct) {
        assert.ok(net.world.now < 200, `after ${net.world.now} ms`);
        assert.ok(call.converse());
        assert.equal(call.a.agent.selectedPair?.relayed, false);
      } else {
        assert.deepEqual([call.a.agent.state, call.b.agent.state], ['failed', 'failed']);
        assert.ok((call.a.reachedAt('failed') ?? 0) >= 39_500);
        assert.equal(call.a.say('nobody hears it'), false);
      }
    });

    test(`${a} and ${b} with TURN: a way, ${direct ? 'and it is the direct one' : 'by relay'}`, () => {
      const net = new Internet();
      const call = net.call(net.home(a).host, net.home(b).host, { turn: true }).start();
      assert.ok(call.connect());
      net.world.run(3_000);
      assert.ok(call.converse());
      for (const { agent } of [call.a, call.b]) {
        assert.equal(agent.state, 'completed');
        assert.equal(agent.selectedPair?.relayed, !direct);
      }
    });
  }
}

test('who may use relays only does so, and tells no other address', () => {
  const net = new Internet();
  const call = net.call(net.home('open').host, net.home('restricted').host, {
    turn: true,
    a: { policy: 'relay' },
  });
  call.start();
  assert.ok(call.connect());
  assert.ok(call.converse());
  assert.deepEqual([...new Set(call.a.all('candidate').map(({ candidate }) => candidate.type))], ['relay']);
  assert.equal(call.a.agent.selectedPair?.local.type, 'relay');
  assert.equal(call.b.agent.selectedPair?.remote.type, 'relay');
});

test('behind one and the same router the way is the short one, although the router does not hairpin', () => {
  const net = new Internet();
  const { host, nat } = net.home('port-restricted');
  assert.ok(nat);
  const call = net.call(host, net.neighbour(nat), { turn: true }).start();
  assert.ok(call.connect());
  net.world.run(3_000);
  assert.equal(call.a.agent.selectedPair?.remote.type, 'host');
  assert.ok(call.converse());
});
