/** Allocate and Refresh, message by message. RFC 8656 §7.2, §8.2. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { decodeUnknownAttributes, decodeXorAddress, StunAttribute } from '../../../src/stun/index.ts';
import { TurnAttribute, TurnMethod } from '../../../src/turn/index.ts';
import {
  all,
  codeOf,
  type Fill,
  lifetime,
  lifetimeOf,
  RawClient,
  relayedOf,
  SERVER,
  TurnLab,
  udpRequested,
} from '../../support/turn/lab.ts';

const CLIENT = { ip: '203.0.113.5', port: 40_000 };

function family(code: number): Fill {
  return (writer) => writer.attribute(TurnAttribute.REQUESTED_ADDRESS_FAMILY, Uint8Array.of(code, 0, 0, 0));
}

function evenPort(flags: number): Fill {
  return (writer) => writer.attribute(TurnAttribute.EVEN_PORT, Uint8Array.of(flags));
}

function additional(code: number): Fill {
  return (writer) => writer.attribute(TurnAttribute.ADDITIONAL_ADDRESS_FAMILY, Uint8Array.of(code, 0, 0, 0));
}

function token(value: Uint8Array): Fill {
  return (writer) => writer.attribute(TurnAttribute.RESERVATION_TOKEN, value);
}

test('a client is challenged, proves itself, and gets an address of the range', () => {
  const lab = new TurnLab();
  const client = new RawClient(lab, CLIENT);
  const answer = client.challenge().request(TurnMethod.ALLOCATE, udpRequested);
  const relayed = relayedOf(answer);
  assert.equal(relayed.ip, SERVER.ip);
  assert.ok(relayed.port >= 50_000 && relayed.port <= 50_999);
  assert.ok(lab.relayAt(relayed.port));
  assert.equal(lifetimeOf(answer), 600);
  const mapped = answer.get(StunAttribute.XOR_MAPPED_ADDRESS);
  assert.ok(mapped);
  assert.deepEqual(decodeXorAddress(mapped, answer.transactionId), CLIENT);
  assert.equal(answer.has(StunAttribute.SOFTWARE), false, 'SOFTWARE is off by default');
  const created = lab.events.find((event) => event.type === 'allocation-created');
  assert.ok(created);
  assert.deepEqual(created.relayed, [relayed]);
});

test('step 2: a 5-tuple that has an allocation gets 437', () => {
  const client = new RawClient(new TurnLab(), CLIENT);
  client.allocate();
  assert.equal(codeOf(client.request(TurnMethod.ALLOCATE, udpRequested)), 437);
});

test('step 3: without REQUESTED-TRANSPORT, or with a broken one, 400; for TCP 442', () => {
  const client = new RawClient(new TurnLab(), CLIENT);
  assert.equal(codeOf(client.request(TurnMethod.ALLOCATE)), 400);
  const transport = (...value: number[]) =>
    codeOf(
      client.request(TurnMethod.ALLOCATE, (writer) =>
        writer.attribute(TurnAttribute.REQUESTED_TRANSPORT, Uint8Array.from(value)),
      ),
    );
  assert.equal(transport(17), 400);
  assert.equal(transport(6, 0, 0, 0), 442);
  assert.equal(transport(17, 1, 2, 3), 0, 'the reserved bytes are ignored');
});

test('step 4: DONT-FRAGMENT cannot be done, so it is 420 and named', () => {
  const client = new RawClient(new TurnLab(), CLIENT);
  const answer = client.request(
    TurnMethod.ALLOCATE,
    all(udpRequested, (writer) => writer.flag(TurnAttribute.DONT_FRAGMENT)),
  );
  assert.equal(codeOf(answer), 420);
  const unknown = answer.get(StunAttribute.UNKNOWN_ATTRIBUTES);
  assert.deepEqual(decodeUnknownAttributes(unknown ?? new Uint8Array()), [TurnAttribute.DONT_FRAGMENT]);
});

test('RFC 8489 §6.3.1: unknown required attributes are 420 and named; optional ones are ignored', () => {
  const client = new RawClient(new TurnLab(), CLIENT);
  const answer = client.request(
    TurnMethod.ALLOCATE,
    all(udpRequested, (writer) => writer.u32(0x7ff1, 0).u32(0x7ff2, 0).u32(0x7ff1, 0)),
  );
  assert.equal(codeOf(answer), 420);
  const unknown = answer.get(StunAttribute.UNKNOWN_ATTRIBUTES);
  assert.deepEqual(decodeUnknownAttributes(unknown ?? new Uint8Array()), [0x7ff1, 0x7ff2]);
  assert.equal(
    codeOf(
      client.request(
        TurnMethod.ALLOCATE,
        all(udpRequested, (writer) => writer.u32(0xfff1, 0)),
      ),
    ),
    0,
  );
});

test('steps 5, 6, 8, 9: attributes that exclude each other are 400', () => {
  const client = new RawClient(new TurnLab(), CLIENT);
  const code = (...fills: readonly Fill[]) =>
    codeOf(client.request(TurnMethod.ALLOCATE, all(udpRequested, ...fills)));
  const eight = new Uint8Array(8);
  assert.equal(code(token(eight), evenPort(0)), 400);
  assert.equal(code(token(eight), family(1)), 400);
  assert.equal(code(token(eight), additional(2)), 400);
  assert.equal(code(token(new Uint8Array(7))), 400);
  assert.equal(code(family(1), additional(2)), 400);
  assert.equal(code(evenPort(0x80), additional(2)), 400);
  assert.equal(code(additional(1)), 400);
  assert.equal(code(additional(9)), 400);
  assert.equal(code(token(eight)), 508, 'a token that nobody gave');
});

test('step 7: the family that was asked for, IPv4 when none was, 440 when there is none', () => {
  const lab = new TurnLab();
  const six = new RawClient(lab, CLIENT).allocate(family(2));
  assert.equal(six.ip, '2001:db8:1::1');
  assert.ok(lab.relayAt(six.port, 6));
  const odd = new RawClient(lab, { ...CLIENT, port: 1 });
  assert.equal(codeOf(odd.request(TurnMethod.ALLOCATE, all(udpRequested, family(3)))), 440);

  const four = new RawClient(new TurnLab({ relayAddresses: { v4: SERVER.ip } }), CLIENT);
  assert.equal(codeOf(four.request(TurnMethod.ALLOCATE, all(udpRequested, family(2)))), 440);
  const onlySix = new RawClient(new TurnLab({ relayAddresses: { v6: '2001:db8:1::1' } }), CLIENT);
  assert.equal(codeOf(onlySix.request(TurnMethod.ALLOCATE, udpRequested)), 440);
});

test('step 8: EVEN-PORT gives an even port, and holds nothing more unless it is asked to', () => {
  const lab = new TurnLab({ relayPorts: { min: 50_000, max: 50_009 } });
  const ports = [1, 2, 3, 4, 5].map(
    (port) => new RawClient(lab, { ...CLIENT, port }).allocate(evenPort(0)).port,
  );
  assert.deepEqual(ports.sort(), [50_000, 50_002, 50_004, 50_006, 50_008]);
  const sixth = new RawClient(lab, { ...CLIENT, port: 6 });
  assert.equal(codeOf(sixth.request(TurnMethod.ALLOCATE, all(udpRequested, evenPort(0)))), 508);
  assert.equal(lab.sockets.size, 5, 'the odd ports next to them are free');
  assert.equal(sixth.allocate().port % 2, 1);
});

test('step 8: EVEN-PORT with R reserves the next port, and the token hands it over once', () => {
  const lab = new TurnLab();
  const first = new RawClient(lab, CLIENT);
  const answer = first.request(TurnMethod.ALLOCATE, all(udpRequested, evenPort(0x80)));
  const reserved = answer.get(TurnAttribute.RESERVATION_TOKEN);
  assert.equal(reserved?.length, 8);
  const port = relayedOf(answer).port;
  assert.equal(port % 2, 0);
  assert.ok(lab.relayAt(port + 1), 'the next port is held by a socket');

  // Any 5-tuple may use it: here another client over TCP.
  const second = new RawClient(lab, { ip: '203.0.113.9', port: 1 }, 'bob', 'builder', 'tcp');
  assert.equal(second.allocate(token(reserved)).port, port + 1);
  const third = new RawClient(lab, { ip: '203.0.113.9', port: 2 });
  assert.equal(codeOf(third.request(TurnMethod.ALLOCATE, all(udpRequested, token(reserved)))), 508);
});

test('step 8: a reservation that nobody takes ends after 30 seconds, and its port is free again', () => {
  const lab = new TurnLab();
  const client = new RawClient(lab, CLIENT);
  const answer = client.request(TurnMethod.ALLOCATE, all(udpRequested, evenPort(0x80)));
  const reserved = answer.get(TurnAttribute.RESERVATION_TOKEN)?.slice();
  assert.ok(reserved);
  lab.wait(29_999);
  assert.equal(lab.sockets.size, 2);
  lab.wait(1001);
  assert.equal(lab.sockets.size, 1);
  const late = new RawClient(lab, { ...CLIENT, port: 1 });
  assert.equal(codeOf(late.request(TurnMethod.ALLOCATE, all(udpRequested, token(reserved)))), 508);
});

test('step 8: taking and deleting reserved pairs in a loop does not eat the ports', () => {
  const lab = new TurnLab({ relayPorts: { min: 50_000, max: 50_099 }, quotas: { perUser: 10, total: 1000 } });
  const codes = new Set<number>();
  for (let port = 1; port <= 100; port++) {
    const client = new RawClient(lab, { ...CLIENT, port });
    codes.add(codeOf(client.request(TurnMethod.ALLOCATE, all(udpRequested, evenPort(0x80)))));
    client.request(TurnMethod.REFRESH, lifetime(0));
  }
  // What is reserved counts as held, so the loop runs into the quota of its user, not into everybody's ports.
  assert.deepEqual([...codes].sort(), [0, 486]);
  assert.ok(lab.sockets.size <= 10);
  assert.equal(new RawClient(lab, { ...CLIENT, port: 200 }, 'bob', 'builder').allocate().ip, SERVER.ip);
});

test('step 9: both families at once, each with its own address; 440 for the one that is missing', () => {
  const lab = new TurnLab();
  const client = new RawClient(lab, CLIENT);
  const answer = client.request(TurnMethod.ALLOCATE, all(udpRequested, additional(2)));
  const relayed = answer
    .getAll(TurnAttribute.XOR_RELAYED_ADDRESS)
    .map((value) => decodeXorAddress(value, answer.transactionId)?.ip);
  assert.deepEqual(relayed, [SERVER.ip, '2001:db8:1::1']);
  assert.equal(client.permit('192.0.2.9', '2001:db8::9'), 0);
  // §8.1: one family can be given back alone, the other goes on.
  assert.equal(codeOf(client.request(TurnMethod.REFRESH, all(lifetime(0), family(2)))), 0);
  assert.equal(lab.sockets.size, 1);
  assert.equal(client.permit('2001:db8::9'), 443);
  assert.equal(client.permit('192.0.2.9'), 0);
  assert.equal(codeOf(client.request(TurnMethod.REFRESH, family(2))), 443);

  const four = new RawClient(new TurnLab({ relayAddresses: { v4: SERVER.ip } }), CLIENT);
  const partial = four.request(TurnMethod.ALLOCATE, all(udpRequested, additional(2)));
  assert.equal(codeOf(partial), 0);
  assert.deepEqual(partial.get(TurnAttribute.ADDRESS_ERROR_CODE), Uint8Array.of(2, 0, 4, 40));
});

test('step 9: one family whose sockets fail is reported with 508 beside the other', () => {
  const lab = new TurnLab();
  lab.holdSockets = true;
  const client = new RawClient(lab, CLIENT).challenge();
  assert.equal(
    client.exchange(client.signed(TurnMethod.ALLOCATE, all(udpRequested, additional(2)))),
    undefined,
  );
  for (const event of lab.events) {
    if (event.type !== 'open-relay') continue;
    if (event.family === 4) lab.server.handleRelayFailed(lab.now, event.relay, 'unavailable');
    else lab.server.handleRelayOpened(lab.now, event.relay);
  }
  lab.drain();
  assert.equal(lab.toClients.length, 1);
  assert.equal(lab.server.statistics.allocations, 1);
  assert.equal(lab.server.statistics.relays, 1);
});

test('step 10: one address gets half of all at most, whatever names it has', () => {
  const lab = new TurnLab({ quotas: { perUser: 2, total: 6 } });
  const codeFor = (ip: string, port: number, name: string, password: string) =>
    codeOf(new RawClient(lab, { ip, port }, name, password).request(TurnMethod.ALLOCATE, udpRequested));
  assert.equal(codeFor('2001:db8:0:1::1', 1, 'alice', 'wonder'), 0);
  assert.equal(codeFor('2001:db8:0:1::1', 2, 'alice', 'wonder'), 0);
  assert.equal(codeFor('2001:db8:0:1::2', 3, 'bob', 'builder'), 0);
  assert.equal(codeFor('2001:db8:0:1::3', 4, 'bob', 'builder'), 486, 'the same network');
  assert.equal(codeFor('2001:db8:0:2::1', 5, 'bob', 'builder'), 0, 'another one');
  lab.wait(600_000);
  assert.equal(codeFor('2001:db8:0:1::3', 6, 'bob', 'builder'), 0);
});

test('step 10: quotas per user and in total are 486, and what is given back counts no more', () => {
  const lab = new TurnLab({ quotas: { perUser: 2, total: 3 } });
  const at = (port: number, name = 'alice', password = 'wonder') =>
    new RawClient(lab, { ip: `203.0.113.${port}`, port }, name, password);
  const allocate = (client: RawClient) => codeOf(client.request(TurnMethod.ALLOCATE, udpRequested));
  const first = at(1);
  assert.equal(allocate(first), 0);
  assert.equal(allocate(at(2)), 0);
  assert.equal(allocate(at(3)), 486, 'alice has two');
  assert.equal(allocate(at(4, 'bob', 'builder')), 0);
  assert.equal(allocate(at(5, 'bob', 'builder')), 486, 'three in all');
  assert.equal(first.refresh(0), 0);
  assert.equal(allocate(at(6)), 0);
  lab.wait(600_000); // everything expires
  assert.equal(lab.server.statistics.allocations, 0);
  assert.equal(allocate(at(7)), 0);
  assert.equal(allocate(at(8, 'bob', 'builder')), 0);
});

test('ports that other programs hold are passed by; when none is left it is 508', () => {
  const lab = new TurnLab({ relayPorts: { min: 50_000, max: 50_003 } });
  for (const port of [50_000, 50_001, 50_003]) lab.portsInUse.add(port);
  assert.equal(new RawClient(lab, CLIENT).allocate().port, 50_002);
  const second = new RawClient(lab, { ...CLIENT, port: 1 });
  assert.equal(codeOf(second.request(TurnMethod.ALLOCATE, udpRequested)), 508);
  assert.equal(lab.server.statistics.relays, 1);
});

test('of a pair whose second half is taken both move on', () => {
  const lab = new TurnLab({ relayPorts: { min: 50_000, max: 50_003 } });
  lab.portsInUse.add(50_001);
  assert.equal(new RawClient(lab, CLIENT).allocate(evenPort(0x80)).port, 50_002);
  assert.deepEqual([...lab.sockets.values()].map((socket) => socket.port).sort(), [50_002, 50_003]);
});

test('a socket that cannot be had at all is 508 at once', () => {
  const lab = new TurnLab();
  lab.socketsUnavailable = true;
  const client = new RawClient(lab, CLIENT);
  assert.equal(codeOf(client.request(TurnMethod.ALLOCATE, udpRequested)), 508);
  assert.equal(lab.server.statistics.relays, 0);
});

test('a shell that never answers costs the client ten seconds and the server nothing', () => {
  const lab = new TurnLab();
  lab.holdSockets = true;
  const client = new RawClient(lab, CLIENT).challenge();
  assert.equal(client.exchange(client.signed(TurnMethod.ALLOCATE, udpRequested)), undefined);
  lab.wait(11_000);
  assert.equal(lab.toClients.length, 1);
  assert.equal(lab.server.statistics.relays, 0);
  assert.ok(lab.events.some((event) => event.type === 'close-relay'));
});

test('§7.2: lifetimes lie between the default and the maximum', () => {
  const lab = new TurnLab();
  let port = 0;
  const granted = (seconds: number) => {
    port += 1;
    const client = new RawClient(lab, { ...CLIENT, port });
    return lifetimeOf(client.request(TurnMethod.ALLOCATE, all(udpRequested, lifetime(seconds))));
  };
  assert.equal(granted(0), 600);
  assert.equal(granted(30), 600);
  assert.equal(granted(1200), 1200);
  assert.equal(granted(0xffffffff), 3600);
});

test('§8.2: Refresh sets the time anew; 0 deletes; afterwards it is 437', () => {
  const lab = new TurnLab();
  const client = new RawClient(lab, CLIENT);
  client.allocate();
  lab.wait(599_000);
  assert.equal(client.refresh(), 0);
  lab.wait(599_000);
  assert.equal(lifetimeOf(client.request(TurnMethod.REFRESH, lifetime(900))), 900);
  assert.equal(
    codeOf(
      client.request(TurnMethod.REFRESH, (writer) =>
        writer.attribute(TurnAttribute.LIFETIME, new Uint8Array(3)),
      ),
    ),
    400,
  );
  assert.equal(codeOf(client.request(TurnMethod.REFRESH, family(2))), 443);
  assert.equal(lifetimeOf(client.request(TurnMethod.REFRESH, lifetime(0))), 0);
  assert.equal(lab.sockets.size, 0);
  assert.equal(client.refresh(), 437);
  const ended = lab.events.find((event) => event.type === 'allocation-ended');
  assert.equal(ended?.reason, 'deleted');
});

test('an allocation ends to the second: alive at 599.999 s, gone at 600 s, also if the timer is late', () => {
  const lab = new TurnLab();
  const early = new RawClient(lab, CLIENT);
  early.allocate();
  lab.now += 599_999; // without firing timers
  assert.equal(early.permit('192.0.2.9'), 0);
  lab.now += 1;
  assert.equal(early.permit('192.0.2.9'), 437);
  assert.equal(lab.sockets.size, 0);
  const ended = lab.events.find((event) => event.type === 'allocation-ended');
  assert.equal(ended?.reason, 'expired');
});

test('§5: requests other than Allocate without an allocation are 437, by another user 441', () => {
  const lab = new TurnLab();
  const client = new RawClient(lab, CLIENT);
  assert.equal(client.refresh(), 437);
  assert.equal(client.permit('192.0.2.9'), 437);
  assert.equal(client.bind(0x4000, { ip: '192.0.2.9', port: 9 }), 437);
  client.allocate();
  client.username = 'bob';
  client.password = 'builder';
  assert.equal(client.refresh(0), 441);
  assert.equal(client.permit('192.0.2.9'), 441);
  assert.equal(client.bind(0x4000, { ip: '192.0.2.9', port: 9 }), 441);
  assert.equal(lab.server.statistics.allocations, 1);
});

test('a stream that ends takes its allocation with it, also one that is still being opened', () => {
  const lab = new TurnLab();
  const client = new RawClient(lab, CLIENT, 'alice', 'wonder', 'tcp');
  client.allocate();
  lab.server.handleLegClosed(lab.now, client.leg);
  lab.drain();
  assert.equal(lab.sockets.size, 0);
  assert.equal(lab.events.find((event) => event.type === 'allocation-ended')?.reason, 'leg-closed');

  const other = new RawClient(lab, { ...CLIENT, port: 1 }, 'alice', 'wonder', 'tls').challenge();
  lab.holdSockets = true;
  assert.equal(other.exchange(other.signed(TurnMethod.ALLOCATE, udpRequested)), undefined);
  const order = lab.events.findLast((event) => event.type === 'open-relay');
  assert.ok(order);
  lab.server.handleLegClosed(lab.now, other.leg);
  lab.drain();
  assert.deepEqual(lab.events.at(-1), { type: 'close-relay', relay: order.relay });
  lab.server.handleRelayOpened(lab.now, order.relay); // the socket was bound after all
  lab.drain();
  assert.equal(lab.toClients.length, 0);
  assert.equal(lab.server.statistics.relays, 0);
});

test('closing the server ends everything, orders every socket closed, and is silent afterwards', () => {
  const lab = new TurnLab();
  const client = new RawClient(lab, CLIENT);
  client.allocate(evenPort(0x80));
  lab.server.close(lab.now);
  lab.drain();
  assert.equal(lab.sockets.size, 0);
  assert.equal(lab.server.nextTimeout(), Number.POSITIVE_INFINITY);
  assert.equal(client.exchange(client.bare(0x001)), undefined);
  lab.server.handleTimeout(lab.now + 1e9);
  assert.equal(lab.server.pollEvent(), undefined);
});

test('SOFTWARE is said when the operator wants it, in answers to Allocate and Refresh only', () => {
  const lab = new TurnLab({ software: 'Ieum' });
  const client = new RawClient(lab, CLIENT);
  assert.equal(
    client.exchange(client.bare(TurnMethod.ALLOCATE, udpRequested))?.has(StunAttribute.SOFTWARE),
    false,
  );
  assert.equal(client.request(TurnMethod.ALLOCATE, udpRequested).has(StunAttribute.SOFTWARE), true);
  assert.equal(client.request(TurnMethod.REFRESH).has(StunAttribute.SOFTWARE), true);
});

test('options that cannot work are refused when the server is made', () => {
  const ports = (min: number, max: number) => () => new TurnLab({ relayPorts: { min, max } });
  assert.throws(ports(80, 90), RangeError);
  assert.throws(ports(50_000, 49_999), RangeError);
  assert.throws(ports(50_000, 65_536), RangeError);
  assert.throws(() => new TurnLab({ realm: '' }), TypeError);
  assert.throws(() => new TurnLab({ users: [{ username: 'a\u0000', password: 'x' }] }), {
    code: 'TURN_USER_INVALID',
  });
});

test('coturn’s own number for ADDITIONAL-ADDRESS-FAMILY means the same', () => {
  const client = new RawClient(new TurnLab(), CLIENT);
  const both: Fill = (writer) => writer.attribute(0x8032, Uint8Array.of(2, 0, 0, 0));
  const answer = client.request(TurnMethod.ALLOCATE, all(udpRequested, both));
  assert.equal(answer.getAll(TurnAttribute.XOR_RELAYED_ADDRESS).length, 2);
});
