/**
 * A STUN and TURN client as a machine: learns its mapped address, holds one allocation with permissions and channels,
 * keeps them alive, carries data, follows 300 to another server and takes its allocation along to another address. The
 * shell moves the bytes: datagrams, or chunks of a TCP or TLS stream. RFC 8656 §7 … §12, RFC 8016, RFC 6062, client sides.
 */
import {
  type Env,
  type Machine,
  type Millis,
  NEVER,
  Queue,
  type SocketAddress,
  TimerTable,
  type Transmit,
} from '../base/index.ts';
import {
  checkFingerprint,
  decodeMessage,
  MessageClass,
  type MessageWriter,
  StreamFramer,
  StunAttribute,
  type StunMessage,
  StunMethod,
  TRANSACTION_ID_BYTES,
} from '../stun/index.ts';
import { decodeU32, encodeChannelNumber } from './attributes.ts';
import { channelDataOf, channelNumberOf, encodeChannelData, isChannelData } from './channel-data.ts';
import { readAddresses, readGrant, writeAllocate, writeLifetime } from './client-allocate.ts';
import type { ClientTask, TurnClientEvent, TurnFailure } from './client-events.ts';
import { encodeSend, readIndication } from './client-indications.ts';
import {
  type AllocateOptions,
  checkTcpWish,
  type SendOptions,
  type TurnClientOptions,
} from './client-options.ts';
import { ClientPeers, inGroups } from './client-peers.ts';
import { ClientRedirects } from './client-redirects.ts';
import { ClientRequests, failure, type RequestOutcome } from './client-requests.ts';
import { ClientSession } from './client-session.ts';
import {
  CHANNEL_REFRESH_MS,
  endsAllocation,
  PERMISSION_REFRESH_MS,
  peersOf,
  REFRESH_MARGIN_MS,
  type Task,
} from './client-tasks.ts';
import { TurnAttribute, TurnMethod } from './code-points.ts';
import { type ConnectionId, connectionId } from './connection-id.ts';
import { TurnDataConnection } from './data-connection.ts';
import { MAX_PEER_PAYLOAD_BYTES } from './payload.ts';

type State =
  | { readonly kind: 'idle' }
  | { readonly kind: 'allocating' }
  /** A stream to another server has to be opened. */
  | { readonly kind: 'redirected' }
  | { readonly kind: 'allocated' }
  /** The server does not know yet where we are. */
  | { readonly kind: 'moving' }
  | { readonly kind: 'deleting' }
  | { readonly kind: 'closed' };

export class TurnClient implements Machine<TurnClientEvent> {
  readonly #env: Env;
  readonly #options: TurnClientOptions;
  readonly #redirects: ClientRedirects;
  readonly #requests: ClientRequests<Task>;
  readonly #peers = new ClientPeers();
  readonly #timers = new TimerTable<'refresh' | 'refresh-permissions' | 'refresh-channels'>();
  readonly #transmits = new Queue<Transmit>();
  readonly #events = new Queue<TurnClientEvent>();
  #server: SocketAddress;
  #framer: StreamFramer | undefined;
  #state: State = { kind: 'idle' };
  #wish: AllocateOptions = {};
  /** MOBILITY-TICKET, as it came last. */
  #ticket: Uint8Array | undefined;
  #now: Millis = 0;

  /** Throws `StackError` `TURN_USER_INVALID` for credentials that cannot be used. */
  constructor(env: Env, options: TurnClientOptions) {
    const { server } = options;
    this.#env = env;
    this.#options = options;
    this.#server = server;
    this.#framer = this.#reliable ? new StreamFramer() : undefined;
    this.#redirects = new ClientRedirects(server);
    this.#requests = new ClientRequests(env, this.#newSession(), server, this.#reliable, this.#transmits);
  }

  /** Who is asked at the moment: over UDP, whose datagrams belong to `handleBytes`. */
  get server(): SocketAddress {
    return this.#server;
  }

  get allocated(): boolean {
    return this.#state.kind === 'allocated';
  }

  get #reliable(): boolean {
    const { transport } = this.#options;
    return transport === 'tcp' || transport === 'tls';
  }

  /** Asks for the mapped address: `mapped`, or `failed`. RFC 8489 §6. */
  bind(now: Millis): void {
    if (!this.#advance(now)) return;
    this.#requests.start(this.#now, { kind: 'binding' }, StunMethod.BINDING, () => {});
  }

  /**
   * `allocated`, or `failed` and `closed`; `redirected` may come before. Once. RFC 8656 §7.1. Throws `TypeError` for a
   * relay of TCP over UDP, or with what only UDP has.
   */
  allocate(now: Millis, options: AllocateOptions = {}): void {
    if (options.protocol === 'tcp') checkTcpWish(options, this.#reliable);
    if (!this.#advance(now) || this.#state.kind !== 'idle') return;
    this.#wish = options;
    this.#requestAllocation();
  }

  /** Prolongs the allocation before its time: `refreshed`, or `failed`. RFC 8656 §8.1. */
  refresh(now: Millis): void {
    if (this.#advance(now) && this.#state.kind === 'allocated') this.#requestRefresh(true);
  }

  /**
   * Lets the server connect to a peer over TCP: `connected`, or `failed`. One at a time to the same peer.
   * RFC 6062 §4.3.
   */
  connect(now: Millis, peer: SocketAddress): void {
    if (!this.#advance(now) || this.#state.kind !== 'allocated') return;
    this.#requests.enqueue(this.#now, { kind: 'connect', peer }, TurnMethod.CONNECT, (writer) =>
      writer.xorAddress(TurnAttribute.XOR_PEER_ADDRESS, peer),
    );
  }

  /** The machine of a second stream to the same server, which is open, for a connection of `connected` or `connection-attempt`. */
  dataConnection(now: Millis, connection: ConnectionId): TurnDataConnection {
    const session = this.#requests.session?.copy();
    return new TurnDataConnection(now, this.#env, { server: this.#server, session, connection });
  }

  /** Lets these IP addresses send to us, and us to them; kept alive from then on: `permitted`, or `failed`, for each ten. */
  permit(now: Millis, ips: readonly string[]): void {
    if (!this.#advance(now) || this.#state.kind !== 'allocated') return;
    for (const group of inGroups(ips)) this.#requestPermissions(group, false);
  }

  /** Keeps a permission alive no more: it ends by itself within five minutes. A channel keeps its own. RFC 8656 §9. */
  forget(ip: string): void {
    this.#peers.forgetPermissions([ip]);
  }

  /** Binds a channel to a peer, which also permits it: `channel-bound`, or `failed`. RFC 8656 §12.1. */
  bindChannel(now: Millis, peer: SocketAddress): void {
    if (!this.#advance(now) || this.#state.kind !== 'allocated') return;
    const number = this.#peers.reserveChannel(peer);
    if (number === undefined) this.#fail('channel', [peer.ip], failure('TURN_NO_CAPACITY'));
    else this.#requestChannel(peer, number, false);
  }

  /**
   * Sends a datagram to a peer, by channel if one is bound. `false` when there is no allocation or permission: it is
   * lost then, as a datagram may be. `data` is borrowed; more than 65,456 bytes throw `RangeError`.
   */
  send(now: Millis, peer: SocketAddress, data: Uint8Array, options: SendOptions = {}): boolean {
    if (data.length > MAX_PEER_PAYLOAD_BYTES) {
      const most = MAX_PEER_PAYLOAD_BYTES;
      throw new RangeError(`${data.length} bytes fit no relayed datagram: at most ${most}.`);
    }
    if (!this.#advance(now) || this.#state.kind !== 'allocated') return false;
    const channel = this.#peers.boundChannelOf(peer);
    if (channel !== undefined && !options.dontFragment) {
      this.#transmit(encodeChannelData(channel, data, this.#reliable));
      return true;
    }
    if (!this.#peers.isPermitted(peer.ip)) return false;
    const id = this.#env.random.bytes(TRANSACTION_ID_BYTES);
    this.#transmit(encodeSend(id, peer, data, options));
    return true;
  }

  /** Gives the allocation back, then `closed`. RFC 8656 §8.1. */
  close(now: Millis): void {
    if (!this.#advance(now) || this.#state.kind === 'deleting') return;
    const { kind } = this.#state;
    if (kind !== 'allocated' && kind !== 'moving') {
      this.#finish(undefined);
      return;
    }
    this.#state = { kind: 'deleting' };
    this.#timers.clearAll();
    this.#requests.clear();
    this.#requests.start(this.#now, { kind: 'delete' }, TurnMethod.REFRESH, (writer) => {
      writer.u32(TurnAttribute.LIFETIME, 0);
      if (kind === 'moving') this.#writeTicket(writer);
    });
  }

  /** Forgets everything at once; the server's side expires by itself. */
  abort(now: Millis): void {
    if (this.#advance(now)) this.#finish(undefined);
  }

  /** Bytes from the server: a datagram, or the next chunk of the stream. Borrowed. */
  handleBytes(now: Millis, bytes: Uint8Array): void {
    if (!this.#advance(now)) return;
    if (!this.#framer) {
      this.#handleFrame(bytes);
      return;
    }
    const framer = this.#framer;
    framer.push(bytes);
    for (let frame = framer.next(); frame; frame = framer.next()) this.#handleFrame(frame);
    if (framer.fault && this.#state.kind !== 'closed') this.#finish(failure('STUN_STREAM_INVALID'));
  }

  /** The stream to the server that `redirected` has named is open. */
  handleConnected(now: Millis): void {
    if (!this.#advance(now) || this.#state.kind !== 'redirected') return;
    this.#framer = new StreamFramer();
    this.#requestAllocation();
  }

  /**
   * We have another address now: another UDP socket, or another stream, which is open. An allocation with a ticket comes
   * along (`moved`); data waits for that. Without a ticket it is lost: `closed`. RFC 8016 §3.2.1.
   */
  handlePathChanged(now: Millis): void {
    if (!this.#advance(now)) return;
    if (this.#reliable) this.#framer = new StreamFramer();
    const { kind } = this.#state;
    if (kind === 'redirected') return;
    if (kind === 'idle' || kind === 'allocating') {
      this.#requests.hold();
      this.#requests.release(this.#now);
    } else if (kind === 'deleting') this.#finish(undefined);
    else if (!this.#ticket) this.#finish(failure('TURN_ALLOCATION_MISMATCH'));
    else {
      this.#state = { kind: 'moving' };
      this.#requests.hold();
      this.#requests.dropWaiting((task) => task.kind === 'move' || task.kind === 'refresh');
      this.#requests.start(this.#now, { kind: 'move' }, TurnMethod.REFRESH, (writer) => {
        writeLifetime(writer, this.#wish);
        this.#writeTicket(writer);
      });
    }
  }

  /** The connection has ended, or could not be made. */
  handleConnectionClosed(now: Millis): void {
    if (this.#advance(now)) this.#finish(failure('TURN_CONNECTION_CLOSED'));
  }

  handleTimeout(now: Millis): void {
    if (!this.#advance(now)) return;
    for (const outcome of this.#requests.handleTimeout(this.#now)) this.#conclude(outcome);
    for (let due = this.#timers.takeDue(this.#now); due; due = this.#timers.takeDue(this.#now)) {
      if (due === 'refresh') this.#requestRefresh(false);
      else if (due === 'refresh-permissions') this.#refreshPermissions();
      else this.#refreshChannels();
    }
  }

  nextTimeout(): Millis {
    return this.#state.kind === 'closed'
      ? NEVER
      : Math.min(this.#requests.nextTimeout(), this.#timers.next());
  }

  pollTransmit(): Transmit | undefined {
    return this.#transmits.take();
  }

  pollEvent(): TurnClientEvent | undefined {
    return this.#events.take();
  }

  /** `false` once closed. */
  #advance(now: Millis): boolean {
    this.#now = Math.max(this.#now, now);
    return this.#state.kind !== 'closed';
  }

  #handleFrame(bytes: Uint8Array): void {
    if (this.#state.kind === 'closed') return;
    if (isChannelData(bytes)) {
      // RFC 8656 §12: data may come before the answer to ChannelBind.
      const peer = bytes.length >= 4 ? this.#peers.peerOfChannel(channelNumberOf(bytes)) : undefined;
      const data = channelDataOf(bytes);
      if (peer && data) this.#events.push({ type: 'data', from: peer, bytes: data.slice() });
      return;
    }
    const message = decodeMessage(bytes);
    if (!message || checkFingerprint(message) === 'wrong') return;
    if (message.class === MessageClass.INDICATION) {
      const told = readIndication(message);
      if (told && this.#peers.isPermitted(told.peer.ip)) this.#events.push(told.event);
    } else if (message.class !== MessageClass.REQUEST) {
      const outcome = this.#requests.handleAnswer(this.#now, message);
      if (outcome) this.#conclude(outcome);
    }
  }

  #conclude(outcome: RequestOutcome<Task>): void {
    if (this.#state.kind === 'closed') return;
    if ('failure' in outcome) {
      const { task, failure: why, refusal } = outcome;
      if (task.kind === 'allocate' && refusal && this.#askOtherwise(why, refusal)) return;
      this.#concludeFailure(task, why);
    } else this.#concludeSuccess(outcome.task, outcome.answer, outcome.roundTripMs);
  }

  #concludeSuccess(task: Task, answer: StunMessage, roundTripMs: Millis | undefined): void {
    switch (task.kind) {
      case 'binding': {
        const address = readAddresses(answer, StunAttribute.XOR_MAPPED_ADDRESS)[0];
        if (address) this.#events.push({ type: 'mapped', address, roundTripMs });
        else this.#fail('binding', [], failure('STUN_ANSWER_INVALID'));
        return;
      }
      case 'allocate':
        this.#handleAllocated(answer);
        return;
      case 'move':
        this.#state = { kind: 'allocated' };
        this.#handleRefreshed(answer);
        this.#events.push({ type: 'moved' });
        this.#requests.release(this.#now);
        return;
      case 'refresh': {
        const lifetimeSeconds = this.#handleRefreshed(answer);
        if (task.asked) this.#events.push({ type: 'refreshed', lifetimeSeconds });
        return;
      }
      case 'connect': {
        const value = answer.get(TurnAttribute.CONNECTION_ID);
        const id = value && decodeU32(value);
        if (id === undefined) this.#fail('connect', [task.peer.ip], failure('STUN_ANSWER_INVALID'));
        else this.#events.push({ type: 'connected', peer: task.peer, connection: connectionId(id) });
        return;
      }
      case 'delete':
        this.#finish(undefined);
        return;
      case 'permission':
        this.#peers.confirmPermissions(task.ips);
        if (!task.again) this.#events.push({ type: 'permitted', ips: task.ips });
        this.#arm('refresh-permissions', PERMISSION_REFRESH_MS);
        return;
      case 'channel':
        this.#peers.confirmChannel(task.peer);
        if (!task.again) this.#events.push({ type: 'channel-bound', peer: task.peer, channel: task.number });
        // A permission ends before a channel does, so both need their own refresh.
        this.#arm('refresh-permissions', PERMISSION_REFRESH_MS);
        this.#arm('refresh-channels', CHANNEL_REFRESH_MS);
        return;
    }
  }

  #concludeFailure(task: Task, why: TurnFailure): void {
    if (task.kind === 'delete') {
      // RFC 8656 §8.3: 437 means that it is gone, which was the wish. Silence ends at the server's expiry.
      this.#finish(undefined);
      return;
    }
    this.#fail(task.kind, peersOf(task), why);
    if (endsAllocation(task, why.status)) this.#finish(why);
    else if (task.kind === 'permission') this.#peers.forgetPermissions(task.ips);
    else if (task.kind === 'channel') this.#peers.forgetChannel(task.peer);
  }

  /** 300 elsewhere, 405 without a ticket; `false` when there is nothing left to ask. RFC 8489 §10, RFC 8016 §3.1.4. */
  #askOtherwise(why: TurnFailure, refusal: StunMessage): boolean {
    if (why.status === 405 && this.#wish.mobile) {
      this.#wish = { ...this.#wish, mobile: false };
      this.#requestAllocation();
      return true;
    }
    const alternate = why.status === 300 ? this.#redirects.follow(refusal) : undefined;
    if (!alternate) return false;
    this.#server = alternate.server;
    this.#requests.retarget(alternate.server, this.#newSession());
    this.#events.push({ type: 'redirected', ...alternate });
    if (this.#options.transport === 'udp') this.#requestAllocation();
    else this.#state = { kind: 'redirected' };
    return true;
  }

  #requestAllocation(): void {
    this.#state = { kind: 'allocating' };
    this.#requests.start(this.#now, { kind: 'allocate' }, TurnMethod.ALLOCATE, (writer) =>
      writeAllocate(writer, this.#wish),
    );
  }

  /** RFC 8656 §7.3. */
  #handleAllocated(answer: StunMessage): void {
    const grant = readGrant(answer);
    if (!grant) {
      this.#concludeFailure({ kind: 'allocate' }, failure('STUN_ANSWER_INVALID'));
      return;
    }
    const { ticket, ...rest } = grant;
    this.#state = { kind: 'allocated' };
    this.#ticket = this.#wish.mobile ? ticket : undefined;
    this.#scheduleRefresh(grant.lifetimeSeconds);
    this.#events.push({ type: 'allocated', ...rest, mobile: this.#ticket !== undefined });
  }

  #handleRefreshed(answer: StunMessage): number {
    const value = answer.get(TurnAttribute.LIFETIME);
    const lifetimeSeconds = (value && decodeU32(value)) ?? 0;
    // RFC 8016 §3.2.3.
    this.#ticket = answer.get(TurnAttribute.MOBILITY_TICKET)?.slice() ?? this.#ticket;
    this.#scheduleRefresh(lifetimeSeconds);
    return lifetimeSeconds;
  }

  #scheduleRefresh(lifetimeSeconds: number): void {
    const lifetimeMs = lifetimeSeconds * 1000;
    this.#timers.set('refresh', this.#now + Math.max(lifetimeMs - REFRESH_MARGIN_MS, lifetimeMs / 2));
  }

  #requestRefresh(asked: boolean): void {
    this.#requests.enqueue(this.#now, { kind: 'refresh', asked }, TurnMethod.REFRESH, (writer) =>
      writeLifetime(writer, this.#wish),
    );
  }

  #writeTicket(writer: MessageWriter): void {
    if (this.#ticket) writer.attribute(TurnAttribute.MOBILITY_TICKET, this.#ticket);
  }

  /** RFC 8489 §10: another server is asked with the same credentials, and no nonce of this one. */
  #newSession(): ClientSession | undefined {
    const { credentials } = this.#options;
    return credentials && new ClientSession(this.#env.crypto, credentials);
  }

  #refreshPermissions(): void {
    for (const group of inGroups(this.#peers.permittedIps())) this.#requestPermissions(group, true);
  }

  #refreshChannels(): void {
    for (const { peer, number } of this.#peers.boundChannels()) this.#requestChannel(peer, number, true);
  }

  #requestPermissions(ips: readonly string[], again: boolean): void {
    this.#requests.enqueue(
      this.#now,
      { kind: 'permission', ips: [...ips], again },
      TurnMethod.CREATE_PERMISSION,
      (writer) => {
        for (const ip of ips) writer.xorAddress(TurnAttribute.XOR_PEER_ADDRESS, { ip, port: 0 });
      },
    );
  }

  #requestChannel(peer: SocketAddress, number: number, again: boolean): void {
    this.#requests.enqueue(
      this.#now,
      { kind: 'channel', peer, number, again },
      TurnMethod.CHANNEL_BIND,
      (writer) => {
        writer
          .attribute(TurnAttribute.CHANNEL_NUMBER, encodeChannelNumber(number))
          .xorAddress(TurnAttribute.XOR_PEER_ADDRESS, peer);
      },
    );
  }

  /** The first one to need it sets the pace; what comes later is refreshed early once. */
  #arm(timer: 'refresh-permissions' | 'refresh-channels', afterMs: Millis): void {
    if (!this.#timers.has(timer)) this.#timers.set(timer, this.#now + afterMs);
  }

  #transmit(bytes: Uint8Array): void {
    this.#transmits.push({ to: this.#server, bytes });
  }

  #fail(task: ClientTask, peers: readonly string[], why: TurnFailure): void {
    this.#events.push({ type: 'failed', task, peers, ...why });
  }

  #finish(why: TurnFailure | undefined): void {
    this.#state = { kind: 'closed' };
    this.#timers.clearAll();
    this.#requests.clear();
    this.#transmits.clear();
    this.#events.push({ type: 'closed', failure: why });
  }
}
