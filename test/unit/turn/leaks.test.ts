/**
 * Whatever clients do, in whatever order, nothing is left in the end: no relay, no quota, no connection, no leg that a
 * shell would hold for ever. The lives are made up by chance; a failing one is told with its seed.
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { MessageClass } from '../../../src/stun/index.ts';
import {
  type ConnectionId,
  encodeChannelData,
  type LegId,
  LocalQuotaLedger,
  TOTAL_QUOTA,
  TurnAttribute,
  TurnMethod,
} from '../../../src/turn/index.ts';
import {
  all,
  codeOf,
  type Fill,
  lifetime,
  RawClient,
  TurnLab,
  udpRequested,
} from '../../support/turn/lab.ts';

const PEERS = [
  { ip: '192.0.2.9', port: 9_000 },
  { ip: '192.0.2.10', port: 9_001 },
] as const;

/** Fails when something is given back that was not taken. */
class StrictLedger extends LocalQuotaLedger {
  total = 0;

  override hold(name: string): void {
    super.hold(name);
    if (name === TOTAL_QUOTA) this.total += 1;
  }

  override release(name: string): void {
    assert.equal(this.mayHold(name, 0, 0), false, `"${name}" holds something`);
    super.release(name);
    if (name === TOTAL_QUOTA) this.total -= 1;
  }
}

const tcpRequested: Fill = (writer) =>
  writer.attribute(TurnAttribute.REQUESTED_TRANSPORT, Uint8Array.of(6, 0, 0, 0));
const wantsTicket: Fill = (writer) => writer.flag(TurnAttribute.MOBILITY_TICKET);
const reserveNext: Fill = (writer) => writer.attribute(TurnAttribute.EVEN_PORT, Uint8Array.of(0x80));
const both: Fill = (writer) =>
  writer.attribute(TurnAttribute.ADDITIONAL_ADDRESS_FAMILY, Uint8Array.of(2, 0, 0, 0));

/** A server, its clients and its shell, as far as they must remember anything. */
class Town {
  readonly ledger = new StrictLedger();
  readonly lab = new TurnLab({
    mobility: true,
    tcpRelay: true,
    quotaLedger: this.ledger,
    quotas: { perUser: 6, total: 10 },
    limits: {
      connectionsPerAllocation: 2,
      connectionsPerUser: 3,
      unauthenticatedAnswers: { perSecond: 1e6, burst: 1e6 },
    },
  });
  readonly clients: RawClient[] = [];
  readonly tickets: Uint8Array[] = [];
  readonly tokens: Uint8Array[] = [];
  #lastPort = 1_000;
  #events = 0;
  /** As the shell holds them. */
  readonly held = new Set<LegId>();
  readonly connections = new Set<ConnectionId>();

  client(transport: 'udp' | 'tcp'): RawClient {
    this.#lastPort += 1;
    const ip = this.#lastPort % 3 === 0 ? '203.0.113.5' : '198.18.0.9';
    const client = new RawClient(this.lab, { ip, port: this.#lastPort }, 'alice', 'wonder', transport);
    this.clients.push(client);
    return client;
  }

  ask(client: RawClient, method: number, fill: Fill): number {
    if (client.nonce.length === 0) client.challenge();
    const answer = client.exchange(client.signed(method, fill));
    const ticket = answer?.get(TurnAttribute.MOBILITY_TICKET);
    if (ticket) this.tickets.push(ticket.slice());
    const token = answer?.get(TurnAttribute.RESERVATION_TOKEN);
    if (token) this.tokens.push(token.slice());
    this.look();
    return answer && answer.class === MessageClass.SUCCESS ? 0 : answer ? codeOf(answer) : -1;
  }

  /** What the shell makes of the events since the last time. */
  look(): void {
    this.lab.drain();
    const { events } = this.lab;
    for (; this.#events < events.length; this.#events++) {
      const event = events[this.#events];
      if (event?.type === 'allocation-created' || event?.type === 'allocation-moved') {
        assert.ok(!this.held.has(event.leg.id), 'a leg is held once');
        this.held.add(event.leg.id);
      } else if (event?.type === 'allocation-ended' || event?.type === 'leg-released') {
        assert.ok(this.held.delete(event.leg.id), 'only what is held is released');
      } else if (event?.type === 'connect-peer') this.connections.add(event.connection);
      else if (event?.type === 'close-connection') {
        assert.ok(this.connections.delete(event.connection), 'only what is open is closed');
      }
    }
    const { relays, allocations, connections } = this.lab.server.statistics;
    assert.equal(this.ledger.total, relays, 'what is counted is what there is');
    assert.equal(this.lab.sockets.size, relays);
    assert.ok(this.held.size >= allocations && this.held.size <= 2 * allocations);
    assert.equal(connections, this.connections.size);
  }
}

const pick = <T>(items: readonly T[], n: number): T | undefined => items[n % Math.max(1, items.length)];

/** `a` and `b` choose among what there is. */
type Step = (town: Town, a: number, b: number) => void;

const STEPS: readonly Step[] = [
  function allocates(town, a, b) {
    const wishes = [wantsTicket, all(wantsTicket, both), reserveNext, both, () => {}];
    town.ask(
      town.client(a % 2 === 0 ? 'udp' : 'tcp'),
      TurnMethod.ALLOCATE,
      all(udpRequested, wishes[b % 5] ?? wantsTicket),
    );
  },
  function allocatesTcp(town) {
    town.ask(town.client('tcp'), TurnMethod.ALLOCATE, tcpRequested);
  },
  function redeems(town, a) {
    const token = pick(town.tokens, a);
    const fill: Fill = (writer) => token && writer.attribute(TurnAttribute.RESERVATION_TOKEN, token);
    town.ask(town.client('udp'), TurnMethod.ALLOCATE, all(udpRequested, fill));
  },
  function moves(town, a, b) {
    const ticket = pick(town.tickets, a);
    if (!ticket) return;
    const fill: Fill = (writer) => writer.attribute(TurnAttribute.MOBILITY_TICKET, ticket);
    const client = b % 4 === 0 ? pick(town.clients, b) : town.client(b % 2 === 0 ? 'udp' : 'tcp');
    if (client) town.ask(client, TurnMethod.REFRESH, b % 7 === 0 ? all(fill, lifetime(0)) : fill);
  },
  function binds(town, a, b) {
    const client = pick(town.clients, a);
    const peer = pick(PEERS, b);
    if (!client || !peer) return;
    town.ask(client, TurnMethod.CHANNEL_BIND, (writer) =>
      writer
        .attribute(TurnAttribute.CHANNEL_NUMBER, Uint8Array.of(0x40, b % 2, 0, 0))
        .xorAddress(TurnAttribute.XOR_PEER_ADDRESS, peer),
    );
  },
  function sends(town, a, b) {
    const client = pick(town.clients, a);
    if (client)
      town.lab.fromClient(client.leg, encodeChannelData(0x4000 + (b % 2), Uint8Array.of(1, 2, 3, 4), true));
    town.look();
  },
  function refreshes(town, a, b) {
    const client = pick(town.clients, a);
    if (client) town.ask(client, TurnMethod.REFRESH, b % 5 === 0 ? lifetime(0) : () => {});
  },
  function leaves(town, a) {
    const client = pick(town.clients, a);
    if (client?.leg.transport !== 'tcp') return;
    town.lab.server.handleLegClosed(town.lab.now, client.leg);
    town.clients.splice(town.clients.indexOf(client), 1);
    town.look();
  },
  function connects(town, a, b) {
    const client = pick(town.clients, a);
    const peer = pick(PEERS, b);
    if (client && peer) {
      town.ask(client, TurnMethod.CONNECT, (writer) =>
        writer.xorAddress(TurnAttribute.XOR_PEER_ADDRESS, peer),
      );
    }
  },
  function peersAnswer(town, a, b) {
    const connection = pick([...town.connections], a);
    if (connection === undefined) return;
    const { server, now } = town.lab;
    if (b % 3 > 0) server.handlePeerConnected(now, connection);
    else {
      // Of a connection that is there already the shell would say something else.
      server.handleConnectionClosed(now, connection);
      town.connections.delete(connection);
    }
    town.look();
  },
  function peersCome(town, a, b) {
    const relay = pick([...town.lab.sockets.keys()], a);
    const peer = pick(PEERS, b);
    if (relay === undefined || !peer) return;
    const id = town.lab.server.handlePeerAccepted(town.lab.now, relay, { ...peer, port: 20_000 + (b % 50) });
    if (id !== undefined) town.connections.add(id);
    town.look();
  },
  function joins(town, a) {
    const connection = pick([...town.connections], a);
    if (connection === undefined) return;
    const named: Fill = (writer) => writer.u32(TurnAttribute.CONNECTION_ID, connection);
    town.ask(town.client('tcp'), TurnMethod.CONNECTION_BIND, named);
  },
  function kicks(town, a) {
    const session = pick(town.lab.server.sessions(town.lab.now), a);
    if (session && a % 3 === 0) town.lab.server.kick(town.lab.now, { id: session.id });
    town.look();
  },
  function waits(town, a, b) {
    town.lab.wait(b % 4 === 0 ? (a % 700) * 1000 : a % 40_000);
    town.look();
  },
];

test('no life of clients leaves anything behind', () => {
  const step = fc.tuple(fc.nat(STEPS.length - 1), fc.nat(10_000), fc.nat(10_000));
  fc.assert(
    fc.property(fc.array(step, { maxLength: 120, size: 'max' }), (life) => {
      const town = new Town();
      for (const [n, a, b] of life) STEPS[n]?.(town, a, b);
      town.lab.wait(4_000_000);
      town.look();
      const { allocations, relays, connections } = town.lab.server.statistics;
      assert.deepEqual({ allocations, relays, connections }, { allocations: 0, relays: 0, connections: 0 });
      assert.equal(town.held.size, 0);
      assert.equal(town.ledger.mayHold(TOTAL_QUOTA, 0, 0), true);
      assert.equal(town.lab.server.nextTimeout(), Number.POSITIVE_INFINITY);
    }),
    { numRuns: 100 },
  );
});
