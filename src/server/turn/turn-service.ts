/**
 * STUN and TURN on real sockets: one TURN machine behind a UDP socket for each address of this machine, a TCP port, and
 * whatever streams others hand in. Moves bytes; what they mean is the machine's. ARCHITECTURE.md, "The server".
 *
 * Addresses that appear later (another Wi-Fi, a VPN) are found by looking every 30 s while listening on a wildcard.
 */
import type { Socket } from 'node:net';
import {
  type AccessRanges,
  type Env,
  type SocketAddress,
  StackError,
  unreachable,
} from '../../base/index.ts';
import {
  bindUdp,
  type Driver,
  driveMachine,
  monotonicNow,
  type OwnAddress,
  ownAddresses,
  scopeOf,
  type UdpCounts,
  type UdpSocket,
} from '../../node/index.ts';
import { looksLikeStun } from '../../stun/index.ts';
import {
  type FoundCredentials,
  isChannelData,
  type Leg,
  type PeerPolicyOptions,
  type SessionFacts,
  type SessionFilter,
  TurnServer,
  type TurnServerEvent,
  type TurnServerOptions,
  type TurnStatistics,
  type TurnTransmit,
} from '../../turn/index.ts';
import { type Front, openFront } from '../front/front.ts';
import { endsOf } from '../front/stream-ends.ts';
import { type BehaviourDiscovery, BehaviourSockets } from './behaviour-sockets.ts';
import { ClientGate } from './client-gate.ts';
import {
  type DtlsCredentials,
  DtlsLegs,
  type DtlsLegsOptions,
  type DtlsLegsStatistics,
} from './dtls-legs.ts';
import { LegTable, legIds, plainLeg } from './leg-table.ts';
import { isWildcard, listeningIps, wildcardIps } from './listening-ips.ts';
import { tcpRelaysOf } from './machine-tcp-relays.ts';
import { RelayAddressBook } from './relay-addresses.ts';
import { RelaySockets } from './relay-sockets.ts';
import { STREAM_LIMITS, StreamLegs, type StreamLegsLimits } from './stream-legs.ts';
import type { TcpRelays } from './tcp-relays.ts';
import type { TurnFact } from './turn-fact.ts';

export interface TurnServiceOptions
  extends Pick<
    TurnServerOptions,
    | 'realm'
    | 'nonceSecret'
    | 'restSecrets'
    | 'users'
    | 'oauthKeys'
    | 'oauthServerName'
    | 'passwordAlgorithms'
    | 'usernameAnonymity'
    | 'relayPorts'
    | 'quotas'
    | 'strictExpiry'
    | 'alternateServers'
    | 'mobility'
    | 'tcpRelay'
    | 'software'
    | 'lifetimes'
    | 'limits'
  > {
  /** An address, a name, `0.0.0.0` or `::`. */
  readonly host: string;
  /** UDP and TCP. 0 takes one that is free for both. */
  readonly port: number;
  /** What others reach us by, at most one of each family; empty: our own addresses. */
  readonly publicIps: readonly string[];
  readonly peers: Pick<PeerPolicyOptions, 'loopback' | 'private' | 'allow' | 'deny'>;
  /** Who is listened to. Default: everybody. */
  readonly clients?: AccessRanges;
  readonly streams?: Partial<StreamLegsLimits>;
  /** RFC 5780, UDP only: a second port, and a second address where there is one. Default: off. */
  readonly behaviourDiscovery?: BehaviourDiscovery | undefined;
  /** Whether STUN clients of before 2008 are answered. Default: no. */
  readonly rfc3489?: boolean;
  /** The addresses of this machine; asked again and again. What the system says, unless a test says otherwise. */
  readonly ownAddresses?: () => readonly OwnAddress[];
  /**
   * Finds out the credentials of a user whom nothing here knows: `undefined` when there is no such user, `unavailable`
   * when nobody could tell. Best within 10 s.
   */
  readonly askCredentials?: (
    name: string,
    realm: string,
  ) => Promise<FoundCredentials | undefined | 'unavailable'>;
  /** Facts for logs and metrics: allocations and refusals. */
  readonly onFact?: (fact: TurnFact) => void;
}

/** What can be changed while it runs. Sessions stay. */
export type TurnServiceChanges = Partial<
  Pick<
    TurnServiceOptions,
    | 'users'
    | 'restSecrets'
    | 'strictExpiry'
    | 'mobility'
    | 'tcpRelay'
    | 'quotas'
    | 'limits'
    | 'alternateServers'
    | 'peers'
    | 'clients'
  >
>;

export type { TurnFact } from './turn-fact.ts';

export interface TurnServiceStatistics extends TurnStatistics {
  /** Clients over TCP and TLS. */
  readonly streams: number;
  readonly streamsRefused: number;
  /** Datagrams and connections from clients that are not listened to. */
  readonly unwelcome: number;
  /** Data messages dropped because a client over TCP or TLS read too slowly. */
  readonly streamDataDropped: number;
  /** Clients over DTLS; `undefined` while nobody listens for them. */
  readonly dtls: DtlsLegsStatistics | undefined;
  /** Between clients over UDP and this server. */
  readonly datagrams: Readonly<UdpCounts>;
}

/** Often enough for someone who changes the network and dials again; rare enough to cost nothing. */
const RESCAN_MS = 30_000;

const EVERYBODY: AccessRanges = { allow: [], deny: [] };

const NO_COUNTS = { bindings: 0, rateLimited: 0 } as const;

/** A port that the system gives for UDP may be taken for TCP: then it gives another. */
const PORT_ATTEMPTS = 10;

/** Rejects with a StackError of `bindError`; nothing stays open then. */
export async function openTurnService(env: Env, options: TurnServiceOptions): Promise<TurnService> {
  const ips = await listeningIps(options.host, (options.ownAddresses ?? ownAddresses)());
  for (let attemptsLeft = options.port === 0 ? PORT_ATTEMPTS : 1; ; attemptsLeft -= 1) {
    const service = new TurnService(env, options);
    try {
      await service.listen(ips);
      return service;
    } catch (error) {
      await service.close();
      const isTaken = hasCode(error, 'ADDRESS_IN_USE') || hasCode(error, 'DISCOVERY_UNAVAILABLE');
      if (attemptsLeft <= 1 || !isTaken) throw error;
    }
  }
}

export class TurnService {
  readonly #env: Env;
  readonly #options: TurnServiceOptions;
  readonly #machine: TurnServer;
  readonly #driver: Driver;
  readonly #relayAddresses: RelayAddressBook;
  readonly #relays: RelaySockets;
  readonly #tcpRelays: TcpRelays;
  readonly #legs: LegTable<Leg>;
  readonly #streams: StreamLegs;
  readonly #behaviour?: BehaviourSockets;
  readonly #gate: ClientGate;
  readonly #nextId = legIds();
  #dtls: DtlsLegs | undefined;
  /** By local address. */
  readonly #sockets = new Map<string, UdpSocket>();
  readonly #tcp: Front[] = [];
  #port: number;
  #noise = 0;
  #rescanTimer: NodeJS.Timeout | undefined;
  #closing: Promise<void> | undefined;

  /** Listens on nothing yet: see `openTurnService`. */
  constructor(env: Env, options: TurnServiceOptions) {
    this.#env = env;
    this.#options = options;
    this.#port = options.port;
    this.#gate = new ClientGate(options.clients ?? EVERYBODY);
    this.#relayAddresses = new RelayAddressBook(options.publicIps, []);
    this.#machine = new TurnServer(env, {
      ...options,
      wantCredentials: options.askCredentials !== undefined,
      relayAddresses: this.#relayAddresses,
      peerPolicy: this.#peerPolicy(options.peers),
    });
    this.#driver = driveMachine(this.#machine, {
      onTransmit: (out) => this.#transmit(out),
      onEvent: (event) => this.#handleEvent(event),
      onFailure: (error) => env.log.error('The TURN server has failed.', { error: stackOf(error) }),
    });
    this.#relays = new RelaySockets(env.log, {
      onOpened: (relay) => this.#driver.run((now) => this.#machine.handleRelayOpened(now, relay)),
      onFailed: (relay, reason) =>
        this.#driver.run((now) => this.#machine.handleRelayFailed(now, relay, reason)),
      onDatagram: (relay, from, bytes) =>
        this.#driver.run((now) => this.#machine.handlePeerDatagram(now, relay, from, bytes)),
    });
    this.#tcpRelays = tcpRelaysOf(this.#machine, this.#driver, env.log);
    if (options.behaviourDiscovery || options.rfc3489) {
      this.#behaviour = new BehaviourSockets(env.log, options, {
        advertised: (ip) => this.#relayAddresses.advertised(ip),
        onMainAnswer: ({ from, to, bytes }) => this.#sockets.get(from.ip)?.send(bytes, to),
      });
    }
    this.#legs = new LegTable(this.#nextId, plainLeg);
    const limits = { ...STREAM_LIMITS, ...options.streams };
    this.#streams = new StreamLegs(this.#nextId, limits, {
      onMessage: (leg, bytes) => this.#handleMessage(leg, bytes),
      onClosed: (leg) => this.#driver.run((now) => this.#machine.handleLegClosed(now, leg)),
    });
  }

  /** Of UDP and TCP. */
  get port(): number {
    return this.#port;
  }

  /** The addresses of this machine that are listened on, best first. */
  get addresses(): readonly string[] {
    return [...this.#sockets.keys()];
  }

  get statistics(): TurnServiceStatistics {
    const datagrams = { received: 0, sent: 0, sendFailed: 0 };
    for (const { counts } of this.#sockets.values()) {
      datagrams.received += counts.received;
      datagrams.sent += counts.sent;
      datagrams.sendFailed += counts.sendFailed;
    }
    const { malformed, bindings, rateLimited, ...rest } = this.#machine.statistics;
    const { bindings: atDesk, rateLimited: withheld } = this.#behaviour?.counts ?? NO_COUNTS;
    return {
      ...rest,
      bindings: bindings + atDesk,
      rateLimited: rateLimited + withheld,
      malformed: malformed + this.#noise,
      streams: this.#streams.count,
      streamsRefused: this.#streams.refused,
      unwelcome: this.#gate.refused,
      streamDataDropped: this.#streams.dropped,
      dtls: this.#dtls?.statistics,
      datagrams,
    };
  }

  /** Binds everything, or rejects; the caller closes then. Once. */
  async listen(ips: readonly string[]): Promise<void> {
    const { host } = this.#options;
    for (const ip of ips) await this.#listenUdp(ip);
    if (this.#sockets.size === 0) {
      throw new StackError('ADDRESS_NOT_LOCAL', `${host} stands for no address of this machine; name one.`);
    }
    for (const tcpHost of isWildcard(host) ? [host] : ips) {
      const front = await openFront({
        host: tcpHost,
        port: this.#port,
        log: this.#env.log,
        admits: (ip) => this.admits(ip),
        onStun: (socket, transport) => this.acceptStream(socket, transport),
      });
      this.#tcp.push(front);
    }
    this.#useAddresses();
    await this.#followBehaviour();
    if (isWildcard(host)) {
      this.#rescanTimer = setInterval(() => void this.followAddresses(), RESCAN_MS);
      this.#rescanTimer.unref();
    }
  }

  /** Whether this client is listened to. Counts those that are not. */
  admits(ip: string): boolean {
    return this.#gate.admits(ip);
  }

  /** Takes over a connection that began like STUN; for whoever else listens, as the one port does. */
  acceptStream(socket: Socket, transport: 'tcp' | 'tls'): void {
    const client = endsOf(socket)?.client.ip;
    if (this.#closing || client === undefined || !this.admits(client)) socket.destroy();
    else this.#streams.accept(socket, transport);
  }

  /**
   * TURN over DTLS on this UDP port of every address that is listened on. Once. Rejects with a StackError of `bindError`, and
   * listens for none then. Returns the port.
   */
  async listenDtls(options: DtlsLegsOptions): Promise<number> {
    const dtls = new DtlsLegs(this.#env, options, this.#nextId, {
      admits: (ip) => this.admits(ip),
      onMessage: (leg, bytes) => this.#handleMessage(leg, bytes),
      onClosed: (leg) => this.#driver.run((now) => this.#machine.handleLegClosed(now, leg)),
    });
    try {
      await dtls.follow(this.addresses);
    } catch (error) {
      await dtls.close();
      throw error;
    }
    this.#dtls = dtls;
    this.#useAddresses();
    return dtls.port;
  }

  /** For the DTLS connections that begin from now on. Throws for credentials that cannot be read. */
  setDtlsCredentials(credentials: DtlsCredentials): void {
    this.#dtls?.setCredentials(credentials);
  }

  /** A reload: what `changed` names is replaced. Rejects with `TURN_USER_INVALID`, and has changed nothing then. */
  async reconfigure({ peers, clients, ...changed }: TurnServiceChanges): Promise<void> {
    const peerPolicy = peers && this.#peerPolicy(peers);
    this.#machine.reconfigure(monotonicNow(), { ...changed, ...(peerPolicy && { peerPolicy }) });
    if (clients) this.#gate.reconfigure(clients);
  }

  /** While set nobody gets a new allocation: 508, or 300 where there is an alternate server. */
  setDraining(draining: boolean): void {
    this.#machine.setDraining(draining);
  }

  async sessions(): Promise<readonly SessionFacts[]> {
    return this.#machine.sessions(monotonicNow());
  }

  /** Resolves with how many were ended. */
  async kick(filter: SessionFilter): Promise<number> {
    let count = 0;
    this.#driver.run((now) => {
      count = this.#machine.kick(now, filter);
    });
    return count;
  }

  /** Ends every allocation and frees every port. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    clearInterval(this.#rescanTimer);
    this.#driver.run((now) => this.#machine.close(now));
    this.#driver.close();
    this.#streams.destroyAll();
    await Promise.all([
      this.#relays.closeAll(),
      this.#tcpRelays.closeAll(),
      this.#behaviour?.close(),
      this.#dtls?.close(),
      ...this.#tcp.map((front) => front.close()),
      ...[...this.#sockets.values()].map((socket) => socket.close()),
    ]);
  }

  /** Behind a wildcard an address may vanish between being listed and being bound; that is no failure. */
  async #listenUdp(ip: string): Promise<void> {
    try {
      const socket = await bindUdp({ ip, port: this.#port, log: this.#env.log });
      if (this.#closing) {
        await socket.close();
        return;
      }
      const { local } = socket;
      this.#port = local.port;
      this.#sockets.set(ip, socket);
      socket.onDatagram((from, bytes) => {
        if (!this.#gate.admits(from.ip)) return;
        if (this.#behaviour?.handle(from, local, bytes)) return;
        if (isChannelData(bytes) || looksLikeStun(bytes)) {
          this.#handleMessage(this.#legs.legOf(from, local), bytes);
        } else this.#noise += 1;
      });
    } catch (error) {
      if (!isWildcard(this.#options.host) || !hasCode(error, 'ADDRESS_NOT_LOCAL')) throw error;
      this.#env.log.debug('An address could not be listened on.', { ip });
    }
  }

  #handleMessage(leg: Leg, bytes: Uint8Array): void {
    this.#driver.run((now) => this.#machine.handleClientMessage(now, leg, bytes));
  }

  #transmit(out: TurnTransmit): void {
    if (out.kind === 'sibling') return; // one machine has no sibling
    if (out.kind === 'peer') this.#relays.send(out.relay, out.to, out.bytes);
    else if (out.leg.transport === 'dtls') this.#dtls?.send(out.leg, out.bytes);
    else if (out.leg.transport !== 'udp') this.#streams.send(out.leg, out.bytes);
    else this.#sockets.get(out.leg.server.ip)?.send(out.bytes, out.leg.client);
  }

  #handleEvent(event: TurnServerEvent): void {
    switch (event.type) {
      case 'open-relay': {
        const ip = this.#relayAddresses.bindIp(event.leg.server.ip, event.family);
        const local = ip === undefined ? undefined : { ip, port: event.port };
        if (event.protocol === 'tcp') this.#tcpRelays.open(event.relay, local, event.address);
        else this.#relays.open(event.relay, local);
        return;
      }
      case 'close-relay':
        this.#relays.close(event.relay);
        this.#tcpRelays.close(event.relay);
        return;
      case 'close-leg':
        if (event.leg.transport === 'dtls') this.#dtls?.end(event.leg);
        else this.#streams.destroy(event.leg);
        return;
      case 'hand-over': // one machine has no sibling
        return;
      case 'connect-peer':
        this.#tcpRelays.connect(event.connection, event.relay, event.to, event.sibling);
        return;
      case 'join-connection':
        this.#tcpRelays.join(event.connection, this.#streams.detach(event.leg));
        return;
      case 'close-connection':
        this.#tcpRelays.closeConnection(event.connection);
        return;
      case 'allocation-moved':
        this.#hold(event.to);
        break;
      case 'leg-released':
        this.#release(event.leg);
        return;
      case 'want-credentials':
        void this.#askCredentials(event.name, event.realm);
        return;
      case 'allocation-created':
        this.#hold(event.leg);
        break;
      case 'allocation-ended':
        this.#release(event.leg);
        break;
      case 'refused':
        break;
      default:
        unreachable(event);
    }
    this.#options.onFact?.(event);
  }

  /** Never rejects: whatever goes wrong there is no answer then. */
  async #askCredentials(name: string, realm: string): Promise<void> {
    const ask = this.#options.askCredentials;
    const found = await (ask?.(name, realm) ?? Promise.resolve('unavailable' as const)).catch(
      (error: unknown) => {
        this.#env.log.error('Asking for credentials has failed.', { error: stackOf(error) });
        return 'unavailable' as const;
      },
    );
    this.#driver.run((now) => this.#machine.handleCredentials(now, name, found));
  }

  #hold(leg: Leg): void {
    if (leg.transport === 'udp') this.#legs.hold(leg);
    else if (leg.transport === 'dtls') this.#dtls?.setAllocated(leg, true);
    else this.#streams.setAllocated(leg, true);
  }

  #release(leg: Leg): void {
    if (leg.transport === 'udp') this.#legs.release(leg);
    else if (leg.transport === 'dtls') this.#dtls?.setAllocated(leg, false);
    else this.#streams.setAllocated(leg, false);
  }

  /**
   * Listens on addresses that are new and forgets those that are gone, while listening on a wildcard. Done every 30 s
   * by itself; for who knows of a change sooner. Never rejects: what cannot be listened on is logged and tried again.
   */
  async followAddresses(): Promise<void> {
    if (!isWildcard(this.#options.host) || this.#closing) return;
    const present = wildcardIps(this.#options.host, this.#own());
    const gone = this.addresses.filter((ip) => !present.includes(ip));
    const fresh = present.filter((ip) => !this.#sockets.has(ip));
    if (gone.length === 0 && fresh.length === 0) return;
    for (const ip of gone) {
      void this.#sockets.get(ip)?.close();
      this.#sockets.delete(ip);
    }
    for (const ip of fresh) {
      await this.#listenUdp(ip).catch((error: unknown) =>
        this.#env.log.warn('A new address could not be listened on.', { ip, error: String(error) }),
      );
    }
    await this.#dtls
      ?.follow(this.addresses)
      .catch((error: unknown) =>
        this.#env.log.warn('TURN over DTLS could not follow the addresses.', { error: String(error) }),
      );
    this.#useAddresses();
    await this.#followBehaviour().catch((error: unknown) =>
      this.#env.log.warn('NAT behaviour discovery could not follow the addresses.', { error: String(error) }),
    );
    this.#env.log.info('STUN and TURN follow the addresses of this machine.', { fresh, gone });
  }

  #own(): readonly OwnAddress[] {
    return (this.#options.ownAddresses ?? ownAddresses)();
  }

  /** Tells relays and the peer policy what is listened on now. */
  #useAddresses(): void {
    const { host } = this.#options;
    const best = isWildcard(host) ? wildcardIps(host, this.#own()) : this.addresses;
    this.#relayAddresses.update(best.filter((ip) => this.#sockets.has(ip)));
    this.#machine.setOwnServices(this.#ownServices());
  }

  #ownServices(): readonly SocketAddress[] {
    const main = [...this.addresses, ...this.#options.publicIps].map((ip) => ({ ip, port: this.#port }));
    return [...main, ...(this.#behaviour?.services ?? []), ...(this.#dtls?.services ?? [])];
  }

  #peerPolicy(peers: TurnServiceOptions['peers']): PeerPolicyOptions {
    return {
      ...peers,
      serverHasPublicAddress: hasPublicAddress(this.#options.publicIps, this.#own()),
      ownServices: this.#ownServices(),
    };
  }

  async #followBehaviour(): Promise<void> {
    if (!this.#behaviour) return;
    await this.#behaviour.follow(this.addresses, this.#port);
    this.#useAddresses();
  }
}

/** Whether the internet reaches this machine itself: then its private networks are behind it, not around it. */
function hasPublicAddress(publicIps: readonly string[], own: readonly OwnAddress[]): boolean {
  return [...publicIps, ...own.map(({ ip }) => ip)].some((ip) => scopeOf(ip) === 'public');
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof StackError && error.code === code;
}

function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
