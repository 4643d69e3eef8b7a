/**
 * TURN clients, a TURN server and their peers on a virtual network: delays, jitter and losses from one seed, time that
 * costs nothing. UDP datagrams may be lost and overtake each other; streams deliver in order, cut at random places.
 */
import {
  formatAddress,
  type Millis,
  NEVER,
  SeededRandom,
  type SocketAddress,
} from '../../../src/base/index.ts';
import { StreamFramer } from '../../../src/stun/index.ts';
import {
  isChannelData,
  type Leg,
  legId,
  type RelayId,
  TurnClient,
  type TurnClientEvent,
  TurnServer,
  type TurnServerEvent,
  type TurnServerOptions,
} from '../../../src/turn/index.ts';
import { DEFAULT_OPTIONS, labEnv, SERVER } from './lab.ts';

export interface Path {
  readonly delayMs: Millis;
  readonly jitterMs: Millis;
  /** Of datagrams between client and server, 0 … 1. */
  readonly lossFraction: number;
  /** Decides about the n-th datagram (from 0) between clients and server, beside the random loss. */
  readonly drop: (n: number, bytes: Uint8Array, direction: 'to-server' | 'to-client') => boolean;
}

interface Action {
  readonly at: Millis;
  readonly order: number;
  readonly act: () => void;
}

export interface TimedEvent {
  readonly at: Millis;
  readonly event: TurnClientEvent;
}

export class WorldClient {
  readonly machine: TurnClient;
  readonly leg: Leg;
  readonly events: TimedEvent[] = [];
  readonly framer: StreamFramer | undefined;

  constructor(machine: TurnClient, leg: Leg) {
    this.machine = machine;
    this.leg = leg;
    this.framer = leg.transport === 'udp' ? undefined : new StreamFramer();
  }

  find<T extends TurnClientEvent['type']>(type: T): Extract<TurnClientEvent, { type: T }> | undefined {
    const found = this.events.find(({ event }) => event.type === type)?.event;
    return found as Extract<TurnClientEvent, { type: T }> | undefined;
  }

  all<T extends TurnClientEvent['type']>(type: T): Extract<TurnClientEvent, { type: T }>[] {
    return this.events
      .map(({ event }) => event)
      .filter((event): event is Extract<TurnClientEvent, { type: T }> => event.type === type);
  }

  /** Virtual time of the first event of that kind. */
  timeOf(type: TurnClientEvent['type']): Millis | undefined {
    return this.events.find(({ event }) => event.type === type)?.at;
  }
}

export class TurnWorld {
  now: Millis = 0;
  server: TurnServer;
  readonly serverEvents: TurnServerEvent[] = [];
  readonly clients: WorldClient[] = [];
  /** Datagrams between clients and server so far, lost ones included. */
  datagrams = 0;
  /** One line for each thing that moved: equal seeds give equal logs. */
  readonly log: string[] = [];
  /** What peers have received. */
  readonly atPeers: {
    readonly from: SocketAddress;
    readonly to: SocketAddress;
    readonly bytes: Uint8Array;
  }[] = [];
  readonly #path: Path;
  readonly #random: SeededRandom;
  readonly #options: TurnServerOptions;
  readonly #seed: number;
  readonly #relays = new Map<RelayId, SocketAddress>();
  #actions: Action[] = [];
  #order = 0;

  constructor(seed: number, path: Partial<Path> = {}, options: Partial<TurnServerOptions> = {}) {
    this.#seed = seed;
    this.#random = new SeededRandom(seed);
    this.#path = { delayMs: 20, jitterMs: 0, lossFraction: 0, drop: () => false, ...path };
    this.#options = { ...DEFAULT_OPTIONS, ...options };
    this.server = this.#newServer();
  }

  /** As after a crash: what was in memory is gone, secrets and configuration are the same. */
  restartServer(): void {
    this.#relays.clear();
    this.server = this.#newServer();
  }

  client(
    transport: Exclude<Leg['transport'], 'dtls'> = 'udp',
    username = 'alice',
    password = 'wonder',
  ): WorldClient {
    const n = this.clients.length + 1;
    const leg: Leg = {
      id: legId(n),
      transport,
      client: { ip: '203.0.113.5', port: 40_000 + n },
      server: SERVER,
    };
    const env = labEnv(() => this.now, this.#seed * 100 + n);
    const machine = new TurnClient(env, { server: SERVER, transport, credentials: { username, password } });
    const client = new WorldClient(machine, leg);
    this.clients.push(client);
    return client;
  }

  /** Lets a client do something now. */
  act(act: () => void): void {
    act();
    this.#drain();
  }

  peerSends(from: SocketAddress, to: SocketAddress, bytes: Uint8Array): void {
    for (const [id, address] of this.#relays) {
      if (formatAddress(address) !== formatAddress(to)) continue;
      this.#after(this.#path.delayMs, () => this.server.handlePeerDatagram(this.now, id, from, bytes));
    }
  }

  /** Runs until nothing is left to do before `end`, or `done` says so. */
  runUntil(end: Millis, done: () => boolean = () => false): void {
    this.#drain();
    while (!done()) {
      const next = Math.min(
        this.#actions[0]?.at ?? NEVER,
        this.server.nextTimeout(),
        ...this.clients.map(({ machine }) => machine.nextTimeout()),
      );
      if (next > end) break;
      this.now = Math.max(this.now, next);
      while ((this.#actions[0]?.at ?? NEVER) <= this.now) this.#actions.shift()?.act();
      if (this.server.nextTimeout() <= this.now) this.server.handleTimeout(this.now);
      for (const { machine } of this.clients) {
        if (machine.nextTimeout() <= this.now) machine.handleTimeout(this.now);
      }
      this.#drain();
    }
    if (!done()) this.now = Math.max(this.now, end);
  }

  #newServer(): TurnServer {
    return new TurnServer(
      labEnv(() => this.now, this.#seed),
      this.#options,
    );
  }

  #after(delayMs: Millis, act: () => void): void {
    this.#order += 1;
    this.#actions.push({ at: this.now + delayMs, order: this.#order, act });
    this.#actions.sort((a, b) => a.at - b.at || a.order - b.order);
  }

  #drain(): void {
    this.#drainServer();
    for (const client of this.clients) this.#drainClient(client);
  }

  #drainServer(): void {
    for (let event = this.server.pollEvent(); event; event = this.server.pollEvent()) {
      this.serverEvents.push(event);
      if (event.type === 'open-relay') this.#openRelay(event.relay, event.family, event.port);
      if (event.type === 'close-relay') this.#relays.delete(event.relay);
    }
    for (let out = this.server.pollTransmit(); out; out = this.server.pollTransmit()) {
      const { bytes } = out;
      if (out.kind === 'client') {
        const client = this.clients.find(({ leg }) => leg.id === out.leg.id);
        if (client)
          this.#carry(client, bytes, 'to-client', (part) => client.machine.handleBytes(this.now, part));
        continue;
      }
      if (out.kind === 'sibling') continue;
      const from = this.#relays.get(out.relay);
      if (from) this.#after(this.#path.delayMs, () => this.atPeers.push({ from, to: out.to, bytes }));
    }
  }

  #openRelay(relay: RelayId, family: 4 | 6, port: number): void {
    const { v4 = '', v6 = '' } = this.#options.relayAddresses;
    this.#relays.set(relay, { ip: family === 4 ? v4 : v6, port });
    this.#after(1, () => this.server.handleRelayOpened(this.now, relay));
  }

  #drainClient(client: WorldClient): void {
    const { machine, leg } = client;
    for (let event = machine.pollEvent(); event; event = machine.pollEvent()) {
      client.events.push({ at: this.now, event });
      this.log.push(`${this.now} client ${leg.id} ${event.type}`);
    }
    for (let out = machine.pollTransmit(); out; out = machine.pollTransmit()) {
      this.#carry(client, out.bytes, 'to-server', (part) => this.#arriveAtServer(client, part));
    }
  }

  #arriveAtServer(client: WorldClient, bytes: Uint8Array): void {
    const { framer, leg } = client;
    if (!framer) {
      this.server.handleClientMessage(this.now, leg, bytes);
      return;
    }
    framer.push(bytes);
    for (let frame = framer.next(); frame; frame = framer.next()) {
      this.server.handleClientMessage(this.now, leg, frame);
    }
  }

  #carry(
    client: WorldClient,
    bytes: Uint8Array,
    direction: 'to-server' | 'to-client',
    arrive: (part: Uint8Array) => void,
  ): void {
    const kind = isChannelData(bytes) ? 'channel-data' : `stun ${bytes[0]}.${bytes[1]}`;
    this.log.push(`${this.now} ${direction} ${client.leg.id} ${kind} ${bytes.length}`);
    if (client.leg.transport !== 'udp') {
      // A stream keeps its order; where it is cut is nobody's promise.
      const cut = this.#random.uint32() % (bytes.length + 1);
      this.#after(this.#path.delayMs, () => arrive(bytes.subarray(0, cut)));
      this.#after(this.#path.delayMs, () => arrive(bytes.subarray(cut)));
      return;
    }
    const n = this.datagrams;
    this.datagrams += 1;
    const lost = this.#random.fraction() < this.#path.lossFraction || this.#path.drop(n, bytes, direction);
    if (!lost)
      this.#after(this.#path.delayMs + this.#random.fraction() * this.#path.jitterMs, () => arrive(bytes));
  }
}
