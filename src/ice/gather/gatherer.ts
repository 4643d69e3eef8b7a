/**
 * Finds every way out of this host: its addresses, what STUN servers see of them, relays at TURN servers; keeps them alive and
 * moves what the checker sends. Asks the shell for sockets and names; pairs nothing. RFC 8445 §5.1, RFC 8838.
 */
import {
  type Env,
  encodeHex,
  familyOf,
  type InterfaceAddress,
  type Millis,
  NEVER,
  type SocketAddress,
} from '../../base/index.ts';
import type { GathererEvent, GathererPort, PathId, PathListener } from '../gatherer-port.ts';
import type { IceRequest, IceTransmit, SocketFacts, SocketId } from '../io.ts';
import type { GathererOptions, IcePolicy, IceServer } from '../options.ts';
import type { Attempt, AttemptEvents } from './attempt.ts';
import { CandidateBook } from './candidate-book.ts';
import { DtlsLink, type Verify } from './dtls-link.ts';
import { chooseHostAddresses } from './host-addresses.ts';
import { MAX_HOST_ADDRESSES, MAX_VERDICTS } from './limits.ts';
import { Lookups } from './lookups.ts';
import { MdnsNames } from './mdns-names.ts';
import { Place, type TcpWish } from './place.ts';
import { reflexivePreference, relayPreference } from './preferences.ts';
import { ReflexiveAttempt } from './reflexive.ts';
import { RelayAttempt } from './relay.ts';
import { ServerDesk } from './server-desk.ts';
import { DatagramLink, type LinkEvents, type OpenLink, type ServerLink } from './server-link.ts';
import { Sockets } from './sockets.ts';
import { refuseStream } from './stream-base.ts';
import { StreamLink } from './stream-link.ts';
import { readTargets, type ServerTarget } from './targets.ts';
import type { UdpBase } from './udp-base.ts';

export class Gatherer implements GathererPort {
  readonly #options: GathererOptions;
  readonly #sockets: Sockets;
  readonly #lookups: Lookups;
  readonly #desk: ServerDesk;
  readonly #book: CandidateBook;
  readonly #names: MdnsNames;
  /** Who waits for the judgement of a certificate: as many as there are links. */
  readonly #verdicts = new Map<number, (now: Millis, ok: boolean) => void>();
  #lastCheck = 0;
  readonly #places = new Map<string, Place>();
  #servers: readonly IceServer[];
  #policy: IcePolicy;
  #state: 'new' | 'gathering' | 'complete' | 'closed' = 'new';
  #now: Millis = 0;

  /** Does nothing before `gather`. */
  constructor(env: Env, options: GathererOptions, listener: PathListener) {
    this.#options = options;
    this.#servers = options.servers ?? [];
    this.#policy = options.policy ?? 'all';
    this.#sockets = new Sockets(env, listener, (path) => this.#book.drop(path));
    const request = (it: IceRequest): void => this.#sockets.push({ type: 'request', request: it });
    this.#lookups = new Lookups(request);
    this.#names = new MdnsNames(env.random, request);
    const hidden = options.mdns ?? false;
    this.#book = new CandidateBook(encodeHex(env.random.bytes(8)), hidden, (candidate) =>
      this.#sockets.push({ type: 'candidate', candidate }),
    );
    const book = this.#book;
    this.#desk = new ServerDesk(
      {
        start: (now, target, server, base, events) => this.#startAttempt(now, target, server, base, events),
        onLost: (target, base) => {
          if (base?.opened) book.dropOf(base.facts.path, target.url);
        },
        onError: (error) => this.#sockets.push({ type: 'error', ...error }),
        get mayTellAddresses() {
          return book.mayTellAddresses;
        },
      },
      this.#lookups,
    );
  }

  setServers(servers: readonly IceServer[], policy: IcePolicy): void {
    this.#servers = servers;
    this.#policy = policy;
  }

  gather(now: Millis, interfaces: readonly InterfaceAddress[]): void {
    if (!this.#advance(now)) return;
    if (this.#state !== 'gathering') this.#setState('gathering');
    this.#book.renew(this.#policy);
    const { targets, unusable } = readTargets(this.#options.lite ? [] : this.#servers);
    this.#desk.renew(this.#now, targets, unusable);
    this.#meetInterfaces(interfaces);
    this.#settle();
  }

  handleInterfaces(now: Millis, interfaces: readonly InterfaceAddress[]): void {
    if (!this.#advance(now) || this.#state === 'new') return;
    this.#meetInterfaces(interfaces);
    this.#settle();
  }

  handleOpened(now: Millis, socket: SocketId, local: SocketAddress, facts: SocketFacts): void {
    if (!this.#advance(now)) return;
    this.#sockets.ownerOf(socket)?.handleOpened(this.#now, local, facts);
    this.#settle();
  }

  handleFailed(now: Millis, socket: SocketId, code: string, message: string): void {
    if (!this.#advance(now)) return;
    const owner = this.#sockets.ownerOf(socket);
    this.#sockets.forget(socket);
    owner?.handleFailed(this.#now, code, message);
    this.#settle();
  }

  handleClosed(now: Millis, socket: SocketId): void {
    if (!this.#advance(now)) return;
    const owner = this.#sockets.ownerOf(socket);
    this.#sockets.forget(socket);
    owner?.handleClosed(this.#now);
    this.#settle();
  }

  handleAccepted(now: Millis, listener: SocketId, remote: SocketAddress): SocketId {
    this.#advance(now);
    const owner = this.#sockets.ownerOf(listener);
    return owner?.handleAccepted?.(this.#now, remote) ?? refuseStream(this.#sockets);
  }

  handleLookedUp(now: Millis, lookup: number, ips: readonly string[] | undefined): void {
    if (!this.#advance(now)) return;
    this.#lookups.handleLookedUp(this.#now, lookup, ips);
    this.#settle();
  }

  handleVerified(now: Millis, check: number, ok: boolean): void {
    if (!this.#advance(now)) return;
    const done = this.#verdicts.get(check);
    this.#verdicts.delete(check);
    done?.(this.#now, ok);
    this.#settle();
  }

  handleDatagram(now: Millis, socket: SocketId, from: SocketAddress, bytes: Uint8Array): void {
    if (!this.#advance(now)) return;
    this.#sockets.ownerOf(socket)?.handleBytes(this.#now, from, bytes);
    if (this.#state === 'gathering') this.#settle();
  }

  send(now: Millis, path: PathId, to: SocketAddress, bytes: Uint8Array): void {
    if (this.#advance(now)) this.#sockets.pathOf(path)?.send(this.#now, to, bytes);
  }

  expect(now: Millis, path: PathId, remote: SocketAddress): void {
    if (this.#advance(now)) this.#sockets.pathOf(path)?.expect(this.#now, remote);
  }

  select(now: Millis, path: PathId, remote: SocketAddress): void {
    if (!this.#advance(now)) return;
    this.#sockets.pathOf(path)?.select(this.#now, remote);
    this.#desk.select(this.#now, path);
  }

  release(now: Millis, path: PathId, remote: SocketAddress): void {
    if (this.#advance(now)) this.#sockets.pathOf(path)?.release(this.#now, remote);
  }

  resolve(now: Millis, name: string): void {
    if (!this.#advance(now)) return;
    this.#lookups.ask(this.#now, name, (_at, ips) => this.#sockets.push({ type: 'resolved', name, ips }));
  }

  close(now: Millis): void {
    if (!this.#advance(now)) return;
    this.#state = 'closed';
    this.#sockets.events.clear();
    this.#desk.close(this.#now);
    this.#lookups.clear();
    this.#verdicts.clear();
    this.#places.clear();
    this.#names.withdrawAll();
    this.#sockets.closeAll();
  }

  handleTimeout(now: Millis): void {
    if (!this.#advance(now)) return;
    this.#lookups.handleTimeout(this.#now);
    this.#desk.handleTimeout(this.#now);
    for (const place of this.#places.values()) place.handleTimeout(this.#now);
    this.#settle();
  }

  nextTimeout(): Millis {
    if (this.#state === 'closed') return NEVER;
    let next = Math.min(this.#lookups.nextTimeout(), this.#desk.nextTimeout());
    for (const place of this.#places.values()) next = Math.min(next, place.nextTimeout());
    return next;
  }

  pollTransmit(): IceTransmit | undefined {
    return this.#sockets.transmits.take();
  }

  pollEvent(): GathererEvent | undefined {
    return this.#sockets.events.take();
  }

  /** `false` once closed. */
  #advance(now: Millis): boolean {
    this.#now = Math.max(this.#now, now);
    return this.#state !== 'closed';
  }

  #setState(state: 'gathering' | 'complete'): void {
    this.#state = state;
    this.#sockets.push({ type: 'gathering', state });
  }

  #meetInterfaces(interfaces: readonly InterfaceAddress[]): void {
    const rules = { loopback: this.#options.loopback ?? false, maxAddresses: MAX_HOST_ADDRESSES };
    const chosen = chooseHostAddresses(interfaces, rules);
    for (const place of this.#places.values()) {
      if (chosen.some(({ ip }) => ip === place.ip)) continue;
      this.#places.delete(place.ip);
      place.close(this.#now);
      this.#names.withdraw(place.ip);
    }
    const wish = this.#tcpWish();
    for (const { ip } of chosen) {
      const place = this.#places.get(ip) ?? this.#settleIn(ip);
      place.wantTcp(wish);
      if (this.#desk.wantsBases) place.wantServers();
    }
  }

  #settleIn(ip: string): Place {
    const ranks = new Set([...this.#places.values()].map(({ rank }) => rank));
    let rank = 0;
    while (ranks.has(rank)) rank += 1;
    const mdnsName = (): string | undefined => (this.#options.mdns ? this.#names.nameOf(ip) : undefined);
    const { ports, udpMux = false } = this.#options;
    const options = { ip, rank, ports, mdnsName, udpMux };
    const place = new Place(this.#sockets, options, {
      onServerBase: (now, base) => this.#desk.addBase(now, base),
      onServerBaseLost: (now, base) => this.#desk.removeBase(now, base),
      onCandidate: (candidate) => this.#book.add(candidate),
    });
    this.#places.set(ip, place);
    if (this.#state === 'complete') this.#setState('gathering');
    return place;
  }

  #tcpWish(): TcpWish {
    const { tcp = true, tcpListen = false, lite = false } = this.#options;
    const wanted = tcp && this.#policy === 'all';
    // RFC 8445 §2.5: who is lite is found and does not seek.
    return { active: wanted && !lite, passive: wanted && tcpListen };
  }

  /** RFC 8838 §13: complete once nothing more can come. */
  #settle(): void {
    if (this.#state !== 'gathering' || this.#desk.pending) return;
    for (const { settled } of this.#places.values()) if (!settled) return;
    this.#desk.concludeGeneration();
    this.#setState('complete');
  }

  #startAttempt(
    now: Millis,
    target: ServerTarget,
    server: SocketAddress,
    base: UdpBase | undefined,
    events: AttemptEvents,
  ): Attempt {
    const rank = base ? (this.#places.get(base.ip)?.rank ?? 0) : 0;
    const { url, index, way } = target;
    const tellMapped = (address: SocketAddress): void => {
      if (!base) return;
      const localPreference = reflexivePreference(rank, index);
      const common = {
        path: base.facts,
        localPreference,
        related: base.facts.base,
        serverIp: server.ip,
        url,
      };
      this.#book.add({ type: 'srflx', address, ...common });
    };
    const openLink: OpenLink = (at, to, serverName, on) =>
      this.#openLink(at, target, base, to, serverName, on);
    if (target.protocol === 'stun') {
      const { env } = this.#sockets;
      const onMapped = (_at: Millis, address: SocketAddress): void => tellMapped(address);
      return new ReflexiveAttempt(now, env, server, target.host, openLink, { ...events, onMapped });
    }
    const bothFamilies = [...this.#places.keys()].some((ip) => familyOf(ip) === 6);
    return new RelayAttempt(
      now,
      this.#sockets,
      { target, server, bothFamilies, openLink },
      {
        ...events,
        onAllocated: (_at, paths, mapped) => {
          tellMapped(mapped);
          for (const path of paths) {
            this.#book.add({
              type: 'relay',
              path,
              address: path.base,
              localPreference: relayPreference(way, index, rank, familyOf(path.base.ip)),
              related: mapped,
              serverIp: server.ip,
              url,
              relayProtocol: way,
            });
          }
        },
      },
    );
  }

  #openLink(
    now: Millis,
    target: ServerTarget,
    base: UdpBase | undefined,
    server: SocketAddress,
    serverName: string,
    events: LinkEvents,
  ): ServerLink {
    const verify: Verify = (chain, name, done) => this.#verify(chain, name, done);
    if (base && target.way === 'dtls')
      return new DtlsLink(now, this.#sockets.env, base, server, serverName, verify, events);
    if (base) return new DatagramLink(base, server, events);
    return new StreamLink(this.#sockets, server, target.way === 'tls' ? serverName : undefined, events);
  }

  #verify(chain: readonly Uint8Array[], serverName: string, done: (now: Millis, ok: boolean) => void): void {
    this.#lastCheck += 1;
    this.#verdicts.set(this.#lastCheck, done);
    // A shell that never says anything keeps nobody in memory.
    this.#verdicts.delete(this.#lastCheck - MAX_VERDICTS);
    const request = { kind: 'verify', check: this.#lastCheck, chain, serverName } as const;
    this.#sockets.push({ type: 'request', request });
  }
}
