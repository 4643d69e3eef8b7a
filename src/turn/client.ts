/**
 * A STUN and TURN client as a machine: learns its mapped address, holds one allocation with permissions and channels,
 * keeps them alive, carries data. The shell moves the bytes: datagrams, or chunks of a TCP or TLS stream. Does not
 * follow 300 (Try Alternate). RFC 8656 §7 … §12, client sides.
 */
import {
  type Env,
  type IpFamily,
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
  decodeXorAddress,
  MessageClass,
  MessageWriter,
  StreamFramer,
  StunAttribute,
  type StunMessage,
  StunMethod,
  TRANSACTION_ID_BYTES,
} from '../stun/index.ts';
import { decodeU32, encodeChannelNumber, encodeFirstOfFour, familyCodeOf } from './attributes.ts';
import { channelDataOf, channelNumberOf, encodeChannelData, isChannelData } from './channel-data.ts';
import type { TurnClientEvent, TurnFailure } from './client-events.ts';
import { ClientPeers, inGroups } from './client-peers.ts';
import { ClientRequests, failure, type RequestOutcome } from './client-requests.ts';
import { type ClientCredentials, ClientSession } from './client-session.ts';
import { EVEN_PORT_RESERVE, TurnAttribute, TurnMethod, UDP_PROTOCOL } from './code-points.ts';
import { MAX_PEER_PAYLOAD_BYTES } from './payload.ts';

export interface TurnClientOptions {
  readonly server: SocketAddress;
  readonly transport: 'udp' | 'tcp' | 'tls';
  /** Without them only `bind` makes sense. */
  readonly credentials?: ClientCredentials;
}

export interface AllocateOptions {
  /** REQUESTED-ADDRESS-FAMILY; IPv4 when left out. `both`: ADDITIONAL-ADDRESS-FAMILY. */
  readonly family?: IpFamily | 'both';
  readonly lifetimeSeconds?: number;
  /** EVEN-PORT, with or without the next port reserved. */
  readonly evenPort?: 'even' | 'reserve-next';
  /** RESERVATION-TOKEN of an earlier allocation, 8 bytes, borrowed. */
  readonly token?: Uint8Array;
}

type Task =
  | { readonly kind: 'binding' }
  | { readonly kind: 'allocate' }
  | { readonly kind: 'refresh' }
  | { readonly kind: 'delete' }
  | { readonly kind: 'permission'; readonly ips: readonly string[]; readonly again: boolean }
  | {
      readonly kind: 'channel';
      readonly peer: SocketAddress;
      readonly number: number;
      readonly again: boolean;
    };

/** RFC 8656 §8: refresh about a minute before the end: longer than a request takes to fail (39.5 s). */
const REFRESH_MARGIN_MS = 60_000;
/** 300 s of RFC 8656 §9, less the margin. */
const PERMISSION_REFRESH_MS = 300_000 - REFRESH_MARGIN_MS;
/** 600 s of RFC 8656 §12, less the margin. */
const CHANNEL_REFRESH_MS = 600_000 - REFRESH_MARGIN_MS;

type State =
  | { readonly kind: 'idle' }
  | { readonly kind: 'allocating' }
  | { readonly kind: 'allocated' }
  | { readonly kind: 'deleting' }
  | { readonly kind: 'closed' };

export class TurnClient implements Machine<TurnClientEvent> {
  readonly #env: Env;
  readonly #server: SocketAddress;
  readonly #reliable: boolean;
  readonly #framer: StreamFramer | undefined;
  readonly #requests: ClientRequests<Task>;
  readonly #peers = new ClientPeers();
  readonly #timers = new TimerTable<'refresh' | 'refresh-permissions' | 'refresh-channels'>();
  readonly #transmits = new Queue<Transmit>();
  readonly #events = new Queue<TurnClientEvent>();
  #state: State = { kind: 'idle' };
  #requestedLifetimeSeconds: number | undefined;
  #now: Millis = 0;

  /** Throws `StackError` `TURN_USER_INVALID` for credentials that cannot be used. */
  constructor(env: Env, options: TurnClientOptions) {
    this.#env = env;
    this.#server = options.server;
    this.#reliable = options.transport !== 'udp';
    this.#framer = this.#reliable ? new StreamFramer() : undefined;
    const session = options.credentials && new ClientSession(env.crypto, options.credentials);
    this.#requests = new ClientRequests(env, session, options.server, this.#reliable, this.#transmits);
  }

  get allocated(): boolean {
    return this.#state.kind === 'allocated';
  }

  /** Asks for the mapped address: `mapped`, or `failed`. RFC 8489 §6. */
  bind(now: Millis): void {
    if (!this.#advance(now)) return;
    this.#requests.start(this.#now, { kind: 'binding' }, StunMethod.BINDING, () => {});
  }

  /** `allocated`, or `failed` and `closed`. Once. RFC 8656 §7.1. */
  allocate(now: Millis, options: AllocateOptions = {}): void {
    if (!this.#advance(now) || this.#state.kind !== 'idle') return;
    this.#state = { kind: 'allocating' };
    this.#requestedLifetimeSeconds = options.lifetimeSeconds;
    this.#requests.start(this.#now, { kind: 'allocate' }, TurnMethod.ALLOCATE, (writer) => {
      writer.attribute(TurnAttribute.REQUESTED_TRANSPORT, encodeFirstOfFour(UDP_PROTOCOL));
      this.#writeLifetime(writer);
      if (options.family === 'both') {
        writer.attribute(TurnAttribute.ADDITIONAL_ADDRESS_FAMILY, encodeFirstOfFour(familyCodeOf(6)));
      } else if (options.family) {
        const value = encodeFirstOfFour(familyCodeOf(options.family));
        writer.attribute(TurnAttribute.REQUESTED_ADDRESS_FAMILY, value);
      }
      if (options.evenPort) {
        const flags = options.evenPort === 'reserve-next' ? EVEN_PORT_RESERVE : 0;
        writer.attribute(TurnAttribute.EVEN_PORT, Uint8Array.of(flags));
      }
      if (options.token) writer.attribute(TurnAttribute.RESERVATION_TOKEN, options.token);
    });
  }

  /** Lets these IP addresses send to us, and us to them; kept alive from then on: `permitted`, or `failed`, for each ten. */
  permit(now: Millis, ips: readonly string[]): void {
    if (!this.#advance(now) || this.#state.kind !== 'allocated') return;
    for (const group of inGroups(ips)) this.#requestPermissions(group, false);
  }

  /** Binds a channel to a peer, which also permits it: `channel-bound`, or `failed`. RFC 8656 §12.1. */
  bindChannel(now: Millis, peer: SocketAddress): void {
    if (!this.#advance(now) || this.#state.kind !== 'allocated') return;
    const number = this.#peers.reserveChannel(peer);
    if (number === undefined) {
      this.#fail('channel', [peer.ip], failure('TURN_NO_CAPACITY'));
      return;
    }
    this.#requestChannel(peer, number, false);
  }

  /**
   * Sends a datagram to a peer, by channel if one is bound. `false` when there is no allocation or permission: it is
   * lost then, as a datagram may be. `data` is borrowed; more than 65,456 bytes throw `RangeError`.
   */
  send(now: Millis, peer: SocketAddress, data: Uint8Array): boolean {
    if (data.length > MAX_PEER_PAYLOAD_BYTES) {
      throw new RangeError(
        `${data.length} bytes fit no relayed datagram: at most ${MAX_PEER_PAYLOAD_BYTES}.`,
      );
    }
    if (!this.#advance(now) || this.#state.kind !== 'allocated') return false;
    const channel = this.#peers.boundChannelOf(peer);
    if (channel !== undefined) {
      this.#transmit(encodeChannelData(channel, data, this.#reliable));
      return true;
    }
    if (!this.#peers.isPermitted(peer.ip)) return false;
    const id = this.#env.random.bytes(TRANSACTION_ID_BYTES);
    const message = new MessageWriter(TurnMethod.SEND, MessageClass.INDICATION, id, 64 + data.length)
      .xorAddress(TurnAttribute.XOR_PEER_ADDRESS, peer)
      .attribute(TurnAttribute.DATA, data)
      .finish();
    this.#transmit(message);
    return true;
  }

  /** Gives the allocation back, then `closed`. RFC 8656 §8.1. */
  close(now: Millis): void {
    if (!this.#advance(now) || this.#state.kind === 'deleting') return;
    if (this.#state.kind !== 'allocated') {
      this.#finish(undefined);
      return;
    }
    this.#state = { kind: 'deleting' };
    this.#timers.clearAll();
    this.#requests.clear();
    this.#requests.start(this.#now, { kind: 'delete' }, TurnMethod.REFRESH, (writer) => {
      writer.u32(TurnAttribute.LIFETIME, 0);
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
    this.#framer.push(bytes);
    for (let frame = this.#framer.next(); frame; frame = this.#framer.next()) this.#handleFrame(frame);
    if (this.#framer.fault && this.#state.kind !== 'closed') this.#finish(failure('STUN_STREAM_INVALID'));
  }

  /** The connection has ended, or could not be made. */
  handleConnectionClosed(now: Millis): void {
    if (this.#advance(now)) this.#finish(failure('TURN_CONNECTION_CLOSED'));
  }

  handleTimeout(now: Millis): void {
    if (!this.#advance(now)) return;
    for (const outcome of this.#requests.handleTimeout(this.#now)) this.#conclude(outcome);
    for (let due = this.#timers.takeDue(this.#now); due; due = this.#timers.takeDue(this.#now)) {
      if (due === 'refresh') this.#requestRefresh();
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
    if (message.class === MessageClass.INDICATION) this.#handleIndication(message);
    else if (message.class !== MessageClass.REQUEST) {
      const outcome = this.#requests.handleAnswer(this.#now, message);
      if (outcome) this.#conclude(outcome);
    }
  }

  /** RFC 8656 §11.4. */
  #handleIndication(message: StunMessage): void {
    if (message.method !== TurnMethod.DATA) return;
    const peerValue = message.get(TurnAttribute.XOR_PEER_ADDRESS);
    const data = message.get(TurnAttribute.DATA);
    const from = peerValue && decodeXorAddress(peerValue, message.transactionId);
    if (!from || !data || !this.#peers.isPermitted(from.ip)) return;
    this.#events.push({ type: 'data', from, bytes: data.slice() });
  }

  #conclude(outcome: RequestOutcome<Task>): void {
    if (this.#state.kind === 'closed') return;
    if ('failure' in outcome) this.#concludeFailure(outcome.task, outcome.failure);
    else this.#concludeSuccess(outcome.task, outcome.answer, outcome.roundTripMs);
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
      case 'refresh': {
        const value = answer.get(TurnAttribute.LIFETIME);
        this.#scheduleRefresh((value && decodeU32(value)) ?? 0);
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
    const peers = task.kind === 'permission' ? task.ips : task.kind === 'channel' ? [task.peer.ip] : [];
    if (task.kind === 'delete') {
      // RFC 8656 §8.3: 437 means that it is gone, which was the wish. Silence ends at the server's expiry.
      this.#finish(undefined);
      return;
    }
    this.#fail(task.kind, peers, why);
    // RFC 8656 §5: 437 to anything but Allocate says that the allocation no longer exists.
    const lost = task.kind === 'allocate' || task.kind === 'refresh' || why.status === 437;
    if (lost && task.kind !== 'binding') this.#finish(why);
    else if (task.kind === 'permission') this.#peers.forgetPermissions(task.ips);
    else if (task.kind === 'channel') this.#peers.forgetChannel(task.peer);
  }

  /** RFC 8656 §7.3. */
  #handleAllocated(answer: StunMessage): void {
    const relayed = readAddresses(answer, TurnAttribute.XOR_RELAYED_ADDRESS);
    const mapped = readAddresses(answer, StunAttribute.XOR_MAPPED_ADDRESS)[0];
    const lifetimeValue = answer.get(TurnAttribute.LIFETIME);
    const lifetimeSeconds = lifetimeValue && decodeU32(lifetimeValue);
    if (relayed.length === 0 || !mapped || !lifetimeSeconds) {
      this.#concludeFailure({ kind: 'allocate' }, failure('STUN_ANSWER_INVALID'));
      return;
    }
    this.#state = { kind: 'allocated' };
    this.#scheduleRefresh(lifetimeSeconds);
    const token = answer.get(TurnAttribute.RESERVATION_TOKEN)?.slice();
    this.#events.push({ type: 'allocated', relayed, mapped, lifetimeSeconds, token });
  }

  #scheduleRefresh(lifetimeSeconds: number): void {
    const lifetimeMs = lifetimeSeconds * 1000;
    this.#timers.set('refresh', this.#now + Math.max(lifetimeMs - REFRESH_MARGIN_MS, lifetimeMs / 2));
  }

  #requestRefresh(): void {
    this.#requests.start(this.#now, { kind: 'refresh' }, TurnMethod.REFRESH, (writer) =>
      this.#writeLifetime(writer),
    );
  }

  #writeLifetime(writer: MessageWriter): void {
    if (this.#requestedLifetimeSeconds !== undefined) {
      writer.u32(TurnAttribute.LIFETIME, this.#requestedLifetimeSeconds);
    }
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

  #fail(task: Exclude<Task['kind'], 'delete'>, peers: readonly string[], why: TurnFailure): void {
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

function readAddresses(answer: StunMessage, type: number): SocketAddress[] {
  return answer
    .getAll(type)
    .map((value) => decodeXorAddress(value, answer.transactionId))
    .filter((address) => address !== undefined);
}
