/**
 * A TURN server, its clients and their peers in a virtual network: real machines on both sides, NATs and bad links
 * between them, one seed.
 */
import assert from 'node:assert/strict';
import {
  type ByteStream,
  type DatagramSocket,
  type Millis,
  type SocketAddress,
  sameAddress,
} from '../../../src/base/index.ts';
import { nodeCrypto } from '../../../src/node/index.ts';
import {
  type ConnectionId,
  type DataConnectionEvent,
  type SendOptions,
  TurnClient,
  type TurnClientEvent,
  type TurnServerEvent,
} from '../../../src/turn/index.ts';
import {
  type Access,
  Host,
  type LinkOptions,
  LOOPBACK_MTU_BYTES,
  NAT_PRESETS,
  Nat,
  type NatKind,
  type NatOptions,
  Network,
  VirtualDriver,
  type VirtualTurnOptions,
  VirtualTurnServer,
  World,
} from '../../../src/vnet/index.ts';
import { DEFAULT_OPTIONS, SERVER } from './lab.ts';

/** All the delay is in the client's access: what others add would only blur the figures. */
const NO_DELAY: Partial<LinkOptions> = { latencyMs: 0, mtuBytes: LOOPBACK_MTU_BYTES };
const CLIENT_LATENCY_MS = 20;

export interface SceneOptions {
  readonly seed?: number;
  readonly server?: Partial<VirtualTurnOptions>;
}

export interface CallerOptions {
  readonly transport?: 'udp' | 'tcp';
  readonly username?: string;
  readonly password?: string;
  /** The client's access to the internet, or its NAT's. */
  readonly link?: Partial<LinkOptions>;
  readonly nat?: NatKind | NatOptions;
}

export class TurnScene {
  readonly world: World;
  readonly internet: Network;
  readonly serverHost: Host;
  readonly facts: { readonly at: Millis; readonly event: TurnServerEvent }[] = [];
  readonly callers: Caller[] = [];
  server: VirtualTurnServer;
  readonly #options: SceneOptions;

  constructor(options: SceneOptions = {}) {
    this.#options = options;
    this.world = new World({ seed: options.seed ?? 1 });
    this.internet = new Network(this.world, 'internet');
    this.serverHost = new Host(this.internet, 'server', [SERVER.ip, '2001:db8:1::1'], NO_DELAY);
    this.server = this.#newServer();
    this.world.run(0);
  }

  /** As after a crash: what was in memory is gone, secrets and settings are the same. */
  restartServer(): void {
    this.server.crash();
    this.server = this.#newServer();
  }

  /** What the server told of that kind. */
  told<T extends TurnServerEvent['type']>(type: T): Extract<TurnServerEvent, { type: T }>[] {
    return this.facts
      .map(({ event }) => event)
      .filter((event): event is Extract<TurnServerEvent, { type: T }> => event.type === type);
  }

  /** Virtual time of what the server told last of that kind. */
  toldAt(type: TurnServerEvent['type']): Millis | undefined {
    return this.facts.findLast(({ event }) => event.type === type)?.at;
  }

  caller(options: CallerOptions = {}): Caller {
    const caller = new Caller(this, this.callers.length + 1, options);
    this.callers.push(caller);
    return caller;
  }

  /** Somebody outside, who remembers what came. */
  peer(ip = '192.0.2.9', port = 9000, link: Partial<LinkOptions> = {}): Peer {
    const host = new Host(this.internet, `peer ${ip}`, [ip], { ...NO_DELAY, ...link });
    const received: Peer['received'] = [];
    let socket: DatagramSocket | undefined;
    host.bindUdp({ ip, port }, ({ value, error }) => {
      if (error) throw error;
      socket = value;
      value.onDatagram((from, bytes) => received.push({ at: this.world.now, from, bytes }));
    });
    this.world.run(0);
    assert.ok(socket);
    const { local, send } = { local: socket.local, send: socket.send.bind(socket) };
    return { address: local, received, send: (to, bytes) => send(bytes, to) };
  }

  #newServer(): VirtualTurnServer {
    const { realm, nonceSecret, users = [], restSecrets = [], relayPorts, quotas } = DEFAULT_OPTIONS;
    return new VirtualTurnServer(this.serverHost, this.world.newEnv(nodeCrypto), {
      ...{ realm, nonceSecret, users, restSecrets, relayPorts, quotas },
      onEvent: (event) => this.facts.push({ at: this.world.now, event }),
      ...this.#options.server,
    });
  }
}

export interface Peer {
  readonly address: SocketAddress;
  readonly received: { readonly at: Millis; readonly from: SocketAddress; readonly bytes: Uint8Array }[];
  send(to: SocketAddress, bytes: Uint8Array): void;
}

/** One client machine on a host of its own, perhaps behind a NAT. */
export class Caller {
  readonly machine: TurnClient;
  readonly host: Host;
  readonly nat: Nat | undefined;
  /** Where its datagrams meet the internet: for traps and outages. */
  access: Access;
  readonly events: { readonly at: Millis; readonly event: TurnClientEvent }[] = [];
  readonly #scene: TurnScene;
  readonly #driver: VirtualDriver<TurnClientEvent, { readonly bytes: Uint8Array }>;
  #socket: DatagramSocket | undefined;
  #stream: ByteStream | undefined;

  constructor(scene: TurnScene, n: number, options: CallerOptions) {
    const { world, internet } = scene;
    const { transport = 'udp', username = 'alice', password = 'wonder', nat } = options;
    const link = { latencyMs: CLIENT_LATENCY_MS, ...options.link };
    const name = `client ${n}`;
    this.#scene = scene;
    if (nat === undefined) {
      this.host = new Host(internet, name, [`203.0.113.${n}`], link);
      this.access = first(this.host.accesses);
    } else {
      const behaviour = typeof nat === 'string' ? NAT_PRESETS[nat] : nat;
      this.nat = new Nat(internet, `nat of ${name}`, [`203.0.113.${n}`], behaviour, link);
      this.access = this.nat.access;
      this.host = new Host(this.nat.inner, name, ['192.168.1.2'], { latencyMs: 0 });
    }
    const env = world.newEnv(nodeCrypto);
    this.machine = new TurnClient(env, { server: SERVER, transport, credentials: { username, password } });
    this.#driver = new VirtualDriver(world, this.machine, {
      onTransmit: ({ bytes }) => {
        this.#socket?.send(bytes, SERVER);
        this.#stream?.write(bytes);
      },
      onEvent: (event) => {
        this.events.push({ at: world.now, event });
        if (event.type === 'closed') this.#stream?.end();
      },
    });
    if (transport === 'udp') this.#bindUdp();
    else this.#connect();
  }

  /** Lets the machine do something now. */
  act(act: (machine: TurnClient, now: Millis) => void): void {
    this.#driver.run((now) => act(this.machine, now));
  }

  /** Lets the world go on until there is an event of that kind after what there is, at most `withinMs`. */
  until<T extends TurnClientEvent['type']>(
    type: T,
    withinMs = 40_000,
  ): Extract<TurnClientEvent, { type: T }> {
    const { world } = this.#scene;
    world.runUntil(world.now + withinMs, () => this.find(type) !== undefined);
    const found = this.find(type);
    assert.ok(found, `"${type}" within ${withinMs} ms`);
    return found;
  }

  /** Asks for an allocation and waits for it. */
  allocate(
    ...args: Parameters<TurnClient['allocate']> extends [Millis, ...infer Rest] ? Rest : never
  ): SocketAddress {
    this.act((machine, now) => machine.allocate(now, ...args));
    return first(this.until('allocated').relayed);
  }

  permit(...ips: readonly string[]): void {
    this.act((machine, now) => machine.permit(now, ips));
    this.until('permitted');
  }

  bindChannel(peer: SocketAddress): void {
    this.act((machine, now) => machine.bindChannel(now, peer));
    this.until('channel-bound');
  }

  /** Whether the machine let it go. */
  send(peer: SocketAddress, bytes: Uint8Array, options: SendOptions = {}): boolean {
    let sent = false;
    this.act((machine, now) => {
      sent = machine.send(now, peer, bytes, options);
    });
    return sent;
  }

  find<T extends TurnClientEvent['type']>(type: T): Extract<TurnClientEvent, { type: T }> | undefined {
    return this.all(type)[0];
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

  /** Leaves its network for another one, and has another address there; the machine is told when it is ready. */
  move(ip: string, link: Partial<LinkOptions> = {}): void {
    const { internet } = this.#scene;
    for (const access of this.host.accesses) this.host.leave(access);
    this.access = this.host.join(internet, [ip], { latencyMs: CLIENT_LATENCY_MS, ...link });
    this.rebind();
  }

  /** Speaks from another port, or by another connection, from now on. */
  rebind(): void {
    if (this.#socket) {
      this.#socket.close();
      this.#bindUdp();
    } else {
      this.#stream?.abort();
      this.#stream = undefined;
      this.#connect();
    }
    this.act((machine, now) => machine.handlePathChanged(now));
  }

  /** A second stream for a connection of a TCP relay: the peer's, once it is bound. RFC 6062 §4.3. */
  dataStream(connection: ConnectionId): ByteStream & { readonly rest: Uint8Array } {
    const { world } = this.#scene;
    let bound: (ByteStream & { readonly rest: Uint8Array }) | undefined;
    this.host.connectTcp(SERVER, ({ value: stream, error }) => {
      if (error) throw error;
      const machine = this.machine.dataConnection(world.now, connection);
      const driver = new VirtualDriver<DataConnectionEvent, { readonly bytes: Uint8Array }>(world, machine, {
        onTransmit: ({ bytes }) => stream.write(bytes),
        onEvent: (event) => {
          if (event.type === 'closed') assert.fail(`The data connection has failed: ${event.failure.code}.`);
          const { local, remote } = stream;
          const [listen, write] = [stream.listen.bind(stream), stream.write.bind(stream)];
          const [end, abort] = [stream.end.bind(stream), stream.abort.bind(stream)];
          bound = { local, remote, waitingBytes: 0, listen, write, end, abort, rest: event.rest };
        },
      });
      stream.listen({
        onBytes: (bytes) => driver.run((now) => machine.handleBytes(now, bytes)),
        onClosed: () => driver.run((now) => machine.handleConnectionClosed(now)),
      });
      driver.run(() => {});
    });
    world.runUntil(world.now + 60_000, () => bound !== undefined);
    assert.ok(bound, 'the data connection is bound');
    return bound;
  }

  #bindUdp(): void {
    const ip = first(this.host.ips);
    this.host.bindUdp({ ip, port: 0 }, ({ value, error }) => {
      if (error) throw error;
      this.#socket = value;
      value.onDatagram((from, bytes) => {
        if (sameAddress(from, SERVER)) this.#driver.run((now) => this.machine.handleBytes(now, bytes));
      });
    });
    this.#scene.world.run(0);
  }

  /** What the machine sends before the connection is there waits in it: nobody calls `act` before. */
  #connect(): void {
    const { world } = this.#scene;
    this.host.connectTcp(SERVER, ({ value, error }) => {
      if (error) {
        this.#driver.run((now) => this.machine.handleConnectionClosed(now));
        return;
      }
      this.#stream = value;
      value.listen({
        onBytes: (bytes) => this.#driver.run((now) => this.machine.handleBytes(now, bytes)),
        onEnded: () => value.end(),
        onClosed: () => {
          if (this.#stream === value) this.#driver.run((now) => this.machine.handleConnectionClosed(now));
        },
      });
    });
    world.runUntil(
      world.now + 120_000,
      () => this.#stream !== undefined || this.find('closed') !== undefined,
    );
  }
}

function first<T>(list: readonly T[]): T {
  const [item] = list;
  assert.ok(item !== undefined);
  return item;
}
