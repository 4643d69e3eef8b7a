/** Many clients on one port: cookies before state, bounds, new beginnings, idleness. RFC 6347 §4.2.1, §4.2.8. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeUtf8, encodeUtf8, NEVER, type SocketAddress } from '../../../src/base/index.ts';
import { DtlsCrowd } from '../../support/dtls/crowd.ts';

function at(index: number): SocketAddress {
  return { ip: `192.0.2.${1 + (index % 250)}`, port: 1024 + index };
}

test('a client proves its address before the server keeps anything', () => {
  // ClientHello -> HelloVerifyRequest -> ClientHello with cookie -> connection
  const crowd = new DtlsCrowd();
  crowd.join(at(0));
  crowd.run(7);
  assert.equal(crowd.server.statistics.connections, 0);
  assert.equal(crowd.server.statistics.cookiesSent, 1);
  assert.equal(crowd.server.nextTimeout(), NEVER);
  crowd.run(100);
  assert.equal(crowd.clients.size, 1);
  assert.deepEqual(
    crowd.events.map((event) => [event.type, event.client]),
    [['connected', at(0)]],
  );
  assert.equal(crowd.sent.length, 6);
});

test('the answer to a hello without cookie is shorter than the hello: nobody is to be flooded through us', () => {
  const crowd = new DtlsCrowd();
  crowd.join(at(0));
  crowd.run(7);
  const [hello, verify] = crowd.sent;
  assert.ok(hello && verify && verify.from === 'server');
  assert.ok(verify.bytes.length < hello.bytes.length);
});

test('a flood of hellos from forged addresses leaves nothing behind', () => {
  const crowd = new DtlsCrowd();
  crowd.join(at(0));
  const hello = crowd.sent[0]?.bytes;
  assert.ok(hello);
  for (let index = 0; index < 20_000; index += 1) {
    const from = { ip: `198.51.${(index >> 8) & 0xff}.${index & 0xff}`, port: 1 + (index % 65_535) };
    const forged = hello.slice();
    forged[30] = index & 0xff; // the random
    crowd.server.handleDatagram(0, from, forged);
    while (crowd.server.pollTransmit());
  }
  const { connections, handshakes, cookiesSent } = crowd.server.statistics;
  assert.deepEqual({ connections, handshakes }, { connections: 0, handshakes: 0 });
  assert.equal(cookiesSent, 20_000);
  assert.equal(crowd.server.pollEvent(), undefined);
  assert.equal(crowd.server.nextTimeout(), NEVER);
});

test('a cookie is of use to its own address only, and for two minutes at most', () => {
  const crowd = new DtlsCrowd();
  crowd.join(at(0));
  crowd.run(9);
  crowd.loses = () => true;
  crowd.run(11);
  const withCookie = crowd.sent.filter(({ from }) => from === 'client').at(-1)?.bytes;
  assert.ok(withCookie && withCookie.length > (crowd.sent[0]?.bytes.length ?? 0));
  crowd.server.handleDatagram(11, { ...at(0), port: 9 }, withCookie);
  crowd.server.handleDatagram(11, { ...at(0), ip: '192.0.2.99' }, withCookie);
  assert.equal(crowd.server.statistics.connections, 0);
  crowd.server.handleDatagram(121_000, at(0), withCookie);
  assert.equal(crowd.server.statistics.connections, 0);
  const fresh = new DtlsCrowd();
  fresh.server.handleDatagram(60_000, at(0), withCookie);
  assert.equal(fresh.server.statistics.connections, 1);
});

test('survives the loss of any one datagram, cookies and all', () => {
  const clean = new DtlsCrowd();
  clean.join(at(0));
  clean.run(1000);
  for (let lost = 0; lost < clean.sent.length; lost += 1) {
    const crowd = new DtlsCrowd();
    crowd.loses = ({ number }) => number === lost;
    const client = crowd.join(at(0));
    crowd.run(150);
    assert.equal(client.machine.connected, true, `datagram ${lost} was lost`);
    assert.equal(crowd.events[0]?.type, 'connected');
  }
});

test('a client that has lost its memory begins anew from the same address', () => {
  const crowd = new DtlsCrowd();
  crowd.join(at(0));
  crowd.run(100);
  const second = crowd.join(at(0));
  crowd.run(200);
  assert.equal(second.machine.connected, true);
  assert.deepEqual(
    crowd.events.map((event) => (event.type === 'ended' ? event.why : event.type)),
    ['connected', 'replaced', 'connected'],
  );
  crowd.server.send(crowd.now, at(0), encodeUtf8('hello again'));
  crowd.run(300);
  assert.equal(second.events.at(-1)?.type, 'data');
  assert.equal(crowd.server.statistics.connections, 1);
});

test('somebody who only forges the address cannot end a connection with a hello', () => {
  const crowd = new DtlsCrowd();
  const client = crowd.join(at(0));
  crowd.run(100);
  const other = new DtlsCrowd();
  other.join(at(1));
  other.join(at(2));
  const hello = other.sent[1]?.bytes;
  assert.ok(hello);
  crowd.server.handleDatagram(crowd.now, at(0), hello);
  crowd.run(200);
  client.machine.send(crowd.now, encodeUtf8('still here'));
  crowd.run(300);
  const data = crowd.events.filter((event) => event.type === 'data');
  assert.deepEqual(
    data.map(({ bytes }) => decodeUtf8(bytes)),
    ['still here'],
  );
});

test('data goes to and from the client that it belongs to', () => {
  const crowd = new DtlsCrowd();
  const clients = [0, 1, 2, 3].map((index) => crowd.join(at(index)));
  crowd.run(100);
  for (const [index, { machine }] of clients.entries()) machine.send(crowd.now, encodeUtf8(`from ${index}`));
  for (const [index] of clients.entries()) {
    assert.equal(crowd.server.send(crowd.now, at(index), encodeUtf8(`for ${index}`)), true);
  }
  crowd.run(200);
  for (const [index, { events }] of clients.entries()) {
    const own = events.flatMap((event) => (event.type === 'data' ? [decodeUtf8(event.bytes)] : []));
    assert.deepEqual(own, [`for ${index}`]);
  }
  const heard = crowd.events.flatMap((event) =>
    event.type === 'data' ? [`${event.client.port} ${decodeUtf8(event.bytes)}`] : [],
  );
  assert.deepEqual(heard.sort(), ['1024 from 0', '1025 from 1', '1026 from 2', '1027 from 3']);
  assert.equal(crowd.server.send(crowd.now, at(77), encodeUtf8('nobody')), false);
});

test('who is silent is sent away after a minute, unless held', () => {
  const crowd = new DtlsCrowd();
  const [idle, held, busy] = [0, 1, 2].map((index) => crowd.join(at(index)));
  crowd.run(100);
  crowd.server.hold(at(1), true);
  for (let now = 10_000; now <= 100_000; now += 10_000) {
    busy?.machine.send(crowd.now, encodeUtf8('.'));
    crowd.run(now);
  }
  assert.deepEqual(idle?.events.at(-1), { type: 'closed', by: 'peer' });
  assert.equal(held?.machine.connected, true);
  assert.equal(busy?.machine.connected, true);
  assert.deepEqual(
    crowd.events.filter((event) => event.type === 'ended').map(({ client, why }) => [client, why]),
    [[at(0), 'idle']],
  );
  crowd.server.hold(at(1), false);
  crowd.run(300_000);
  assert.equal(crowd.server.statistics.connections, 0);
  assert.equal(crowd.server.nextTimeout(), NEVER);
});

test('a handshake that nobody finishes is forgotten after its time', () => {
  const crowd = new DtlsCrowd();
  crowd.join(at(0));
  crowd.run(16);
  assert.equal(crowd.server.statistics.handshakes, 1);
  crowd.loses = () => true;
  crowd.run(60_000);
  const { connections, handshakes } = crowd.server.statistics;
  assert.deepEqual({ connections, handshakes }, { connections: 0, handshakes: 0 });
  const [ended] = crowd.events;
  assert.ok(ended?.type === 'ended' && !ended.connected && ended.why === 'DTLS_TIMED_OUT');
});

test('there are no more connections, handshakes and beginnings than the limits say', () => {
  const limits = { connections: 3, handshakeRate: { perSecond: 1, burst: 2 } };
  const crowd = new DtlsCrowd({ limits });
  for (let port = 1; port <= 4; port += 1) crowd.join({ ip: '192.0.2.1', port });
  crowd.run(100);
  assert.equal(crowd.server.statistics.connections, 2, 'two at once from one address');
  for (let index = 1; index <= 4; index += 1) crowd.join({ ip: `192.0.2.${10 + index}`, port: 5 });
  crowd.run(150);
  assert.equal(crowd.server.statistics.connections, 3);
  assert.ok(crowd.server.statistics.refused >= 5);
});

test('the addresses of one IPv6 network share a limit', () => {
  const crowd = new DtlsCrowd({ limits: { connectionsPerSubscriber: 2 } });
  for (let index = 1; index <= 4; index += 1) crowd.join({ ip: `2001:db8::${index}`, port: 7 });
  crowd.join({ ip: '2001:db8:0:1::1', port: 7 });
  crowd.run(99);
  assert.equal(crowd.server.statistics.connections, 3);
  crowd.server.closeConnection(crowd.now, { ip: '2001:db8::1', port: 7 });
  crowd.run(1_000);
  assert.equal(crowd.server.statistics.connections, 3, 'there is room for one more');
});

test('a renewed certificate is shown to those who come later', () => {
  const crowd = new DtlsCrowd();
  const before = crowd.join(at(0));
  crowd.run(100);
  crowd.server.setIdentities([]);
  const after = crowd.join(at(1));
  crowd.run(200);
  assert.equal(before.machine.connected, true);
  assert.equal(after.machine.connected, false);
});

test('closing says goodbye to everybody and leaves nothing', () => {
  const crowd = new DtlsCrowd();
  const clients = [0, 1].map((index) => crowd.join(at(index)));
  crowd.run(100);
  crowd.server.close(crowd.now);
  crowd.run(200);
  for (const { events } of clients) assert.deepEqual(events.at(-1), { type: 'closed', by: 'peer' });
  crowd.join(at(2));
  crowd.run(300);
  assert.equal(crowd.server.statistics.connections, 0);
  assert.equal(crowd.server.nextTimeout(), NEVER);
});
