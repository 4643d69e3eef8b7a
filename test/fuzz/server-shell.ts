/**
 * A shell around the TURN machine that carries out every order, and judges everything that comes out: who is sent to,
 * what is answered, what is held.
 */
import assert from 'node:assert/strict';
import {
  formatAddress,
  type Millis,
  NEVER,
  parseIp,
  parseIpRange,
  type SeededRandom,
  type SocketAddress,
  sameAddress,
} from '../../src/base/index.ts';
import { decodeMessage, MessageClass, StunAttribute } from '../../src/stun/index.ts';
import {
  type ConnectionId,
  isChannelData,
  type Leg,
  type LegId,
  LocalQuotaLedger,
  legId,
  type RelayId,
  type RelayProtocol,
  type Route,
  RouteMemo,
  TOTAL_QUOTA,
  TurnServer,
  type TurnServerEvent,
  type TurnServerOptions,
  type TurnTransmit,
} from '../../src/turn/index.ts';
import { DEFAULT_OPTIONS, labEnv, SERVER } from '../support/turn/lab.ts';
import { once, pick } from './damage.ts';
import { count } from './target.ts';

/** Small, so that bounds are met. */
const QUOTAS = { perUser: 8, total: 14 };
const LIMITS = {
  peersPerAllocation: 12,
  channelsPerAllocation: 8,
  rememberedAnswers: 40,
  rememberedNames: 20,
  waitingNames: 6,
  rateTableKeys: 32,
  portAttempts: 4,
  connectionsPerAllocation: 4,
  connectionsPerUser: 6,
  connections: 8,
};
/** Names that carry it are third-party users. */
export const OAUTH_KEY = { kid: 'north', key: new Uint8Array(32).fill(6) };
const SERVER_V6 = '2001:db8:1::1';

const OPTIONS: TurnServerOptions = {
  ...DEFAULT_OPTIONS,
  quotas: QUOTAS,
  relayPorts: { min: 50_000, max: 50_019 },
  peerPolicy: {
    loopback: false,
    private: 'deny',
    serverHasPublicAddress: true,
    ownServices: [SERVER, { ip: SERVER_V6, port: SERVER.port }],
  },
  limits: { ...LIMITS, bandwidth: { perAllocation: 2_000_000 } },
  mobility: true,
  tcpRelay: true,
  wantCredentials: true,
  oauthKeys: [OAUTH_KEY],
  capabilities: { dontFragment: true, icmp: true },
};

/** What one message brings forth at most: a message ends an allocation with its relays and connections, and is answered. */
const MAX_OUTPUTS = 200;

/** Beside the header: what an answer to a stranger holds at most (realm, nonce, algorithms, three addresses). */
const MAX_STRANGERS_ANSWER_BYTES = 200;

interface OpenRelay {
  readonly family: 4 | 6;
  readonly port: number;
  readonly protocol: RelayProtocol;
}

export class ServerShell {
  now: Millis = 0;
  readonly server: TurnServer;
  readonly relays = new Map<RelayId, OpenRelay>();
  readonly connections = new Set<ConnectionId>();
  /** The relayed addresses by the leg that they are held for; while an allocation moves it is held for two. */
  readonly allocations = new Map<LegId, readonly SocketAddress[]>();
  /** Legs that the machine has done with: joined to a peer, or to be destroyed. */
  readonly gone = new Set<LegId>();
  /** The answers of the last input. */
  answers: { readonly leg: Leg; readonly bytes: Uint8Array }[] = [];
  readonly #random: SeededRandom;
  readonly #reached: Map<string, number>;
  readonly #ledger = new LocalQuotaLedger();
  readonly #waitingNames: string[] = [];
  readonly #connecting: ConnectionId[] = [];
  readonly #legMemos = new Map<LegId, RouteMemo>();
  readonly #relayMemos = new Map<RelayId, RouteMemo>();
  #lastLeg = 0;

  constructor(random: SeededRandom, reached: Map<string, number>) {
    this.#random = random;
    this.#reached = reached;
    const env = labEnv(() => this.now, random.uint32());
    this.server = new TurnServer(env, { ...OPTIONS, quotaLedger: this.#ledger });
  }

  /** From another port each time, or by another connection. */
  newLeg(transport: Leg['transport']): Leg {
    this.#lastLeg += 1;
    const client = { ip: '203.0.113.5', port: 1024 + (this.#lastLeg % 60_000) };
    return { id: legId(this.#lastLeg), transport, client, server: SERVER };
  }

  say(leg: Leg, bytes: Uint8Array): void {
    this.answers = [];
    if (this.gone.has(leg.id)) return;
    const before = bytes.slice();
    this.server.handleClientMessage(this.now, leg, bytes);
    assert.deepEqual(bytes, before, 'what was lent is left alone');
    this.drain();
    for (const answer of this.answers) this.#judgeAnswer(answer.bytes, bytes);
  }

  act(act: (server: TurnServer, now: Millis) => void): void {
    this.answers = [];
    act(this.server, this.now);
    this.drain();
  }

  /** Answers what the shell was asked, or not yet. */
  settle(): void {
    const name = this.#waitingNames.shift();
    if (name !== undefined) {
      const found = pick(this.#random, [undefined, 'unavailable', { password: 'asked' }] as const);
      this.act((server, now) => server.handleCredentials(now, name, found));
    }
    const connection = this.#connecting.shift();
    if (connection === undefined || !this.connections.has(connection)) return;
    this.act((server, now) => {
      if (once(this.#random, 4)) {
        this.connections.delete(connection);
        server.handlePeerConnectFailed(now, connection);
      } else server.handlePeerConnected(now, connection);
    });
  }

  /** Somebody edits the settings: tighter and back again. */
  reload(): void {
    const random = this.#random;
    const deny = once(random, 3) ? [parseIpRange('192.0.2.8')].flatMap((range) => range ?? []) : [];
    this.act((server, now) =>
      server.reconfigure(now, {
        mobility: !once(random, 5),
        tcpRelay: !once(random, 5),
        quotas: once(random, 4) ? { perUser: 2, total: 5 } : QUOTAS,
        peerPolicy: { ...OPTIONS.peerPolicy, deny },
        oauthKeys: once(random, 6) ? [] : [OAUTH_KEY],
      }),
    );
  }

  /** The short way for data: what it remembers of the last decision changes no decision. */
  routeChannelData(leg: Leg, channel: number, bytes: number): void {
    const memo = this.#legMemos.get(leg.id) ?? new RouteMemo();
    this.#legMemos.set(leg.id, memo);
    this.act((server, now) => {
      const fresh = server.routeChannelData(now, leg, channel, 1, bytes, new RouteMemo());
      const remembered = server.routeChannelData(now, leg, channel, 1, bytes, memo);
      this.#judgeRoutes(fresh, remembered);
    });
  }

  routePeerData(relay: RelayId, from: SocketAddress, packets: number, bytes: number): void {
    const memo = this.#relayMemos.get(relay) ?? new RouteMemo();
    this.#relayMemos.set(relay, memo);
    this.act((server, now) => {
      const fresh = server.routePeerData(now, relay, from, packets, bytes, new RouteMemo());
      const remembered = server.routePeerData(now, relay, from, packets, bytes, memo);
      this.#judgeRoutes(fresh, remembered);
    });
  }

  accept(relay: RelayId, from: SocketAddress): void {
    this.act((server, now) => {
      const connection = server.handlePeerAccepted(now, relay, from);
      if (connection === undefined) return;
      this.connections.add(connection);
      count(this.#reached, 'peer connection accepted');
    });
  }

  closeConnection(connection: ConnectionId): void {
    this.connections.delete(connection);
    this.act((server, now) => server.handleConnectionClosed(now, connection));
  }

  closeLeg(leg: Leg): void {
    this.gone.add(leg.id);
    this.act((server, now) => server.handleLegClosed(now, leg));
  }

  wait(ms: Millis): void {
    const end = this.now + ms;
    for (let next = this.server.nextTimeout(); next <= end; next = this.server.nextTimeout()) {
      this.now = Math.max(this.now, next);
      this.server.handleTimeout(this.now);
      assert.ok(this.server.nextTimeout() > this.now, 'a timeout that was fired is not due again');
      this.drain();
    }
    this.now = end;
  }

  /** Bounds hold after every input. */
  judgeState(): void {
    const statistics = this.server.statistics;
    assert.ok(statistics.relays <= QUOTAS.total, `${statistics.relays} relays`);
    assert.ok(statistics.allocations <= QUOTAS.total, `${statistics.allocations} allocations`);
    assert.ok(statistics.rememberedAnswers <= LIMITS.rememberedAnswers);
    assert.ok(statistics.connections <= LIMITS.connections, `${statistics.connections} connections`);
    assert.equal(this.relays.size, statistics.relays, 'the shell holds the sockets that the machine counts');
    assert.equal(this.connections.size, statistics.connections, 'and its connections');
    assert.equal(new Set(this.allocations.values()).size, statistics.allocations, 'and its allocations');
    assert.ok(this.#waitingNames.length <= LIMITS.waitingNames);
  }

  /** Everything goes when nobody refreshes it. */
  judgeEnd(): void {
    while (this.#waitingNames.length > 0 || this.#connecting.length > 0) this.settle();
    this.wait(3 * 3_600_000);
    const { allocations, relays, rememberedAnswers, connections } = this.server.statistics;
    assert.deepEqual(
      { allocations, relays, rememberedAnswers, connections },
      { allocations: 0, relays: 0, rememberedAnswers: 0, connections: 0 },
    );
    assert.equal(this.relays.size + this.connections.size + this.allocations.size, 0);
    assert.equal(this.server.nextTimeout(), NEVER);
    assert.ok(this.#ledger.mayHold(TOTAL_QUOTA, QUOTAS.total, QUOTAS.total), 'no quota is held for anybody');
    this.act((server, now) => server.close(now));
  }

  drain(): void {
    for (let outputs = 0; ; outputs++) {
      assert.ok(outputs < MAX_OUTPUTS, 'one input brings forth a bounded number of outputs');
      const out = this.server.pollTransmit();
      if (out) {
        this.#handleTransmit(out);
        continue;
      }
      const event = this.server.pollEvent();
      if (!event) return;
      this.#handleEvent(event);
    }
  }

  /** Either may be dropped for its rate: they come one after the other. */
  #judgeRoutes(fresh: Route | undefined, remembered: Route | undefined): void {
    if (fresh?.kind === 'drop' || remembered?.kind === 'drop') return;
    assert.deepEqual(remembered, fresh, 'a memory decides nothing');
    if (fresh === undefined) return;
    count(this.#reached, `route to ${fresh.kind}`);
    if (fresh.kind === 'peer') judgePeer(fresh.to);
    else
      assert.ok(
        this.allocations.has(fresh.leg.id) && !this.gone.has(fresh.leg.id),
        'to a client that is there',
      );
  }

  #handleTransmit(out: TurnTransmit): void {
    if (out.kind === 'client') {
      this.answers.push(out);
      assert.ok(!this.gone.has(out.leg.id), 'nothing is said to who has gone');
    } else if (out.kind === 'peer') {
      count(this.#reached, 'relayed to a peer');
      assert.equal(this.relays.get(out.relay)?.protocol, 'udp', 'it leaves from a UDP relay that is open');
      judgePeer(out.to);
    } else assert.fail('a single machine has no sibling');
  }

  #handleEvent(event: TurnServerEvent): void {
    switch (event.type) {
      case 'open-relay': {
        const { relay, family, port, protocol } = event;
        for (const open of this.relays.values()) {
          assert.ok(open.port !== port || open.family !== family, 'no port is given twice');
        }
        const failed = once(this.#random, 12);
        if (failed)
          this.server.handleRelayFailed(this.now, relay, pick(this.#random, ['in-use', 'unavailable']));
        else {
          this.relays.set(relay, { family, port, protocol });
          this.server.handleRelayOpened(this.now, relay);
        }
        return;
      }
      case 'close-relay':
        this.relays.delete(event.relay);
        return;
      case 'close-leg':
        this.gone.add(event.leg.id);
        this.server.handleLegClosed(this.now, event.leg);
        return;
      case 'connect-peer':
        count(this.#reached, 'connect to a peer');
        if (event.sibling === undefined) judgePeer(event.to);
        this.connections.add(event.connection);
        this.#connecting.push(event.connection);
        return;
      case 'join-connection':
        count(this.#reached, 'connection joined');
        assert.ok(this.connections.has(event.connection));
        this.gone.add(event.leg.id);
        return;
      case 'close-connection':
        this.connections.delete(event.connection);
        return;
      case 'want-credentials':
        this.#waitingNames.push(event.name);
        return;
      case 'allocation-created':
        count(this.#reached, 'allocation created');
        assert.ok(!this.allocations.has(event.leg.id));
        this.allocations.set(event.leg.id, event.relayed);
        return;
      case 'allocation-moved': {
        count(this.#reached, 'allocation moved');
        const relayed = this.allocations.get(event.from.id);
        assert.ok(relayed, `it was on ${event.from.id}`);
        assert.ok(!this.allocations.has(event.to.id), 'a leg carries one allocation');
        this.allocations.set(event.to.id, relayed);
        return;
      }
      case 'allocation-ended':
        assert.ok(this.allocations.delete(event.leg.id), 'it ends where it last was');
        return;
      case 'leg-released':
        assert.ok(this.allocations.delete(event.leg.id), 'it was held');
        return;
      case 'refused':
        return;
      case 'hand-over':
        assert.fail('a single machine has no sibling');
    }
  }

  /** An answer is well-formed, names its request, leaks nothing in its padding, and is no amplifier for strangers. */
  #judgeAnswer(bytes: Uint8Array, request: Uint8Array): void {
    if (isChannelData(bytes)) return;
    const answer = decodeMessage(bytes);
    assert.ok(answer, 'what we send can be read');
    judgePadding(bytes);
    if (answer.class === MessageClass.INDICATION) return;
    const sealed =
      answer.has(StunAttribute.MESSAGE_INTEGRITY) || answer.has(StunAttribute.MESSAGE_INTEGRITY_SHA256);
    const error = answer.get(StunAttribute.ERROR_CODE);
    const code = error ? (error[2] ?? 0) * 100 + (error[3] ?? 0) : 0;
    count(this.#reached, `${answer.method} ${code}${sealed ? '' : ' to a stranger'}`);
    if (sealed) count(this.#reached, 'authenticated');
    else assert.ok(bytes.length <= request.length + MAX_STRANGERS_ANSWER_BYTES, `${bytes.length} bytes`);
  }
}

/** RFC 8489 §14: padding may be anything, so it must not be somebody's old bytes. */
function judgePadding(bytes: Uint8Array): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 20; at + 4 <= bytes.length; ) {
    const length = view.getUint16(at + 2);
    const end = at + 4 + length;
    at = end + (-length & 3);
    for (let i = end; i < at; i++) assert.equal(bytes[i], 0, 'padding is zero');
  }
}

/**
 * Whom a relay may send to, told in another way than the policy tells it: none of the texts that begin like what is
 * private, here or nobody's, and nothing that holds such an IPv4 address.
 */
function judgePeer(to: SocketAddress): void {
  const text = formatAddress(to);
  const dotted =
    /^(0|10|127|192\.168|169\.254|172\.(1[6-9]|2\d|3[01])|100\.(6[4-9]|[789]\d|1[01]\d|12[0-7])|22[4-9]|2[3-5]\d)\./;
  assert.doesNotMatch(to.ip, dotted, text);
  if (to.ip.includes(':')) {
    const bytes = parseIp(to.ip) ?? new Uint8Array(16);
    assert.doesNotMatch(to.ip, /^(f[cdef]|::)/, text);
    const head = (bytes[0] ?? 0) * 256 + (bytes[1] ?? 0);
    const inner =
      head === 0x2002
        ? bytes.subarray(2, 6)
        : to.ip.startsWith('64:ff9b:')
          ? bytes.subarray(12)
          : head === 0x2001 && bytes[2] === 0 && bytes[3] === 0
            ? bytes.subarray(12).map((byte) => byte ^ 0xff)
            : undefined;
    if (inner) assert.doesNotMatch(`${[...inner].join('.')}`, dotted, text);
  }
  assert.ok(!sameAddress(to, SERVER), `not to this server itself: ${text}`);
  assert.ok(!sameAddress(to, { ip: SERVER_V6, port: SERVER.port }), text);
}
