/** Who controls: conflicts that end, lite agents on either side or both. RFC 8445 §6.1.1, §7.3.1.1, §7.3.2, §8.2. */
import assert from 'node:assert/strict';
import test from 'node:test';
import type { IceRole } from '../../src/ice/index.ts';
import { IceCall } from '../support/ice/call.ts';
import { pair } from '../support/vnet/pair.ts';

const ROLES: readonly IceRole[] = ['controlling', 'controlled'];

for (const role of ROLES) {
  test(`both ${role}: one of them gives way, and they connect`, () => {
    for (let seed = 1; seed <= 20; seed++) {
      const { world, a, b } = pair(seed, { jitterMs: 15 });
      const call = new IceCall(a, b, { a: { role }, b: { role } }).start();
      assert.ok(call.connect(5_000), `seed ${seed}`);
      world.run(5_000);
      assert.deepEqual(
        [call.a.agent.role, call.b.agent.role].sort(),
        ['controlled', 'controlling'],
        `seed ${seed}`,
      );
      assert.ok(call.converse());
      assert.deepEqual([call.a.agent.state, call.b.agent.state], ['completed', 'completed'], `seed ${seed}`);
    }
  });
}

test('a lite agent never asks, and takes what the full one has chosen', () => {
  const { world, a, b } = pair(1);
  const call = new IceCall(a, b, { b: { lite: true } }).start();
  assert.ok(call.connect());
  world.run(120_000);
  assert.ok(call.converse());
  assert.equal(call.a.agent.role, 'controlling');
  const requests = call.b.agent.statistics().pairs.map(({ requestsSent }) => requestsSent);
  assert.ok(requests.every((sent) => sent === 0));
  assert.ok(call.connected, call.b.states.join());
});

test('an offer by a lite agent is answered by a full one, which controls', () => {
  const { world, a, b } = pair(2);
  const call = new IceCall(a, b, { a: { lite: true, role: 'controlling' } }).start();
  assert.ok(call.connect());
  world.run(1_000);
  assert.deepEqual([call.a.agent.role, call.b.agent.role], ['controlled', 'controlling']);
  assert.ok(call.converse());
});

test('a lite agent notices that the full one is gone', () => {
  const { world, a, b } = pair(3);
  const call = new IceCall(a, b, { b: { lite: true } }).start();
  assert.ok(call.connect());
  world.run(60_000);
  for (const access of a.accesses) access.change({ loss: 1 });
  world.run(60_000);
  assert.ok(call.b.states.includes('disconnected'));
  assert.equal(call.b.agent.state, 'failed');
});

test('two lite agents use their best pair without a check', () => {
  const { world, a, b } = pair(4);
  const call = new IceCall(a, b, { a: { lite: true }, b: { lite: true } }).start();
  assert.ok(call.connect());
  world.run(1_000);
  assert.ok(call.converse());
});
