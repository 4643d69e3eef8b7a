/** Gatherers on hosts of a virtual internet, with a real STUN and TURN server in it: what an agent's shell does, done here. */
import assert from 'node:assert/strict';
import {
  type ByteStream,
  type DatagramSocket,
  formatAddress,
  type InterfaceAddress,
  type Millis,
  type SocketAddress,
  StackError,
  type StreamListener,
  sameAddress,
  unreachable,
} from '../../../src/base/index.ts';
import { DtlsConnection, type DtlsEvent } from '../../../src/dtls/index.ts';
import { Gatherer } from '../../../src/ice/gather/index.ts';
import type { GathererEvent, LocalCandidate, PathId } from '../../../src/ice/gatherer-port.ts';
import type { IceRequest, IceTransmit, SocketId } from '../../../src/ice/io.ts';
import type { GathererOptions, IceServer } from '../../../src/ice/options.ts';
import { nodeCrypto } from '../../../src/node/index.ts';
import type { TurnServerEvent } from '../../../src/turn/index.ts';
import {
  Host,
  type LinkOptions,
  LOOPBACK_MTU_BYTES,
  NAT_PRESETS,
  Nat,
  type NatKind,
  Network,
  VirtualDriver,
  type VirtualTurnOptions,
  VirtualTurnServer,
  World,
} from '../../../src/vnet/index.ts';
import { IDENTITIES } from '../dtls/identities.ts';
import { DEFAULT_OPTIONS, SERVER } from '../turn/lab.ts';

const SERVER_V6 = '2001:db8:1::1';
export const SERVER_NAME = 'turn.example.test';

const NO_DELAY: Partial<LinkOptions> = { latencyMs: 0, mtuBytes: LOOPBACK_MTU_BYTES };

export const TURN: IceServer = {
  urls: [`turn:${SERVER_NAME}`],
  credentials: { username: 'alice', password: 'wonder' },
};
export const STUN: IceServer = { urls: [`stun:${SERVER_NAME}`], credentials: undefined };

export class GatherScene {
  readonly world: World;
  readonly internet: Network;
  readonly serverHost: Host;
  readonly told: TurnServerEvent[] = [];
  server: VirtualTurnServer;
  readonly #seekers: Seeker[] = [];

  constructor(options: { readonly seed?: number; readonly server?: Partial<VirtualTurnOptions> } = {}) {
    this.world = new World({ seed: options.seed ?? 1 });
    this.internet = new Network(this.world, 'internet');
    this.serverHost = new Host(this.internet, 'server', [SERVER.ip, SERVER_V6], NO_DELAY);
    this.world.names.set(SERVER_NAME, [SERVER.ip, SERVER_V6]);
    const { realm, nonceSecret, users = [], relayPorts, quotas } = DEFAULT_OPTIONS;
    this.server = new VirtualTurnServer(this.serverHost, this.world.newEnv(nodeCrypto), {
      ...{ realm, nonceSecret, users, relayPorts, quotas },
      onEvent: (event) => this.told.push(event),
      ...options.server,
    });
    this.world.run(0);
  }

  /** Somebody who gathers, on a host of its own. */
  seeker(options: SeekerOptions = {}): Seeker {
    const seeker = new Seeker(this, this.#seekers.length + 1, options);
    this.#seekers.push(seeker);
    return seeker;
  }

  /** DTLS in front of the TURN server, on a port of its own: each client gets a socket behind it. */
  openDtls(port = 5349): void {
    const clients = new Map<string, { datagram(bytes: Uint8Array): void }>();
    const outside = bound(this.world, this.serverHost, { ip: SERVER.ip, port });
    outside.onDatagram((from, bytes) => {
      const key = formatAddress(from);
      const client = clients.get(key) ?? this.#dtlsClient((out) => outside.send(out, from));
      clients.set(key, client);
      client.datagram(bytes);
    });
  }

  #dtlsClient(send: (bytes: Uint8Array) => void): { datagram(bytes: Uint8Array): void } {
    const inside = bound(this.world, this.serverHost, { ip: SERVER.ip, port: 0 });
    const machine = new DtlsConnection(this.world.newEnv(nodeCrypto), {
      identities: [IDENTITIES.ecdsa],
      peer: { kind: 'none' },
    });
    const driver = new VirtualDriver<DtlsEvent, Uint8Array>(this.world, machine, {
      onTransmit: send,
      onEvent: (event) => {
        if (event.type === 'data') inside.send(event.bytes, SERVER);
      },
    });
    driver.run((now) => machine.accept(now));
    inside.onDatagram((_from, bytes) => driver.run((now) => machine.send(now, bytes)));
    return { datagram: (bytes) => driver.run((now) => machine.handleDatagram(now, bytes)) };
  }

  get allocations(): number {
    return this.server.machine.statistics.allocations;
  }
}

/** ICE-TCP only where it is asked for. */
export interface SeekerOptions extends GathererOptions {
  readonly ips?: readonly string[];
  readonly nat?: NatKind;
  readonly link?: Partial<LinkOptions>;
  readonly interfaces?: readonly InterfaceAddress[];
}

interface Heard {
  readonly at: Millis;
  readonly path: PathId;
  readonly from: SocketAddress;
  readonly bytes: Uint8Array;
}

export class Seeker {
  readonly host: Host;
  readonly machine: Gatherer;
  readonly events: { readonly at: Millis; readonly event: GathererEvent }[] = [];
  readonly requests: IceRequest[] = [];
  readonly heard: Heard[] = [];
  readonly #world: World;
  readonly #driver: VirtualDriver<GathererEvent, IceTransmit>;
  readonly #datagrams = new Map<SocketId, DatagramSocket>();
  readonly #streams = new Map<SocketId, ByteStream>();
  readonly #listeners = new Map<SocketId, StreamListener>();
  readonly #closed = new Set<SocketId>();
  /** What the shell answers to `verify`. */
  trusts = true;
  /** Sees what comes before the machine does. */
  onArrival: (socket: SocketId, from: SocketAddress, bytes: Uint8Array) => void = () => {};
  /** Datagrams and chunks that the machine sent. */
  sent = 0;

  constructor(scene: GatherScene, n: number, options: SeekerOptions) {
    const { world, internet } = scene;
    const { ips, nat, link, interfaces: _, ...rest } = options;
    this.#world = world;
    const access = { latencyMs: 10, mtuBytes: LOOPBACK_MTU_BYTES, ...link };
    if (nat) {
      const box = new Nat(internet, `nat ${n}`, [`203.0.113.${n}`], NAT_PRESETS[nat], access);
      this.host = new Host(box.inner, `seeker ${n}`, ips ?? ['192.168.1.2'], NO_DELAY);
    } else this.host = new Host(internet, `seeker ${n}`, ips ?? [`203.0.113.${n}`], access);
    this.machine = new Gatherer(
      world.newEnv(nodeCrypto),
      { tcp: false, ...rest },
      {
        handlePathBytes: (at, path, from, bytes) => this.heard.push({ at, path, from, bytes: bytes.slice() }),
      },
    );
    this.#driver = new VirtualDriver<GathererEvent, IceTransmit>(world, this.machine, {
      onTransmit: (out) => this.#transmit(out),
      onEvent: (event) => {
        this.events.push({ at: world.now, event });
        if (event.type === 'request') this.#execute(event.request);
      },
    });
  }

  /** Lets the machine do something now. */
  act(act: (machine: Gatherer, now: Millis) => void): void {
    this.#driver.run((now) => act(this.machine, now));
  }

  /** Gathers until it is complete, at most a minute. */
  gather(interfaces: readonly InterfaceAddress[] = this.host.interfaces()): readonly LocalCandidate[] {
    const before = this.all('candidate').length;
    const done = this.all('gathering').length;
    this.act((machine, now) => machine.gather(now, interfaces));
    this.#world.runUntil(this.#world.now + 60_000, () =>
      this.all('gathering')
        .slice(done)
        .some(({ state }) => state === 'complete'),
    );
    assert.equal(this.all('gathering').at(-1)?.state, 'complete');
    return this.all('candidate')
      .slice(before)
      .map(({ candidate }) => candidate);
  }

  get candidates(): readonly LocalCandidate[] {
    return this.all('candidate').map(({ candidate }) => candidate);
  }

  candidate(
    type: LocalCandidate['type'],
    matches: (it: LocalCandidate) => boolean = () => true,
  ): LocalCandidate {
    const found = this.candidates.find((it) => it.type === type && matches(it));
    assert.ok(found, `a candidate of type ${type}`);
    return found;
  }

  all<T extends GathererEvent['type']>(type: T): Extract<GathererEvent, { type: T }>[] {
    return this.events
      .map(({ event }) => event)
      .filter((event): event is Extract<GathererEvent, { type: T }> => event.type === type);
  }

  /** Virtual time of the last event of that kind. */
  timeOf(type: GathererEvent['type']): Millis | undefined {
    return this.events.findLast(({ event }) => event.type === type)?.at;
  }

  send(path: PathId, to: SocketAddress, bytes: Uint8Array): void {
    this.act((machine, now) => machine.send(now, path, to, bytes));
  }

  /** What came from that address by that path. */
  heardFrom(path: PathId, from: SocketAddress): Uint8Array[] {
    return this.heard
      .filter((it) => it.path === path && sameAddress(it.from, from))
      .map(({ bytes }) => bytes);
  }

  #transmit({ socket, to, bytes }: IceTransmit): void {
    this.sent += 1;
    this.#datagrams.get(socket)?.send(bytes, to);
    this.#streams.get(socket)?.write(bytes);
  }

  #execute(request: IceRequest): void {
    this.requests.push(request);
    switch (request.kind) {
      case 'open-udp':
        this.#openUdp(request);
        return;
      case 'listen-tcp':
        this.#listen(request);
        return;
      case 'open-stream':
        this.#connect(request);
        return;
      case 'close':
        this.#close(request.socket);
        return;
      case 'lookup':
        this.host.lookup(request.name, ({ value }) =>
          this.act((machine, now) => machine.handleLookedUp(now, request.lookup, value)),
        );
        return;
      case 'verify':
        this.#world.after(0, () =>
          this.act((machine, now) => machine.handleVerified(now, request.check, this.trusts)),
        );
        return;
      case 'announce':
        this.#world.names.set(request.name, [request.ip]);
        return;
      case 'withdraw':
        this.#world.names.delete(request.name);
        return;
      default:
        unreachable(request);
    }
  }

  #openUdp({ socket, ip, port }: Extract<IceRequest, { kind: 'open-udp' }>): void {
    this.host.bindUdp({ ip, port }, ({ value, error }) => {
      if (!value || this.#closed.has(socket)) {
        value?.close();
        this.#fail(socket, error);
        return;
      }
      this.#datagrams.set(socket, value);
      value.onDatagram((from, bytes) => {
        this.onArrival(socket, from, bytes);
        this.act((machine, now) => machine.handleDatagram(now, socket, from, bytes));
      });
      this.act((machine, now) => machine.handleOpened(now, socket, value.local, { neverFragments: true }));
    });
  }

  #listen({ socket, ip, port }: Extract<IceRequest, { kind: 'listen-tcp' }>): void {
    const accept = (stream: ByteStream): void =>
      this.act((machine, now) => this.#take(machine.handleAccepted(now, socket, stream.remote), stream));
    this.host.listenTcp({ ip, port }, accept, ({ value, error }) => {
      if (!value || this.#closed.has(socket)) {
        value?.close();
        this.#fail(socket, error);
        return;
      }
      this.#listeners.set(socket, value);
      this.act((machine, now) => machine.handleOpened(now, socket, value.local, { neverFragments: false }));
    });
  }

  #connect({ socket, to, fromIp, serverName }: Extract<IceRequest, { kind: 'open-stream' }>): void {
    const from = fromIp === undefined ? undefined : { ip: fromIp, port: 0 };
    const done = (outcome: {
      readonly value?: ByteStream | undefined;
      readonly error?: Error | undefined;
    }) => {
      const { value, error } = outcome;
      if (!value || this.#closed.has(socket)) {
        value?.abort();
        this.#fail(socket, error);
        return;
      }
      this.#take(socket, value);
      this.act((machine, now) => machine.handleOpened(now, socket, value.local, { neverFragments: false }));
    };
    if (serverName === undefined) this.host.connectTcp(to, done, from);
    else this.host.connectTls(to, { serverName }, done);
  }

  #take(socket: SocketId, stream: ByteStream): void {
    this.#streams.set(socket, stream);
    stream.listen({
      onBytes: (bytes) => {
        this.onArrival(socket, stream.remote, bytes);
        this.act((machine, now) => machine.handleDatagram(now, socket, stream.remote, bytes));
      },
      onEnded: () => stream.end(),
      onClosed: () => {
        this.#streams.delete(socket);
        this.act((machine, now) => machine.handleClosed(now, socket));
      },
    });
  }

  #close(socket: SocketId): void {
    this.#closed.add(socket);
    this.#datagrams.get(socket)?.close();
    this.#listeners.get(socket)?.close();
    this.#streams.get(socket)?.end();
    this.#datagrams.delete(socket);
    this.#listeners.delete(socket);
  }

  #fail(socket: SocketId, error: Error | undefined): void {
    if (this.#closed.has(socket)) return;
    const code = error instanceof StackError ? error.code : 'SOCKET_FAILED';
    this.act((machine, now) => machine.handleFailed(now, socket, code, error?.message ?? ''));
  }
}

/** Without letting time pass: `bindUdp` answers in a later action of this moment. */
function bound(world: World, host: Host, local: SocketAddress): DatagramSocket {
  let socket: DatagramSocket | undefined;
  host.bindUdp(local, ({ value, error }) => {
    if (error) throw error;
    socket = value;
  });
  world.runUntil(world.now, () => socket !== undefined);
  assert.ok(socket);
  return socket;
}
