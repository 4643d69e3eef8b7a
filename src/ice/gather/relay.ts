/**
 * One allocation at a TURN server: got, kept, used by the checker as a path for each relayed address, given back. How bytes
 * get to the server is the link's. RFC 8445 §5.1.1.2, RFC 8656.
 */
import { familyOf, type Millis, NEVER, type SocketAddress, sameAddress } from '../../base/index.ts';
import { TurnClient, type TurnClientEvent, type TurnFailure } from '../../turn/index.ts';
import type { PathFacts, PathId } from '../gatherer-port.ts';
import { type Attempt, type AttemptEvents, NOT_REACHED } from './attempt.ts';
import { MAX_CHANNELS } from './limits.ts';
import { Permissions } from './permissions.ts';
import { RelayChannels } from './relay-channels.ts';
import { type PathRelay, RelayPath } from './relay-path.ts';
import { describeFailure } from './relay-words.ts';
import type { LinkEvents, OpenLink, ServerLink } from './server-link.ts';
import type { Surroundings } from './surroundings.ts';
import type { ServerTarget } from './targets.ts';
import { WaitingRoom } from './waiting-room.ts';

export interface RelayEvents extends AttemptEvents {
  /** Once; before `onSucceeded`. */
  onAllocated(now: Millis, paths: readonly PathFacts[], mapped: SocketAddress): void;
}

export interface RelayOptions {
  readonly target: ServerTarget;
  readonly server: SocketAddress;
  /** Ask for an IPv6 relay too. */
  readonly bothFamilies: boolean;
  readonly openLink: OpenLink;
}

export class RelayAttempt implements Attempt, PathRelay {
  readonly #around: Surroundings;
  readonly #options: RelayOptions;
  readonly #events: RelayEvents;
  readonly #client: TurnClient;
  readonly #permissions = new Permissions((ip) => this.#client.forget(ip));
  readonly #waiting = new WaitingRoom();
  readonly #channels: RelayChannels;
  /** Remotes for which a channel was asked. */
  #channelled: readonly SocketAddress[] = [];
  #paths: readonly RelayPath[] = [];
  #server: SocketAddress;
  #serverName: string;
  #link: ServerLink;
  /** What to say once the link is open. */
  #opening: 'allocate' | 'reconnect' | undefined = 'allocate';
  #state: 'asking' | 'held' | 'leaving' | 'over' = 'asking';

  /** Asks at once. Throws `StackError` `TURN_USER_INVALID` for credentials that cannot be used. */
  constructor(now: Millis, around: Surroundings, options: RelayOptions, events: RelayEvents) {
    const { target, server } = options;
    this.#around = around;
    this.#options = options;
    this.#events = events;
    const { way: transport, credentials } = target;
    this.#channels = new RelayChannels(this.#isStream);
    this.#client = new TurnClient(around.env, { server, transport, credentials });
    this.#server = server;
    this.#serverName = target.host;
    this.#link = this.#open(now);
    if (this.#link.opened) this.#handleLinked(now);
  }

  get server(): SocketAddress {
    return this.#server;
  }

  get over(): boolean {
    return this.#state === 'over';
  }

  /** Over TCP and TLS the client cuts the stream into messages. */
  get #isStream(): boolean {
    const { way } = this.#options.target;
    return way === 'tcp' || way === 'tls';
  }

  carries(path: PathId): boolean {
    return this.#paths.some(({ facts }) => facts.path === path);
  }

  handleTimeout(now: Millis): void {
    if (this.#state === 'over') return;
    this.#link.handleTimeout(now);
    this.#client.handleTimeout(now);
    this.#pump(now);
  }

  nextTimeout(): Millis {
    if (this.#state === 'over') return NEVER;
    return Math.min(this.#link.nextTimeout(), this.#client.nextTimeout());
  }

  /** Gives the allocation back; until the server has said so, or does not answer, it goes on. */
  close(now: Millis): void {
    if (this.#state === 'over' || this.#state === 'leaving') return;
    this.#losePaths();
    this.#state = 'leaving';
    this.#client.close(now);
    this.#pump(now);
  }

  /** Gives the allocation back and waits for nothing. */
  abort(now: Millis): void {
    this.close(now);
    this.#end(now);
  }

  send(now: Millis, to: SocketAddress, bytes: Uint8Array): void {
    if (this.#state !== 'held') return;
    const message = this.#channels.encode(to, bytes);
    if (message) {
      this.#link.send(now, message);
      return;
    }
    if (this.#permissions.isGranted(to.ip)) {
      this.#client.send(now, to, bytes);
      this.#pump(now);
      return;
    }
    if (this.#permissions.expect(to) === 'denied') return;
    this.#waiting.keep(to, bytes);
    this.#askPermissions(now);
  }

  expect(now: Millis, path: RelayPath, remote: SocketAddress): void {
    if (this.#state !== 'held') return;
    if (this.#permissions.expect(remote) === 'denied') this.#tellLost(path, remote);
    else this.#askPermissions(now);
  }

  /** A channel saves 32 of 36 bytes, and the server a lookup, for each datagram. RFC 8656 §12. */
  select(now: Millis, remote: SocketAddress): void {
    if (this.#state !== 'held' || this.#channelled.length >= MAX_CHANNELS) return;
    if (this.#channelled.some((it) => sameAddress(it, remote))) return;
    this.#channelled = [...this.#channelled, remote];
    this.#client.bindChannel(now, remote);
    this.#pump(now);
  }

  #open(now: Millis): ServerLink {
    const events: LinkEvents = {
      onOpened: (at) => this.#handleLinked(at),
      onBytes: (at, bytes) => {
        this.#handleBytes(at, bytes);
        return true;
      },
      onEnded: (at, why) => this.#handleLinkEnded(at, why),
    };
    return this.#options.openLink(now, this.#server, this.#serverName, events);
  }

  /** Most of it is data by a channel, which needs no machine. */
  #handleBytes(now: Millis, bytes: Uint8Array): void {
    const message = this.#isStream ? undefined : this.#channels.decode(bytes);
    if (message) {
      if (this.#state === 'held') this.#deliver(now, message.from, message.data);
      return;
    }
    this.#client.handleBytes(now, bytes);
    this.#pump(now);
  }

  #handleLinked(now: Millis): void {
    const opening = this.#opening;
    this.#opening = undefined;
    if (opening === 'allocate')
      this.#client.allocate(now, this.#options.bothFamilies ? { family: 'both' } : {});
    else if (opening === 'reconnect') this.#client.handleConnected(now);
    this.#pump(now);
  }

  #handleLinkEnded(now: Millis, why: string): void {
    if (this.#state === 'over') return;
    const wasLeaving = this.#state === 'leaving';
    this.#client.abort(now);
    this.#end(now);
    if (!wasLeaving) this.#events.onFailed(now, { errorCode: NOT_REACHED, errorText: why });
  }

  #pump(now: Millis): void {
    while (this.#state !== 'over') {
      for (let out = this.#client.pollTransmit(); out; out = this.#client.pollTransmit()) {
        // RFC 8489 §10: over UDP the client is at the alternate server at once.
        if (!sameAddress(out.to, this.#server)) this.#moveTo(now, out.to);
        this.#link.send(now, out.bytes);
      }
      const event = this.#client.pollEvent();
      if (!event) return;
      this.#handle(now, event);
    }
  }

  #handle(now: Millis, event: TurnClientEvent): void {
    switch (event.type) {
      case 'data':
        this.#deliver(now, event.from, event.bytes);
        return;
      case 'allocated':
        this.#handleAllocated(now, event.relayed, event.mapped);
        return;
      case 'redirected':
        this.#serverName = event.domain ?? this.#serverName;
        if (this.#options.target.way !== 'udp') this.#moveTo(now, event.server);
        return;
      case 'permitted':
        this.#permissions.grant(event.ips);
        for (const ip of event.ips) this.#sendWaiting(now, ip);
        return;
      case 'channel-bound':
        this.#permissions.expect(event.peer);
        this.#permissions.grant([event.peer.ip]);
        this.#channels.bind(event.peer, event.channel);
        this.#sendWaiting(now, event.peer.ip);
        return;
      case 'failed':
        if (event.task === 'permission') this.#handleDenied(now, event.peers, event);
        else if (event.task === 'channel') this.#forgetChannels(event.peers);
        return;
      case 'closed':
        this.#handleClosed(now, event.failure);
        return;
      default:
        // Nothing else is asked for, but for ICMP, which consent (RFC 7675) makes needless.
        return;
    }
  }

  #handleAllocated(now: Millis, relayed: readonly SocketAddress[], mapped: SocketAddress): void {
    if (this.#state !== 'asking') return;
    this.#state = 'held';
    this.#paths = relayed.map((base) => new RelayPath(this.#around.newPathId(), base, this));
    for (const path of this.#paths) this.#around.addPath(path);
    const facts = this.#paths.map((path) => path.facts);
    this.#events.onAllocated(now, facts, mapped);
    this.#events.onSucceeded(now);
  }

  #handleDenied(now: Millis, ips: readonly string[], failure: TurnFailure): void {
    if (ips.length > 1 && failure.status !== undefined) {
      // RFC 8656 §10.2: one address that is refused refuses them all; asked one by one, the others are granted.
      for (const ip of ips) this.#client.permit(now, [ip]);
      return;
    }
    for (const ip of ips) {
      this.#waiting.takeFor(ip);
      for (const remote of this.#permissions.deny(ip, failure.status !== undefined)) {
        const path = this.#pathFor(remote);
        if (path) this.#tellLost(path, remote);
      }
    }
  }

  #handleClosed(now: Millis, failure: TurnFailure | undefined): void {
    const wasLeaving = this.#state === 'leaving';
    this.#end(now);
    if (!wasLeaving && failure) this.#events.onFailed(now, describeFailure(failure));
  }

  /** They may be asked for again; until then it goes without. */
  #forgetChannels(ips: readonly string[]): void {
    this.#channels.forget(ips);
    this.#channelled = this.#channelled.filter(({ ip }) => !ips.includes(ip));
  }

  #deliver(now: Millis, from: SocketAddress, bytes: Uint8Array): void {
    const path = this.#pathFor(from);
    if (path) this.#around.deliver(now, path.facts.path, from, bytes);
  }

  #askPermissions(now: Millis): void {
    const wanted = this.#permissions.takeWanted();
    if (wanted.length === 0) return;
    this.#client.permit(now, wanted);
    this.#pump(now);
  }

  #sendWaiting(now: Millis, ip: string): void {
    for (const { to, bytes } of this.#waiting.takeFor(ip)) this.#client.send(now, to, bytes);
  }

  #moveTo(now: Millis, server: SocketAddress): void {
    this.#link.close(now);
    this.#server = server;
    // Over UDP the client has not waited.
    this.#opening = this.#options.target.way === 'udp' ? undefined : 'reconnect';
    this.#link = this.#open(now);
  }

  #pathFor({ ip }: SocketAddress): RelayPath | undefined {
    const family = familyOf(ip);
    return this.#paths.find(({ facts }) => familyOf(facts.base.ip) === family);
  }

  #tellLost({ facts }: RelayPath, remote: SocketAddress): void {
    this.#around.push({ type: 'remote-lost', path: facts.path, remote });
  }

  #losePaths(): void {
    for (const { facts } of this.#paths) this.#around.losePath(facts.path);
    this.#paths = [];
    this.#waiting.clear();
  }

  #end(now: Millis): void {
    if (this.#state === 'over') return;
    this.#losePaths();
    this.#state = 'over';
    this.#link.close(now);
  }
}
