/**
 * Data channels over one SCTP association that it owns: opens, announces, carries and closes them. Packets of SCTP in and
 * out; knows nothing of DTLS. RFC 8831, RFC 8832.
 */
import { type Env, type Machine, type Millis, NEVER, Queue, StackError } from '../base/index.ts';
import { SctpAssociation, type SctpEvent, type SctpOptions } from '../sctp/index.ts';
import type { Channel, SctpMessage } from './channel.ts';
import { factsOf, NO_FACTS } from './channel-facts.ts';
import { ChannelTable } from './channel-table.ts';
import { Ppid, PRIORITY } from './code-points.ts';
import { decodeDcep, encodeAck, encodeOpen } from './dcep.ts';
import { type ChannelError, channelError, type DataChannelEvent } from './events.ts';
import {
  type ChannelFacts,
  type ChannelId,
  type ChannelMessage,
  type ChannelStatistics,
  type DataChannelLimits,
  type DataChannelOptions,
  DEFAULT_CHANNEL_LIMITS,
  type SctpEnds,
} from './options.ts';
import { readMessage } from './read-message.ts';
import { MAX_STREAM } from './stream-numbers.ts';

/** Messages for the next channel of a stream that come before ours has been reset: its OPEN and the first few. */
const MAX_HELD = 64;
/** RFC 8831 §6.6: one zero byte stands for an empty message. */
const EMPTY = Uint8Array.of(0);
/** What SCTP reads as "never". */
const UNLIMITED = Number.POSITIVE_INFINITY;
/** More than a server's INIT comes behind its Finished; a peer that waits for ours loses no more. */
const INIT_PATIENCE_MS = 30;
/** Of the window that the association offers: so many of the largest messages fit in. */
const WINDOW_MESSAGES = 8;

export class DataChannelTransport implements Machine<DataChannelEvent, Uint8Array> {
  readonly #env: Env;
  readonly #limits: DataChannelLimits;
  readonly #sctpOptions: Partial<SctpOptions>;
  readonly #events = new Queue<DataChannelEvent>();
  readonly #table: ChannelTable;
  #association: SctpAssociation | undefined;
  /** Numbers of streams that both ends have; known once connected. */
  #maxChannels: number | undefined;
  #maxMessageBytes: number;
  #opened = 0;
  #closed = 0;
  #path: { readonly ceilingBytes: number } | undefined;
  #now: Millis = 0;

  constructor(
    env: Env,
    options: { readonly limits?: Partial<DataChannelLimits>; readonly sctp?: Partial<SctpOptions> } = {},
  ) {
    this.#env = env;
    this.#limits = { ...DEFAULT_CHANNEL_LIMITS, ...options.limits };
    this.#table = new ChannelTable(this.#limits);
    this.#maxMessageBytes = this.#limits.maxSentMessageBytes;
    this.#sctpOptions = options.sctp ?? {};
  }

  /** `undefined` before it is connected. */
  get maxChannels(): number | undefined {
    return this.#maxChannels;
  }

  /** The largest message that can be sent. webrtc.html §6.1.1.1. */
  get maxMessageBytes(): number {
    return this.#maxMessageBytes;
  }

  get isConnected(): boolean {
    return this.#maxChannels !== undefined;
  }

  /** Channels that were open once, and those of them that are closed. */
  get totals(): { readonly opened: number; readonly closed: number } {
    return { opened: this.#opened, closed: this.#closed };
  }

  /** RFC 8841 §6.1: 0 means any. */
  setRemoteMaxMessageBytes(bytes: number): void {
    this.#maxMessageBytes = Math.min(bytes === 0 ? UNLIMITED : bytes, this.#limits.maxSentMessageBytes);
  }

  /** Which streams are ours is known: channels without one get theirs. Idempotent. RFC 8832 §6. */
  setRole(role: 'client' | 'server'): void {
    this.#table.setRole(role);
    for (const channel of this.#table.all()) {
      if (channel.stream === undefined && !this.#table.assign(channel)) {
        this.#end(channel, channelError('CHANNEL_NO_STREAM', 'Every stream of this association is taken.'));
      }
    }
  }

  /** Begins the association; one that there is ends with all its channels, those that wait for it aside. */
  connect(now: Millis, ends: SctpEnds): void {
    this.#advance(now);
    if (this.#association) {
      this.#association.abort(now, 'a new association takes its place');
      this.#lose(undefined);
    }
    this.setRole(ends.role);
    this.setRemoteMaxMessageBytes(ends.remoteMaxMessageBytes);
    this.#association = new SctpAssociation(this.#env, {
      receiveWindowBytes: Math.max(2 ** 21, WINDOW_MESSAGES * this.#limits.maxMessageBytes),
      ...(ends.roundTripMs !== undefined && { timing: { rtoInitialMs: firstTimeout(ends.roundTripMs) } }),
      ...this.#sctpOptions,
      localPort: ends.localPort,
      remotePort: ends.remotePort,
      cookieSecret: this.#env.random.bytes(32),
    });
    if (this.#path) this.#association.handlePathChanged(now, this.#path);
    // The DTLS server is connected first: its INIT comes with its Finished, and two at once would cost six packets more.
    this.#association.connect(now, ends.role === 'server' ? 0 : INIT_PATIENCE_MS);
  }

  /**
   * A new channel, open once the association is. Throws a RangeError for options that make no sense, a `StackError`
   * `CHANNEL_NO_STREAM` when the stream is taken or none is left.
   */
  open(now: Millis, options: DataChannelOptions): ChannelId {
    this.#advance(now);
    const stream = options.negotiatedStream;
    const channel = this.#table.add(factsOf(options), stream);
    if (!channel) {
      const message = `Stream ${stream} belongs to another channel; choose another.`;
      throw new StackError('CHANNEL_NO_STREAM', message);
    }
    if (stream === undefined && this.#table.hasRole && !this.#table.assign(channel)) {
      this.#table.remove(channel);
      const message = 'Every stream of this association is taken; close a channel.';
      throw new StackError('CHANNEL_NO_STREAM', message);
    }
    if (this.isConnected) this.#start(channel);
    return channel.id;
  }

  /** Whether it went: only on an open channel. Throws a RangeError above `maxMessageBytes`. The bytes are given away. */
  send(now: Millis, id: ChannelId, { kind, bytes }: ChannelMessage): boolean {
    this.#advance(now);
    const channel = this.#table.get(id);
    if (channel?.state !== 'open' || channel.stream === undefined || !this.#association) return false;
    if (bytes.length > this.#maxMessageBytes)
      throw new RangeError(`The peer takes ${this.#maxMessageBytes} bytes, not ${bytes.length}.`);
    const isEmpty = bytes.length === 0;
    const isText = kind === 'text';
    const ppid = isText
      ? isEmpty
        ? Ppid.STRING_EMPTY
        : Ppid.STRING
      : isEmpty
        ? Ppid.BINARY_EMPTY
        : Ppid.BINARY;
    const { facts } = channel;
    const sent = this.#association.send(now, {
      stream: channel.stream,
      ppid,
      payload: isEmpty ? EMPTY : bytes,
      unordered: !facts.ordered && channel.confirmed,
      maxRetransmits: facts.maxRetransmits ?? UNLIMITED,
      lifetimeMs: facts.maxPacketLifeTimeMs ?? UNLIMITED,
    });
    if (!sent) return false;
    channel.messagesSent += 1;
    channel.bytesSent += bytes.length;
    return true;
  }

  /** Lets what waits go, then ends it: `channel-closed`. Idempotent. RFC 8831 §6.7. */
  close(now: Millis, id: ChannelId): void {
    this.#advance(now);
    const channel = this.#table.get(id);
    if (!channel || channel.state === 'closing') return;
    this.#close(channel, undefined);
  }

  /** Given to `send` and not handed to the network; 0 for a channel that is gone. */
  bufferedBytes(id: ChannelId): number {
    const stream = this.#table.get(id)?.stream;
    return stream === undefined ? 0 : (this.#association?.bufferedBytes(stream) ?? 0);
  }

  streamOf(id: ChannelId): number | undefined {
    return this.#table.get(id)?.stream;
  }

  stateOf(id: ChannelId): Channel['state'] {
    return this.#table.get(id)?.state ?? 'closed';
  }

  factsOf(id: ChannelId): ChannelFacts | undefined {
    return this.#table.get(id)?.facts;
  }

  /** Of the channels that there are. */
  statistics(): ChannelStatistics[] {
    return this.#table
      .all()
      .filter(({ origin }) => origin !== 'refused')
      .map((channel) => channel.statistics);
  }

  /** The way to the peer is another: `ceilingBytes` is the longest packet that is worth probing for. RFC 8899. */
  handlePathChanged(now: Millis, path: { readonly ceilingBytes: number }): void {
    this.#advance(now);
    this.#path = path;
    this.#association?.handlePathChanged(now, path);
  }

  /** Ends the association at once and tells the peer. RFC 9260 §9.1. */
  abort(now: Millis, reason: string): void {
    this.#advance(now);
    this.#association?.abort(now, reason);
  }

  /** One packet, as it came out of DTLS. Borrowed. */
  handlePacket(now: Millis, bytes: Uint8Array): void {
    this.#advance(now);
    this.#association?.handlePacket(now, bytes);
  }

  handleTimeout(now: Millis): void {
    this.#advance(now);
    this.#association?.handleTimeout(now);
  }

  nextTimeout(): Millis {
    return this.#association?.nextTimeout() ?? NEVER;
  }

  pollTransmit(): Uint8Array | undefined {
    return this.#association?.pollTransmit();
  }

  pollEvent(): DataChannelEvent | undefined {
    for (;;) {
      const event = this.#events.take();
      if (event) return event;
      const below = this.#association?.pollEvent();
      if (!below) return undefined;
      this.#handleEvent(below);
    }
  }

  #advance(now: Millis): void {
    this.#now = Math.max(this.#now, now);
  }

  #handleEvent(event: SctpEvent): void {
    switch (event.type) {
      case 'message':
        this.#handleMessage(event);
        return;
      case 'buffer-drained': {
        const channel = this.#table.onStream(event.stream);
        if (!channel || channel.origin === 'refused') return;
        const bufferedBytes = this.bufferedBytes(channel.id);
        this.#events.push({ type: 'channel-drained', channel: channel.id, bufferedBytes });
        return;
      }
      case 'connected':
        this.#handleConnected(Math.min(event.outboundStreams, event.inboundStreams, MAX_STREAM + 1));
        return;
      case 'streams-reset-by-peer':
        this.#handleResetByPeer(event.streams);
        return;
      case 'streams-reset':
        this.#handleReset(event.streams, event.refused);
        return;
      case 'restarted':
        this.#lose(channelError('CHANNEL_LOST', 'The peer began its association anew.'));
        return;
      case 'closing':
        return;
      case 'closed':
        this.#lose(event.error);
        this.#maxChannels = undefined;
        this.#events.push({ type: 'closed', error: event.error });
    }
  }

  #handleConnected(maxChannels: number): void {
    this.#maxChannels = maxChannels;
    this.#events.push({ type: 'connected', maxChannels });
    for (const channel of this.#table.all()) this.#start(channel);
  }

  /** webrtc.html §6.1.1.3: the association is there, so messages may go, even before the peer has said ACK. */
  #start(channel: Channel): void {
    const { stream, facts } = channel;
    const association = this.#association;
    if (channel.state !== 'connecting' || stream === undefined || !association) return;
    if (stream >= (this.#maxChannels ?? 0)) {
      const reason = `The peer has ${this.#maxChannels} streams, and this channel would need number ${stream}.`;
      this.#end(channel, channelError('CHANNEL_NO_STREAM', reason));
      return;
    }
    association.setWeight(stream, PRIORITY[facts.priority]);
    if (!facts.negotiated) this.#sendControl(stream, encodeOpen(facts));
    channel.state = 'open';
    this.#opened += 1;
    this.#events.push({ type: 'channel-open', channel: channel.id, stream });
  }

  /** RFC 8832 §6: ordered and reliable, on the stream of the channel. */
  #sendControl(stream: number, payload: Uint8Array): void {
    this.#association?.send(this.#now, { stream, ppid: Ppid.DCEP, payload });
  }

  #handleMessage(message: SctpMessage): void {
    const { stream, ppid, payload } = message;
    const channel = this.#table.onStream(stream);
    if (channel?.state === 'closing' && channel.resetByPeer) this.#hold(channel, message);
    else if (ppid === Ppid.DCEP) this.#handleControl(stream, channel, payload);
    // RFC 8832 §6: user data on an unused stream is an error.
    else if (!channel) this.#refuse(stream);
    else if (channel.state === 'open') this.#handleUserMessage(channel, message);
  }

  #handleUserMessage(channel: Channel, { ppid, payload }: SctpMessage): void {
    channel.confirmed = true;
    const read = readMessage(channel.partial, ppid, payload, this.#limits.maxMessageBytes);
    if (read === 'more follows') return;
    if ('code' in read) {
      this.#close(channel, read);
      return;
    }
    channel.messagesReceived += 1;
    channel.bytesReceived += read.bytes.length;
    this.#events.push({ type: 'channel-message', channel: channel.id, kind: read.kind, bytes: read.bytes });
  }

  /** RFC 8832 §6. */
  #handleControl(stream: number, channel: Channel | undefined, bytes: Uint8Array): void {
    const message = decodeDcep(bytes);
    if (message?.kind === 'ack') {
      if (channel) channel.confirmed = true;
    } else if (channel) {
      if (channel.state === 'open')
        this.#close(
          channel,
          channelError('CHANNEL_PEER_VIOLATED', 'The peer opened a channel on a stream that has one.'),
        );
    } else if (!message || stream > MAX_STREAM || !this.#table.mayAdopt(stream, message.facts))
      this.#refuse(stream);
    else this.#announce(stream, { ...message.facts, negotiated: false });
  }

  #announce(stream: number, facts: ChannelFacts): void {
    const channel = this.#table.adopt(stream, facts, 'peer');
    channel.confirmed = true;
    channel.state = 'open';
    this.#opened += 1;
    this.#association?.setWeight(stream, PRIORITY[facts.priority]);
    this.#sendControl(stream, encodeAck());
    this.#events.push({ type: 'channel-announced', channel: channel.id, stream, facts });
  }

  /** Closes what the peer began on this stream. */
  #refuse(stream: number): void {
    const channel = this.#table.adopt(stream, NO_FACTS, 'refused');
    channel.state = 'open';
    this.#close(channel, undefined);
  }

  #close(channel: Channel, error: ChannelError | undefined): void {
    channel.error ??= error;
    if (channel.state === 'connecting' || channel.stream === undefined || !this.#association) {
      this.#end(channel, channel.error);
      return;
    }
    const isNews = channel.state === 'open' && (error !== undefined || channel.resetByPeer);
    channel.state = 'closing';
    if (isNews && channel.origin !== 'refused')
      this.#events.push({ type: 'channel-closing', channel: channel.id });
    if (channel.resetAsked) return;
    channel.resetAsked = true;
    this.#association.resetStreams(this.#now, [channel.stream]);
  }

  /** RFC 8831 §6.7: the peer closes, so our side of the stream begins anew as well. */
  #handleResetByPeer(streams: readonly number[]): void {
    const channels =
      streams.length > 0 ? streams.map((stream) => this.#table.onStream(stream)) : this.#table.onStreams();
    for (const channel of channels) {
      if (!channel || channel.state === 'connecting') continue;
      // Once more: the peer has opened and closed the next channel on this stream meanwhile.
      if (channel.resetByPeer) this.#hold(channel, 'reset-by-peer');
      else this.#noteResetByPeer(channel);
    }
  }

  #noteResetByPeer(channel: Channel): void {
    channel.resetByPeer = true;
    if (channel.state === 'open') this.#close(channel, channel.confirmed ? undefined : refusal(channel));
    if (channel.isOver) this.#end(channel, channel.error);
  }

  #handleReset(streams: readonly number[], refused: boolean): void {
    for (const stream of streams) {
      const channel = this.#table.onStream(stream);
      if (!channel) continue;
      channel.resetDone = true;
      channel.stuck = refused;
      if (refused || channel.isOver) this.#end(channel, channel.error);
    }
  }

  /** Something on a stream that the peer has reset: it is for the channel that comes next. */
  #hold(channel: Channel, item: SctpMessage | 'reset-by-peer'): void {
    if (channel.held.length < MAX_HELD) channel.held.push(item);
    else channel.stuck = true;
  }

  /** The last of a channel. */
  #end(channel: Channel, error: ChannelError | undefined): void {
    const { stream, held, stuck } = channel;
    const wasOpen = channel.state !== 'connecting';
    channel.state = 'closed';
    this.#table.remove(channel);
    if (channel.origin !== 'refused') {
      if (wasOpen) this.#closed += 1;
      this.#events.push({ type: 'channel-closed', channel: channel.id, error });
    }
    if (stream !== undefined && !stuck) this.#replay(stream, held);
  }

  /** The stream is free, and these came for whoever has it next. */
  #replay(stream: number, held: Channel['held']): void {
    for (const item of held) {
      if (item === 'reset-by-peer') this.#handleResetByPeer([stream]);
      else this.#handleMessage(item);
    }
  }

  /** The association is gone, and every channel that was on it; those that wait for one go on waiting. */
  #lose(error: ChannelError | undefined): void {
    for (const channel of this.#table.all()) {
      if (channel.state === 'connecting') continue;
      channel.held.length = 0;
      channel.stuck = false;
      this.#end(channel, channel.error ?? error);
    }
    this.#table.freeEnded();
  }
}

/** RFC 8832 §6: a peer that takes the channel says so first. */
function refusal({ facts }: Channel): ChannelError {
  const reason = `The peer did not take the channel "${facts.label}": what was sent on it is lost. It may have too many already.`;
  return channelError('CHANNEL_REFUSED', reason);
}

/** RFC 9260 §6.3.1 C2: three times the round trip; no less than a busy peer may take, no more than where nothing is known. */
function firstTimeout(roundTripMs: Millis): Millis {
  return Math.min(500, Math.max(150, 3 * roundTripMs));
}
