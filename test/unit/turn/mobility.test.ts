/** Allocations that go with their client from one address to another. RFC 8016. */
import assert from 'node:assert/strict';
import test from 'node:test';
import type { SocketAddress } from '../../../src/base/index.ts';
import { nodeCrypto } from '../../../src/node/index.ts';
import type { StunMessage } from '../../../src/stun/index.ts';
import {
  encodeChannelData,
  type Leg,
  mintRestCredentials,
  TurnAttribute,
  TurnMethod,
} from '../../../src/turn/index.ts';
import {
  all,
  codeOf,
  EPOCH,
  type Fill,
  lifetime,
  lifetimeOf,
  RawClient,
  relayedOf,
  TurnLab,
  udpRequested,
} from '../../support/turn/lab.ts';

const HOME: SocketAddress = { ip: '203.0.113.5', port: 40_000 };
const STREET: SocketAddress = { ip: '198.18.7.7', port: 52_000 };
const TRAIN: SocketAddress = { ip: '2001:db8:77::1', port: 53_000 };
const PEER: SocketAddress = { ip: '192.0.2.9', port: 9_000 };
const DATA = Uint8Array.of(1, 2, 3, 4);
const FRAME = encodeChannelData(0x4000, DATA, false);

const wantsTicket: Fill = (writer) => writer.flag(TurnAttribute.MOBILITY_TICKET);

function withTicket(ticket: Uint8Array): Fill {
  return (writer) => writer.attribute(TurnAttribute.MOBILITY_TICKET, ticket);
}

function ticketIn(answer: StunMessage): Uint8Array {
  const ticket = answer.get(TurnAttribute.MOBILITY_TICKET);
  assert.ok(ticket, 'the answer has a ticket');
  return ticket.slice();
}

/** A client with a channel to a peer, a ticket, and what the peer hears from it. */
function mobile(lab = new TurnLab({ mobility: true }), transport: Leg['transport'] = 'udp') {
  const client = new RawClient(lab, HOME, 'alice', 'wonder', transport);
  const answer = client.request(TurnMethod.ALLOCATE, all(udpRequested, wantsTicket));
  assert.equal(codeOf(answer), 0);
  const relayed = relayedOf(answer);
  const relay = lab.relayAt(relayed.port);
  assert.equal(client.bind(0x4000, PEER), 0);
  return { lab, client, relayed, relay, ticket: ticketIn(answer) };
}

function at(lab: TurnLab, where: SocketAddress, username = 'alice', password = 'wonder'): RawClient {
  return new RawClient(lab, where, username, password);
}

function resume(client: RawClient, ticket: Uint8Array, fill: Fill = () => {}): StunMessage {
  return client.request(TurnMethod.REFRESH, all(withTicket(ticket), fill));
}

/** Over which leg data from the peer goes out; `undefined` when it goes nowhere. */
function legFromPeer({ lab, relay }: ReturnType<typeof mobile>): Leg | undefined {
  lab.toClients.length = 0;
  lab.fromPeer(relay, PEER, DATA);
  return lab.toClients[0]?.leg;
}

function reaches(lab: TurnLab, client: RawClient): boolean {
  lab.toPeers.length = 0;
  lab.fromClient(client.leg, FRAME);
  return lab.toPeers.length === 1;
}

test('§3.1.2: a ticket comes with the allocation where the server allows it: otherwise 405', () => {
  const off = new RawClient(new TurnLab(), HOME);
  assert.equal(codeOf(off.request(TurnMethod.ALLOCATE, all(udpRequested, wantsTicket))), 405);
  const on = new RawClient(new TurnLab({ mobility: true }), HOME);
  const full: Fill = withTicket(Uint8Array.of(1));
  assert.equal(codeOf(on.request(TurnMethod.ALLOCATE, all(udpRequested, full))), 400);
  const plain = on.request(TurnMethod.ALLOCATE, udpRequested);
  assert.equal(plain.has(TurnAttribute.MOBILITY_TICKET), false, 'who does not ask gets none');
});

test('§3.2.2: the client moves, and keeps its relayed address, permission and channel', () => {
  const session = mobile();
  const { lab, client, relayed, ticket } = session;
  const street = at(lab, STREET);
  const answer = resume(street, ticket);
  assert.equal(codeOf(answer), 0);
  assert.equal(lifetimeOf(answer), 600);
  assert.notDeepEqual(ticketIn(answer), ticket);
  const moved = lab.events.find((event) => event.type === 'allocation-moved');
  assert.deepEqual([moved?.from, moved?.to], [client.leg, street.leg]);

  // Until it is heard at the new address both are served, and the peer's data goes to the old one.
  assert.equal(legFromPeer(session), client.leg);
  assert.ok(reaches(lab, client));
  assert.equal(legFromPeer(session), client.leg);
  assert.ok(reaches(lab, street));
  assert.equal(legFromPeer(session), street.leg);
  assert.equal(reaches(lab, client), false, 'the old 5-tuple is done with');
  const released = lab.events.filter((event) => event.type === 'leg-released');
  assert.deepEqual(
    released.map(({ leg }) => leg),
    [client.leg],
  );
  assert.equal(client.refresh(), 437);
  assert.equal(street.refresh(), 0);
  assert.equal(street.bind(0x4000, PEER), 0);
  assert.deepEqual(lab.server.sessions(lab.now)[0]?.client, STREET);
  assert.deepEqual(lab.server.sessions(lab.now)[0]?.relayed, [relayed]);
});

test('a Send indication at the new address settles the move as well', () => {
  const session = mobile();
  const street = at(session.lab, STREET);
  resume(street, session.ticket);
  street.send(PEER, DATA);
  assert.equal(legFromPeer(session), street.leg);
});

test('from IPv4 to IPv6, and from one ticket to the next, as often as one likes', () => {
  const session = mobile();
  let { ticket } = session;
  for (let i = 0; i < 50; i++) {
    const next = at(session.lab, i % 2 === 0 ? TRAIN : { ...STREET, port: 1_000 + i });
    const answer = resume(next, ticket);
    assert.equal(codeOf(answer), 0);
    ticket = ticketIn(answer);
    assert.ok(reaches(session.lab, next));
    assert.equal(legFromPeer(session), next.leg);
  }
  assert.equal(session.lab.server.statistics.allocations, 1);
});

test('a retransmitted Refresh gets the same bytes, although the ticket has rotated', () => {
  const { lab, ticket } = mobile();
  const street = at(lab, STREET).challenge();
  const request = street.signed(TurnMethod.REFRESH, withTicket(ticket));
  const first = street.exchange(request);
  lab.wait(10);
  const second = street.exchange(request);
  assert.ok(first && second);
  assert.deepEqual(second.bytes, first.bytes);
  // Even after the new address was used, which makes the old ticket void.
  assert.ok(reaches(lab, street));
  lab.wait(30_000);
  assert.deepEqual(street.exchange(request)?.bytes, first.bytes);
  assert.equal(lab.events.filter((event) => event.type === 'allocation-moved').length, 1);
});

test('the old ticket is good until the new address was used: its answer may have been lost', () => {
  const session = mobile();
  const { lab, ticket } = session;
  const street = at(lab, STREET);
  assert.equal(codeOf(resume(street, ticket)), 0);
  // The answer is lost; the client asks anew from there, and then from the next place.
  const again = resume(street, ticket);
  assert.equal(codeOf(again), 0);
  const train = at(lab, TRAIN);
  const last = resume(train, ticket);
  assert.equal(codeOf(last), 0);
  assert.equal(reaches(lab, street), false, 'an address that was never used is forgotten');
  assert.ok(reaches(lab, train));
  assert.equal(codeOf(resume(at(lab, STREET), ticket)), 400);
  assert.equal(codeOf(resume(at(lab, STREET), ticketIn(again))), 400);
  assert.equal(codeOf(resume(at(lab, STREET), ticketIn(last))), 0);
});

test('a newer ticket makes the older ones void at once: who has it needs them no more', () => {
  const { lab, ticket } = mobile();
  const newer = ticketIn(resume(at(lab, STREET), ticket));
  assert.equal(codeOf(resume(at(lab, TRAIN), newer)), 0);
  assert.equal(codeOf(resume(at(lab, { ...STREET, port: 9 }), ticket)), 400);
});

test('§3.2.2: tickets that are none, of nobody, or of another user are refused, each with its code', () => {
  const { lab, client, ticket } = mobile();
  const street = at(lab, STREET);
  const bent = ticket.slice();
  bent[4] = bent[4] === 0x61 ? 0x62 : 0x61;
  assert.equal(codeOf(resume(street, bent)), 400);
  assert.equal(codeOf(resume(street, ticket.subarray(1))), 400);
  assert.equal(codeOf(resume(street, new Uint8Array(0))), 400);
  assert.equal(codeOf(resume(client, ticket)), 400, 'nobody has moved');
  assert.equal(codeOf(resume(at(lab, STREET, 'bob', 'builder'), ticket)), 441);
  const thief = at(lab, STREET, 'alice', 'wrong').challenge();
  assert.equal(codeOf(thief.exchange(thief.signed(TurnMethod.REFRESH, withTicket(ticket)))), 401);
  const busy = at(lab, TRAIN);
  busy.allocate();
  assert.equal(codeOf(resume(busy, ticket)), 437, 'the 5-tuple has an allocation of its own');
  assert.equal(client.refresh(0), 0);
  assert.equal(
    codeOf(resume(street, ticket)),
    437,
    'a ticket outlives its allocation, and is good for nothing',
  );
});

test('a ticket of another server is none, and after a reload without mobility neither is ours', () => {
  const { ticket } = mobile(new TurnLab({ mobility: true, nonceSecret: new Uint8Array(32).fill(7) }));
  const { lab, ticket: own } = mobile();
  assert.equal(codeOf(resume(at(lab, STREET), ticket)), 400);
  lab.server.reconfigure(lab.now, { mobility: false });
  assert.equal(codeOf(resume(at(lab, STREET), own)), 405);
});

test('a refused Refresh moves nothing', () => {
  const session = mobile();
  const street = at(session.lab, STREET);
  const otherFamily: Fill = (writer) =>
    writer.attribute(TurnAttribute.REQUESTED_ADDRESS_FAMILY, Uint8Array.of(2, 0, 0, 0));
  assert.equal(codeOf(resume(street, session.ticket, otherFamily)), 443);
  assert.equal(street.refresh(), 437);
  assert.equal(legFromPeer(session), session.client.leg);
  assert.equal(codeOf(resume(street, session.ticket)), 0, 'and the ticket is as good as before');
});

test('from a new address an allocation can be ended too', () => {
  const { lab, ticket } = mobile();
  const answer = resume(at(lab, STREET), ticket, lifetime(0));
  assert.equal(lifetimeOf(answer), 0);
  assert.equal(answer.has(TurnAttribute.MOBILITY_TICKET), false);
  assert.equal(lab.sockets.size, 0);
});

test('however often a client moves, its quota counts once, and is given back once', () => {
  const lab = new TurnLab({ mobility: true, quotas: { perUser: 2, total: 4 } });
  const { ticket } = mobile(lab);
  let newest = ticket;
  for (let i = 0; i < 10; i++) {
    const next = at(lab, { ip: `198.18.0.${i}`, port: 1 });
    newest = ticketIn(resume(next, newest));
    reaches(lab, next);
  }
  const second = at(lab, { ...STREET, port: 2 });
  second.allocate();
  assert.equal(codeOf(at(lab, { ...STREET, port: 3 }).request(TurnMethod.ALLOCATE, udpRequested)), 486);
  assert.equal(codeOf(resume(at(lab, TRAIN), newest, lifetime(0))), 0);
  assert.equal(second.refresh(0), 0);
  // All is free again: at the home address too, where the first one was made.
  for (const port of [4, 5]) at(lab, { ...HOME, port }).allocate();
  assert.equal(codeOf(at(lab, { ...HOME, port: 6 }).request(TurnMethod.ALLOCATE, udpRequested)), 486);
});

test('a flood of resumes leaves one allocation, two legs at most, and nothing behind', () => {
  const session = mobile();
  const { lab, client } = session;
  for (let i = 0; i < 250; i++) {
    assert.equal(codeOf(resume(at(lab, { ...STREET, port: 2_000 + i }), session.ticket)), 0);
  }
  const count = (type: string) => lab.events.filter((event) => event.type === type).length;
  assert.equal(count('allocation-moved') - count('leg-released'), 1, 'one leg beside the old one is held');
  assert.equal(lab.server.statistics.allocations, 1);
  assert.equal(lab.server.sessions(lab.now).length, 1);
  assert.equal(legFromPeer(session), client.leg);
  assert.equal(client.refresh(0), 0);
  assert.equal(count('allocation-moved'), count('leg-released'));
  assert.equal(lab.sockets.size, 0);
});

test('a stream that ends leaves a mobile allocation behind, counted until it expires or moves', () => {
  const lab = new TurnLab({ mobility: true, quotas: { perUser: 1, total: 10 } });
  const session = mobile(lab, 'tcp');
  lab.server.handleLegClosed(lab.now, session.client.leg);
  lab.drain();
  assert.equal(lab.server.statistics.allocations, 1);
  assert.equal(legFromPeer(session), undefined, 'there is nobody to send to');
  assert.equal(codeOf(at(lab, TRAIN).request(TurnMethod.ALLOCATE, udpRequested)), 486);
  lab.wait(300_000);
  const street = at(lab, STREET);
  assert.equal(codeOf(resume(street, session.ticket)), 0);
  assert.ok(reaches(lab, street));
  street.permit(PEER.ip);
  assert.equal(legFromPeer(session), street.leg);
  lab.wait(601_000);
  assert.equal(lab.server.statistics.allocations, 0);
  assert.equal(lab.sockets.size, 0);
});

test('without anybody coming back it ends when its time is over', () => {
  const { lab, client } = mobile(new TurnLab({ mobility: true }), 'tls');
  lab.server.handleLegClosed(0, client.leg);
  lab.wait(600_000);
  assert.equal(lab.sockets.size, 0);
  const ended = lab.events.find((event) => event.type === 'allocation-ended');
  assert.equal(ended?.reason, 'expired');
});

test('the old stream ends while the client is moving: the new address takes over at once', () => {
  const session = mobile(new TurnLab({ mobility: true }), 'tcp');
  const street = at(session.lab, STREET);
  resume(street, session.ticket);
  session.lab.server.handleLegClosed(session.lab.now, session.client.leg);
  assert.equal(legFromPeer(session), street.leg);
});

test('the new stream ends while the client is moving: the old address goes on', () => {
  const session = mobile();
  const { lab, ticket } = session;
  const street = new RawClient(lab, STREET, 'alice', 'wonder', 'tcp');
  resume(street, ticket);
  lab.server.handleLegClosed(lab.now, street.leg);
  lab.drain();
  assert.equal(legFromPeer(session), session.client.leg);
  assert.equal(codeOf(resume(at(lab, TRAIN), ticket)), 0);
});

test('without a ticket asked for, a stream that ends takes its allocation along', () => {
  const lab = new TurnLab({ mobility: true });
  const client = new RawClient(lab, HOME, 'alice', 'wonder', 'tcp');
  client.allocate();
  lab.server.handleLegClosed(lab.now, client.leg);
  lab.drain();
  assert.equal(lab.sockets.size, 0);
});

test('REST names: an allocation made in time can be moved after the expiry in its name', () => {
  const lab = new TurnLab({ mobility: true });
  const { username, password } = mintRestCredentials(nodeCrypto, 'north', EPOCH, 100, 'mina');
  const client = at(lab, HOME, username, password);
  const ticket = ticketIn(client.request(TurnMethod.ALLOCATE, all(udpRequested, wantsTicket)));
  lab.wait(200_000);
  assert.equal(codeOf(resume(at(lab, STREET, username, password), ticket)), 0);
});

test('a ticket of another shard is handed over there, and only for who has the credentials', () => {
  const labs = [0, 1].map((index) => new TurnLab({ mobility: true, shard: { index, count: 2 } }, index + 1));
  const [first, second] = labs;
  assert.ok(first && second);
  const { ticket } = mobile(second);
  assert.match(Buffer.from(ticket).toString(), /^A[Q-Za-f][\w-]{30}$/);
  const street = at(first, STREET).challenge();
  const request = street.signed(TurnMethod.REFRESH, withTicket(ticket));
  assert.equal(street.exchange(request), undefined);
  const order = first.events.find((event) => event.type === 'hand-over');
  assert.deepEqual([order?.shard, order?.bytes], [1, request]);

  const there = { ...street.leg, id: second.leg(STREET).id };
  second.toClients.length = 0;
  second.fromClient(there, request);
  assert.equal(second.toClients.length, 1);
  assert.equal(second.events.filter((event) => event.type === 'allocation-moved').length, 1);

  const thief = at(first, TRAIN, 'alice', 'wrong').challenge();
  thief.exchange(thief.signed(TurnMethod.REFRESH, withTicket(ticket)));
  assert.equal(first.events.filter((event) => event.type === 'hand-over').length, 1);
  const stream = new RawClient(first, TRAIN, 'alice', 'wonder', 'tcp');
  assert.equal(codeOf(resume(stream, ticket)), 437, 'a stream stays where it is');
  const sealed = new RawClient(first, TRAIN, 'alice', 'wonder', 'dtls');
  assert.equal(codeOf(resume(sealed, ticket)), 437, 'so does a DTLS connection, and it is told');
  const { client: settled } = mobile(first);
  assert.equal(codeOf(resume(settled, ticket)), 437, 'nobody loses the allocation of a 5-tuple by a ticket');
});
