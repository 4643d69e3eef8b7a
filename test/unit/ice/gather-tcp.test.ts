/** ICE-TCP: active and passive host candidates, framing, streams that come and go. RFC 6544, RFC 4571. */
import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { type ByteStream, concatBytes, encodeUtf8 } from '../../../src/base/index.ts';
import { encodeFrame, FrameReader } from '../../../src/ice/gather/frames.ts';
import { GatherScene, type Seeker } from '../../support/ice/gather-scene.ts';

const TCP = { tcp: true, tcpListen: true };

const active = (seeker: Seeker) => seeker.candidate('host', ({ path }) => path.tcpType === 'active');
const passive = (seeker: Seeker) => seeker.candidate('host', ({ path }) => path.tcpType === 'passive');

test('UDP, active and passive of each address, with the priorities of RFC 6544 §4.2', () => {
  const scene = new GatherScene();
  const seeker = scene.seeker(TCP);
  const candidates = seeker.gather();
  assert.deepEqual(candidates.map(({ path }) => path.tcpType).sort(), ['active', 'passive', undefined]);
  assert.equal(active(seeker).address.port, 9);
  assert.equal(active(seeker).localPreference, 6 * 8192 + 8191);
  assert.equal(passive(seeker).localPreference, 4 * 8192 + 8191);
  const udp = seeker.candidate('host', ({ path }) => path.protocol === 'udp');
  assert.ok(udp.priority > active(seeker).priority);
  assert.ok(active(seeker).priority > passive(seeker).priority);
});

test('UDP is told first; without `tcpListen` no port is opened', () => {
  const scene = new GatherScene();
  const told = scene.seeker({ tcp: true }).gather();
  assert.deepEqual(
    told.map(({ path }) => path.tcpType),
    [undefined, 'active'],
  );
});

test('a lite agent has passive candidates only; without TCP there are none; nor with policy relay', () => {
  const scene = new GatherScene();
  const types = (seeker: Seeker) => seeker.gather().map(({ path }) => path.tcpType);
  assert.deepEqual(types(scene.seeker({ ...TCP, lite: true })).sort(), ['passive', undefined]);
  assert.deepEqual(types(scene.seeker({ tcp: false })), [undefined]);
  assert.deepEqual(types(scene.seeker({ ...TCP, policy: 'relay' })), []);
});

test('the first datagram of an active path opens the connection; the passive side answers on it', () => {
  const scene = new GatherScene();
  const [caller, callee] = [scene.seeker(TCP), scene.seeker(TCP)];
  caller.gather();
  callee.gather();
  const from = active(caller);
  const to = passive(callee);
  caller.send(from.path.path, to.address, encodeUtf8('check'));
  caller.send(from.path.path, to.address, encodeUtf8('again'));
  scene.world.run(1000);
  assert.deepEqual(
    callee.heard.map(({ bytes }) => bytes),
    [encodeUtf8('check'), encodeUtf8('again')],
  );
  const [first] = callee.heard;
  assert.ok(first);
  assert.equal(first.path, to.path.path);
  assert.equal(first.from.ip, from.address.ip);
  callee.send(to.path.path, first.from, encodeUtf8('answer'));
  scene.world.run(1000);
  assert.deepEqual(caller.heardFrom(from.path.path, to.address), [encodeUtf8('answer')]);
  assert.equal(caller.requests.filter(({ kind }) => kind === 'open-stream').length, 1);
});

test('a refused connection, and one that ends, are told as lost remotes', () => {
  const scene = new GatherScene();
  const [caller, callee] = [scene.seeker(TCP), scene.seeker(TCP)];
  caller.gather();
  callee.gather();
  const nobody = { ip: passive(callee).address.ip, port: 4 };
  caller.send(active(caller).path.path, nobody, encodeUtf8('check'));
  scene.world.run(5000);
  assert.deepEqual(caller.all('remote-lost'), [
    { type: 'remote-lost', path: active(caller).path.path, remote: nobody },
  ]);
  caller.send(active(caller).path.path, passive(callee).address, encodeUtf8('check'));
  scene.world.run(1000);
  callee.act((machine, now) => machine.close(now));
  scene.world.run(1000);
  assert.deepEqual(caller.all('remote-lost').at(-1)?.remote, passive(callee).address);
});

test('release closes the connection without a word of loss', () => {
  const scene = new GatherScene();
  const [caller, callee] = [scene.seeker(TCP), scene.seeker(TCP)];
  caller.gather();
  callee.gather();
  const sockets = caller.host.socketCount;
  caller.send(active(caller).path.path, passive(callee).address, encodeUtf8('check'));
  scene.world.run(1000);
  assert.equal(caller.host.socketCount, sockets + 1);
  caller.act((machine, now) => machine.release(now, active(caller).path.path, passive(callee).address));
  scene.world.run(1000);
  assert.equal(caller.host.socketCount, sockets);
  assert.deepEqual(caller.all('remote-lost'), []);
  assert.equal(callee.all('remote-lost').length, 1);
});

test('a host that does not answer costs ten seconds, not the two minutes of TCP', () => {
  const scene = new GatherScene();
  const caller = scene.seeker({ ...TCP, link: { loss: 1 } });
  caller.gather();
  caller.send(active(caller).path.path, { ip: '192.0.2.1', port: 5000 }, encodeUtf8('check'));
  scene.world.run(10_000);
  assert.equal(caller.all('remote-lost').length, 1);
});

test('who connects and says nothing that is answered is sent away; a crowd makes room for itself', () => {
  const scene = new GatherScene();
  const callee = scene.seeker(TCP);
  const crowd = scene.seeker();
  callee.gather();
  const idle = callee.host.socketCount;
  const streams: ByteStream[] = [];
  for (let i = 0; i < 40; i++) {
    crowd.host.connectTcp(passive(callee).address, ({ value, error }) => {
      if (error) throw error;
      streams.push(value);
      value.listen({ onBytes: () => {}, onEnded: () => value.end(), onClosed: () => {} });
    });
  }
  scene.world.run(2000);
  assert.equal(streams.length, 40);
  assert.equal(callee.host.socketCount, idle + 32);
  scene.world.run(10_000);
  assert.equal(callee.host.socketCount, idle);
});

test('frames survive any cutting of the stream', () => {
  fc.assert(
    fc.property(
      fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 20 }),
      fc.array(fc.integer({ min: 1, max: 97 }), { minLength: 1, maxLength: 50 }),
      (datagrams, cuts) => {
        const stream = concatBytes(...datagrams.map((it) => encodeFrame(it) ?? new Uint8Array(0)));
        const reader = new FrameReader();
        const taken: Uint8Array[] = [];
        for (let at = 0, i = 0; at < stream.length; i++) {
          const length = cuts[i % cuts.length] ?? 1;
          reader.push(stream.subarray(at, at + length), (frame) => taken.push(frame.slice()));
          at += length;
        }
        assert.deepEqual(
          taken,
          datagrams.filter(({ length }) => length > 0),
        );
      },
    ),
  );
});

test('a datagram of more than 65,535 bytes fits no frame', () => {
  assert.equal(encodeFrame(new Uint8Array(65_536)), undefined);
  assert.equal(encodeFrame(new Uint8Array(65_535))?.length, 65_537);
});
