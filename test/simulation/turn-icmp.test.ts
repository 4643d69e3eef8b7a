/** What the network says about relayed packets reaches the client: unreachable peers, and how long a packet may be. RFC 8656 §11.5, §14. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { type Caller, TurnScene } from '../support/turn/scene.ts';

/** The payload that fits through `mtuBytes`: less the headers of IPv4 and UDP. */
function payloadOf(mtuBytes: number): number {
  return mtuBytes - 28;
}

function told(caller: Caller): readonly unknown[] {
  return caller.all('icmp').map(({ peer, error }) => [peer, error]);
}

test('a client finds out how long its packets may be, as far as the peer', () => {
  const scene = new TurnScene();
  const peer = scene.peer('192.0.2.9', 9000, { mtuBytes: 1280 });
  const caller = scene.caller();
  caller.allocate({ dontFragment: true });
  caller.bindChannel(peer.address);
  let bytes = 1400;
  for (let tries = 0; peer.received.length === 0 && tries < 3; tries++) {
    assert.ok(caller.send(peer.address, new Uint8Array(bytes), { dontFragment: true }));
    scene.world.run(1000);
    const found = caller.all('icmp').at(-1)?.error;
    if (found) bytes = payloadOf(found.data);
  }
  assert.deepEqual(told(caller), [[peer.address, { type: 3, code: 4, data: 1280 }]]);
  assert.deepEqual(
    peer.received.map((each) => each.bytes.length),
    [payloadOf(1280)],
  );
  // Without DF nobody tells: the packet is lost on the narrow link.
  caller.send(peer.address, new Uint8Array(1400));
  scene.world.run(1000);
  assert.equal(caller.all('icmp').length, 1);
});

test('a peer that has gone: the client learns of it, ten times a second at most', () => {
  const scene = new TurnScene();
  const caller = scene.caller();
  caller.allocate();
  const gone = scene.peer();
  const nobody = { ip: gone.address.ip, port: 1 };
  caller.permit(nobody.ip);
  for (let i = 0; i < 500; i++) {
    caller.send(nobody, Uint8Array.of(i));
    scene.world.run(10);
  }
  scene.world.run(1000);
  const reports = caller.all('icmp');
  assert.deepEqual([reports[0]?.peer, reports[0]?.error], [nobody, { type: 3, code: 3, data: 0 }]);
  assert.ok(reports.length >= 50 && reports.length <= 65, `${reports.length} reports in five seconds`);
  assert.equal(caller.find('closed'), undefined);
});

test('strangers’ ICMP is not passed on, and a server without the means says 420', () => {
  const scene = new TurnScene({ server: { capabilities: { dontFragment: false, icmp: false } } });
  const caller = scene.caller();
  caller.act((machine, now) => machine.allocate(now, { dontFragment: true }));
  scene.world.run(5000);
  assert.equal(caller.find('closed')?.failure?.status, 420);
});
