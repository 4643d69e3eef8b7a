/**
 * STUN and TURN on real sockets: one TURN machine behind a UDP socket for each address of this machine, a TCP port, and
 * whatever streams others hand in. Moves bytes; what they mean is the machine's. ARCHITECTURE.md, "The server".
 *
 * Addresses that appear later (another Wi-Fi, a VPN) are found by looking every 30 s while listening on a wildcard.
 */
import type { Socket } from 'node:net';
import { type Env, hasCode, type SocketAddress, StackError, unreachable } from '../../base/index.ts';
import { type Driver, driveMachine, monotonicNow, type OwnAddress, ownAddresses } from '../../node/index.ts';
import { looksLikeStun } from '../../stun/index.ts';
import {
  type FoundCredentials,
  isChannelData,
  type Leg,
  type SessionFacts,
  type SessionFilter,
  TurnServer,
  type TurnServerEvent,
  type TurnTransmit,
} from '../../turn/index.ts';
import { type Front, openFront } from '../front/front.ts';
import { endsOf } from '../front/stream-ends.ts';
import { BehaviourSockets } from './behaviour-sockets.ts';
import { type ClientDatagrams, UdpListeners } from './client-datagrams.ts';
import { ClientGate, EVERYBODY } from './client-gate.ts';
import { type DtlsCredentials, type DtlsLegs, type DtlsLegsOptions, openDtlsLegs } from './dtls-legs.ts';
import { LegTable, legIds, plainLeg } from './leg-table.ts';
import { isWildcard, listeningIps, wildcardIps } from './listening-ips.ts';
import { tcpRelaysOf } from './machine-tcp-relays.ts';
import { RelayAddressBook } from './relay-addresses.ts';
import { RelaySockets } from './relay-sockets.ts';
import { stackOf } from './stack-of.ts';
import { StreamLegs } from './stream-legs.ts';
import type { TcpRelays } from './tcp-relays.ts';
import {
  machineOptionsOf,
  peerPolicyOf,
  streamLimitsOf,
  type TurnServiceChanges,
  type TurnServiceOptions,
  type TurnServiceStatistics,
  workerStartOf,
} from './turn-service-options.ts';
import { type Batches, type DataPath, findBatches, postOf } from './workers/batches.ts';
import { RelayWorkers } from './workers/relay-workers.ts';
import type { SharedTurnOptions } from './workers/worker-messages.ts';

export type { TurnFact } from './turn-fact.ts';
export type {
  TurnServiceChanges,
  TurnServiceOptions,
  TurnServiceStatistics,
} from './turn-service-options.ts';

/** Often enough for someone who changes the network and dials again; rare enough to cost nothing. */
const RESCAN_MS = 30_000;
const NO_BEHAVIOUR = { counts: { bindings: 0, rateLimited: 0 } } as const;

/** A port that the system gives for UDP may be taken for TCP: then it gives another. */
const PORT_ATTEMPTS = 10;
const TAKEN = ['ADDRESS_IN_USE', 'DISCOVERY_UNAVAILABLE'];

/** Rejects with a StackError of `bindError`; nothing stays open then. */
export async function openTurnService(env: Env, options: TurnServiceOptions): Promise<TurnService> {
  const ips = await listeningIps(options.host, (options.ownAddresses ?? ownAddresses)());
  let path = await findBatches(options.relayWorkers ?? 0, options.relayPorts);
  for (let attemptsLeft = options.port === 0 ? PORT_ATTEMPTS : 1; ; attemptsLeft -= 1) {
    const service = new TurnService(env, options, path);
    try {
      await service.listen(ips);
      return service;
    } catch (error) {
      await service.close();
      if ('kernel' in path && hasCode(error, 'RELAY_WORKERS_UNUSABLE')) {
        env.log.warn('No relay worker could be started; the main thread relays.');
        path = { reason: 'no worker could be started', asked: false };
        attemptsLeft += 1;
        continue;
      }
      if (attemptsLeft <= 1 || !TAKEN.some((code) => hasCode(error, code))) throw error;
    }
  }
}

export class TurnService {
  readonly dataPath: DataPath;
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
  readonly #datagrams: ClientDatagrams;
  /** The same, when there are workers. */
  readonly #workers: RelayWorkers | undefined;
  readonly #tcp: Front[] = [];
  #port: number;
  #noise = 0;
  #rescanTimer: NodeJS.Timeout | undefined;
  #closing: Promise<void> | undefined;

  /** Listens on nothing yet: see `openTurnService`. */
  constructor(env: Env, options: TurnServiceOptions, path: DataPath) {
    const batches = 'kernel' in path ? path : undefined;
    this.dataPath = path;
    this.#env = env;
    this.#options = options;
    this.#port = options.port;
    this.#gate = new ClientGate(options.clients ?? EVERYBODY, options.proxies);
    this.#relayAddresses = new RelayAddressBook(options.publicIps, []);
    this.#workers = batches && this.#newWorkers(batches);
    this.#datagrams =
      this.#workers ??
      new UdpListeners(env.log, (from, local, bytes) => this.#handleDatagram(from, local, bytes));
    this.#machine = new TurnServer(env, {
      ...this.#machineOptions(),
      relayAddresses: this.#relayAddresses,
      ...(this.#workers && {
        shard: this.#workers.shard,
        quotaLedger: this.#workers.quotas,
        bandwidthLedger: this.#workers.bandwidth,
      }),
    });
    this.#driver = driveMachine(this.#machine, {
      onTransmit: (out) => this.#transmit(out),
      onEvent: (event) => this.#handleEvent(event),
      onFailure: (error) => env.log.error('The TURN server has failed.', { error: stackOf(error) }),
    });
    this.#relays = new RelaySockets(env.log, postOf(batches), {
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
        onMainAnswer: ({ from, to, bytes }) => this.#datagrams.send(from.ip, to, bytes),
      });
    }
    this.#legs = new LegTable(this.#nextId, plainLeg);
    this.#streams = new StreamLegs(this.#nextId, streamLimitsOf(options), {
      giveAway: (socket, ends) => this.#workers?.giveStream(socket, ends) ?? false,
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
    return this.#datagrams.addresses;
  }

  get statistics(): TurnServiceStatistics {
    const { counts } = this.#behaviour ?? NO_BEHAVIOUR;
    const own = this.#machine.statistics;
    const alone = {
      ...own,
      ...this.#datagrams.counts,
      bindings: own.bindings + counts.bindings,
      rateLimited: own.rateLimited + counts.rateLimited,
      malformed: own.malformed + this.#noise,
      unwelcome: this.#gate.refused,
      streamDataDropped: this.#streams.dropped,
    };
    const { received, sent, sendFailed, ...rest } = this.#workers?.addStatistics(alone) ?? alone;
    return {
      ...rest,
      workers: (this.#workers?.shard.count ?? 1) - 1,
      streams: this.#streams.count,
      streamsRefused: this.#streams.refused,
      dtls: this.#dtls?.statistics,
      datagrams: { received, sent, sendFailed },
    };
  }

  /** Binds everything, or rejects; the caller closes then. Once. */
  async listen(ips: readonly string[]): Promise<void> {
    const { host } = this.#options;
    for (const ip of ips) await this.#listenUdp(ip);
    if (this.addresses.length === 0) {
      throw new StackError('ADDRESS_NOT_LOCAL', `${host} stands for no address of this machine; name one.`);
    }
    for (const tcpHost of isWildcard(host) ? [host] : ips) {
      const front = await openFront({
        host: tcpHost,
        port: this.#port,
        log: this.#env.log,
        admits: (ip) => this.admits(ip),
        isBalancer: (ip) => this.isBalancer(ip),
        onStun: (socket, transport) => this.acceptStream(socket, transport),
      });
      this.#tcp.push(front);
    }
    await this.#useAddresses();
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

  /** Whether connections from there begin with the PROXY protocol. */
  isBalancer(ip: string): boolean {
    return this.#gate.isBalancer(ip);
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
    this.#dtls = await openDtlsLegs(this.#env, this.addresses, options, this.#nextId, {
      admits: (ip) => this.admits(ip),
      onMessage: (leg, bytes) => this.#handleMessage(leg, bytes),
      onClosed: (leg) => this.#driver.run((now) => this.#machine.handleLegClosed(now, leg)),
    });
    await this.#useAddresses();
    return this.#dtls.port;
  }

  /** For the DTLS connections that begin from now on. Throws for credentials that cannot be read. */
  setDtlsCredentials(credentials: DtlsCredentials): void {
    this.#dtls?.setCredentials(credentials);
  }

  /** A reload: what `changed` names is replaced. Rejects with `TURN_USER_INVALID`, and has changed nothing then. */
  async reconfigure({ peers, clients, proxies, ...changed }: TurnServiceChanges): Promise<void> {
    const peerPolicy = peers && peerPolicyOf({ ...this.#options, peers }, this.#own(), this.#ownServices());
    const machine = { ...changed, ...(peerPolicy && { peerPolicy }) };
    this.#machine.reconfigure(monotonicNow(), machine);
    this.#gate.reconfigure(clients, proxies);
    await this.#workers?.reconfigure({ machine, ...(clients && { clients }) });
  }

  /** While set nobody gets a new allocation: 508, or 300 where there is an alternate server. */
  setDraining(draining: boolean): void {
    this.#machine.setDraining(draining);
    this.#workers?.setDraining(draining);
  }

  async sessions(): Promise<readonly SessionFacts[]> {
    const others = (await this.#workers?.sessions()) ?? [];
    return [...this.#machine.sessions(monotonicNow()), ...others];
  }

  /** Resolves with how many were ended. */
  async kick(filter: SessionFilter): Promise<number> {
    let count = 0;
    this.#driver.run((now) => {
      count = this.#machine.kick(now, filter);
    });
    return count + ((await this.#workers?.kick(filter)) ?? 0);
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
      this.#datagrams.close(),
    ]);
  }

  /** Behind a wildcard an address may vanish between being listed and being bound; that is no failure. */
  async #listenUdp(ip: string): Promise<void> {
    try {
      this.#port = await this.#datagrams.listen({ ip, port: this.#port });
    } catch (error) {
      if (!isWildcard(this.#options.host) || !hasCode(error, 'ADDRESS_NOT_LOCAL')) throw error;
      this.#env.log.debug('An address could not be listened on.', { ip });
    }
  }

  #handleDatagram(from: SocketAddress, local: SocketAddress, bytes: Uint8Array): void {
    if (!this.#gate.admits(from.ip)) return;
    if (this.#behaviour?.handle(from, local, bytes)) return;
    if (isChannelData(bytes) || looksLikeStun(bytes)) {
      this.#handleMessage(this.#legs.legOf(from, local), bytes);
    } else this.#noise += 1;
  }

  #handleMessage(leg: Leg, bytes: Uint8Array): void {
    this.#driver.run((now) => this.#machine.handleClientMessage(now, leg, bytes));
  }

  #transmit(out: TurnTransmit): void {
    if (out.kind === 'sibling') {
      const { from, to, bytes } = out;
      this.#workers?.giveSibling(out.shard, { from, to, bytes });
      return;
    }
    if (out.kind === 'peer') this.#relays.send(out.relay, out.to, out.bytes);
    else if (out.leg.transport === 'dtls') this.#dtls?.send(out.leg, out.bytes);
    else if (out.leg.transport !== 'udp') this.#streams.send(out.leg, out.bytes);
    else this.#datagrams.send(out.leg.server.ip, out.leg.client, out.bytes);
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
      case 'hand-over': {
        const { leg, shard, bytes } = event;
        this.#workers?.handOver(shard, { client: leg.client, server: leg.server, bytes });
        return;
      }
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
        void this.#askCredentials(event.name, event.realm).then((found) =>
          this.#driver.run((now) => this.#machine.handleCredentials(now, event.name, found)),
        );
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
  async #askCredentials(name: string, realm: string): Promise<FoundCredentials | undefined | 'unavailable'> {
    try {
      return (await this.#options.askCredentials?.(name, realm)) ?? undefined;
    } catch (error) {
      this.#env.log.error('Asking for credentials has failed.', { error: stackOf(error) });
      return 'unavailable';
    }
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
    const fresh = present.filter((ip) => !this.addresses.includes(ip));
    if (gone.length === 0 && fresh.length === 0) return;
    for (const ip of gone) this.#datagrams.forget(ip);
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
    await this.#useAddresses();
    await this.#followBehaviour().catch((error: unknown) =>
      this.#env.log.warn('NAT behaviour discovery could not follow the addresses.', { error: String(error) }),
    );
    this.#env.log.info('STUN and TURN follow the addresses of this machine.', { fresh, gone });
  }

  #own(): readonly OwnAddress[] {
    return (this.#options.ownAddresses ?? ownAddresses)();
  }

  /** Tells relays, the peer policy and the workers what is listened on now. */
  async #useAddresses(): Promise<void> {
    const { host } = this.#options;
    const { addresses } = this;
    const best = isWildcard(host) ? wildcardIps(host, this.#own()) : addresses;
    const relayIps = best.filter((ip) => addresses.includes(ip));
    const ownServices = this.#ownServices();
    this.#relayAddresses.update(relayIps);
    this.#machine.setOwnServices(ownServices);
    await this.#workers?.follow({ relayIps, ownServices, sites: this.#behaviour?.sites ?? new Map() });
  }

  #ownServices(): readonly SocketAddress[] {
    const main = [...this.addresses, ...this.#options.publicIps].map((ip) => ({ ip, port: this.#port }));
    return [...main, ...(this.#behaviour?.services ?? []), ...(this.#dtls?.services ?? [])];
  }

  #newWorkers({ kernel, segments, workers: count }: Batches): RelayWorkers {
    const start = workerStartOf(this.#options);
    return new RelayWorkers(
      this.#env.log,
      { kernel, segments, count, options: this.#machineOptions(), start },
      {
        onFact: (fact) => this.#options.onFact?.(fact),
        onWantCredentials: (name, realm) =>
          void this.#askCredentials(name, realm).then((found) => this.#workers?.giveCredentials(name, found)),
        onBindingAnswer: (answer) => this.#behaviour?.send(answer),
        onHandOver: ({ client, server, bytes }) =>
          this.#handleMessage(this.#legs.legOf(client, server), bytes),
        onSibling: ({ from, to, bytes }) =>
          this.#driver.run((now) => this.#machine.handleSiblingData(now, from, to, bytes)),
        onStreamClosed: (ip) => this.#streams.closed(ip),
        onStreamReturned: (socket, ends) => this.#streams.takeBack(socket, ends),
      },
    );
  }

  /** For every machine alike. */
  #machineOptions(): SharedTurnOptions {
    return {
      ...machineOptionsOf(this.#options),
      wantCredentials: this.#options.askCredentials !== undefined,
      // Where this server listens is not known yet: see `#useAddresses`.
      peerPolicy: peerPolicyOf(this.#options, this.#own(), []),
    };
  }

  async #followBehaviour(): Promise<void> {
    if (!this.#behaviour) return;
    await this.#behaviour.follow(this.addresses, this.#port);
    await this.#useAddresses();
  }
}
