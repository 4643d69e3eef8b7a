/**
 * One SCTP association over one path, as data channels use it over DTLS: begins, carries messages both ways, resets
 * streams, ends. Bytes of packets in, bytes of packets out; knows nothing of DTLS or channels. RFC 9260, RFC 8261.
 */
import { type Env, type Machine, type Millis, NEVER } from '../base/index.ts';
import { isForUs } from './admission.ts';
import { AssociationContext, type Link, type State } from './association-context.ts';
import { CauseCode, ChunkType } from './code-points.ts';
import { DataFragment } from './data-chunk.ts';
import { writeDue, writeSack } from './departure.ts';
import { Ending } from './ending.ts';
import {
  describeCauses,
  encodeInvalidStreamCause,
  encodeQuotingCause,
  encodeTextCause,
  firstCauseCode,
} from './error-cause.ts';
import type { SctpEvent } from './events.ts';
import { decodeForwardTsn } from './forward-tsn-chunk.ts';
import type { WholeMessage } from './fragment-runs.ts';
import { Heartbeats } from './heartbeats.ts';
import type { SctpOptions } from './options.ts';
import type { MessageToSend } from './outgoing-message.ts';
import {
  CHUNK_HEADER_BYTES,
  type Chunk,
  chunkAt,
  chunkLength,
  decodePacket,
  PACKET_HEADER_BYTES,
  type Packet,
} from './packet.ts';
import { decodeReconfigurations } from './reconfig-chunk.ts';
import { Sack } from './sack-chunk.ts';
import { SetUp } from './set-up.ts';
import type { ResetOutcome } from './stream-reset.ts';

/** What webrtc-stats.html calls RTCSctpTransportStats. */
export interface SctpStatistics {
  /** `undefined` before the first measurement. */
  readonly smoothedRoundTripMs: Millis | undefined;
  readonly congestionWindowBytes: number;
  /** What the peer had room for when it was last heard, less what is on the way. */
  readonly receiverWindowBytes: number;
  /** How large packets may be on this path. */
  readonly packetBytes: number;
  readonly unacknowledgedChunks: number;
}

export class SctpAssociation implements Machine<SctpEvent, Uint8Array> {
  readonly #context: AssociationContext;
  readonly #setUp: SetUp;
  readonly #ending: Ending;
  readonly #heartbeats: Heartbeats;
  /** Of the chunk that is handled. */
  readonly #fragment = new DataFragment();
  readonly #sack = new Sack();
  /** Messages of the packet that is handled. */
  readonly #ready: WholeMessage[] = [];
  /** Something has come in that may let something out. */
  #isUnsettled = false;

  constructor(env: Env, options: SctpOptions) {
    this.#context = new AssociationContext(env, options);
    this.#setUp = new SetUp(this.#context);
    this.#ending = new Ending(this.#context);
    this.#heartbeats = new Heartbeats(this.#context);
  }

  /** Packets that were not for this association, or broken. */
  get discarded(): number {
    return this.#context.discarded;
  }

  get state(): State['kind'] {
    return this.#context.state.kind;
  }

  /** `undefined` before both have agreed. */
  get statistics(): SctpStatistics | undefined {
    const outbound = this.#context.link?.outbound;
    return (
      outbound && {
        smoothedRoundTripMs: outbound.rto.smoothedMs,
        congestionWindowBytes: outbound.windowBytes,
        receiverWindowBytes: outbound.peerWindowBytes,
        packetBytes: this.#context.pathMtu.packetBytes,
        unacknowledgedChunks: outbound.outstanding,
      }
    );
  }

  /**
   * Sends INIT, unless the peer's comes within `waitMs`. Both ends may begin at the same time (RFC 9260 §5.2.1), which costs
   * six packets more than when one of them is patient.
   */
  connect(now: Millis, waitMs: Millis = 0): void {
    if (!this.#advance(now) || this.#context.state.kind !== 'idle') return;
    if (waitMs > 0) this.#context.timers.set('init', this.#context.now + waitMs);
    else this.#setUp.connect();
  }

  /**
   * Queues a message: `false` before `connected` and while closing. The payload is given away. What is sent before the next
   * `pollTransmit` shares packets. An empty payload, or a stream that the peer does not have, throws `RangeError`.
   */
  send(now: Millis, message: MessageToSend): boolean {
    if (message.payload.length === 0)
      throw new RangeError('SCTP carries no empty message (RFC 9260 §3.3.1).');
    if (!this.#advance(now) || this.#context.state.kind !== 'established') return false;
    const { link } = this.#context.state;
    if (message.stream >= link.outboundStreams) {
      throw new RangeError(`Stream ${message.stream} does not exist: there are ${link.outboundStreams}.`);
    }
    link.outbound.send(this.#context.now, message);
    this.#context.pathMtu.handleDemand(link.outbound.scheduler.waitingBytes);
    return true;
  }

  /** Given to `send` for this stream, and neither in a packet yet nor given up, in bytes. */
  bufferedBytes(stream: number): number {
    return this.#context.link?.outbound.scheduler.bufferedBytes(stream) ?? 0;
  }

  /** Received and not handed on, since something before it is missing; with what holding it costs. */
  get heldBytes(): number {
    return this.#context.link?.inbound.heldBytes ?? 0;
  }

  /** Of the share of each stream while several wait: 1 … 65535, 256 at first. RFC 8831 §6.4. */
  setWeight(stream: number, weight: number): void {
    this.#context.link?.outbound.scheduler.setWeight(stream, weight);
  }

  /** Once what waits on them has left: `streams-reset`. RFC 6525 §5.1.2. */
  resetStreams(now: Millis, streams: readonly number[]): void {
    if (!this.#advance(now) || this.#context.state.kind !== 'established') return;
    const { link } = this.#context.state;
    if (!link.extensions.reconfiguration) {
      this.#context.events.push({ type: 'streams-reset', streams, refused: true });
      return;
    }
    link.resets.want(streams);
  }

  /** Lets everything arrive, then ends: `closed`. RFC 9260 §9.2. */
  shutdown(now: Millis): void {
    if (!this.#advance(now)) return;
    const state = this.#context.state;
    if (state.kind === 'established') {
      this.#ending.begin();
    } else if (state.kind === 'idle' || state.kind === 'cookie-wait' || state.kind === 'cookie-echoed') {
      this.abort(now, 'closed before it was established');
    }
  }

  /** Ends at once and tells the peer. RFC 9260 §9.1. */
  abort(now: Millis, reason: string): void {
    if (!this.#advance(now)) return;
    const link = this.#context.link;
    if (link) {
      const cause = encodeTextCause(CauseCode.USER_ABORT, reason);
      this.#context.transmit(link.peerTag, ChunkType.ABORT, cause, link.extensions.zeroChecksum);
    }
    this.#context.finish(undefined);
  }

  /** One packet, as it came out of DTLS. Borrowed. */
  handlePacket(now: Millis, bytes: Uint8Array): void {
    if (!this.#advance(now)) return;
    const packet = decodePacket(bytes);
    if (!packet || !isForUs(this.#context, packet)) {
      this.#context.discarded += 1;
      return;
    }
    for (let at = PACKET_HEADER_BYTES; at < bytes.length; ) {
      if (this.#context.state.kind === 'closed' || !this.#handleChunk(packet, at)) break;
      at += (chunkLength(bytes, at) + 3) & ~3;
    }
    this.#fragment.forget();
    this.#sack.forget();
    const { link } = this.#context;
    if (!link) return;
    link.inbound.endPacket(this.#context.now);
    const isOurs = link.peerLargestPacketBytes !== undefined;
    if (!isOurs && link.inbound.isSackOverdue) writeSack(this.#context, link);
  }

  /** The packets take another way from here on. `ceilingBytes`: larger packets than that are not tried; RFC 8899. */
  handlePathChanged(now: Millis, { ceilingBytes }: { readonly ceilingBytes: number }): void {
    if (!this.#advance(now)) return;
    this.#context.pathMtu.begin(this.#context.now, ceilingBytes);
    this.#context.link?.outbound.forgetPath(this.#context.now);
    this.#context.usePathMtu();
  }

  handleTimeout(now: Millis): void {
    if (!this.#advance(now)) return;
    for (
      let due = this.#context.timers.takeDue(this.#context.now);
      due;
      due = this.#context.timers.takeDue(this.#context.now)
    ) {
      if (due === 'init') this.#setUp.handleTimer();
      else if (due === 'shutdown') this.#ending.repeat();
      else if (this.#context.link) this.#heartbeats.beat(this.#context.link);
    }
    const link = this.#context.link;
    if (!link) return;
    if (link.outbound.handleTimeout(this.#context.now)) {
      this.#context.pathMtu.handleSilence();
      this.#context.usePathMtu();
    }
    link.resets.handleTimeout(this.#context.now);
    this.#context.checkErrors(link);
  }

  nextTimeout(): Millis {
    this.#settle();
    if (this.#context.state.kind === 'closed') return NEVER;
    const link = this.#context.link;
    const own = this.#context.timers.next();
    if (!link) return own;
    return Math.min(
      own,
      link.inbound.sackAt,
      link.outbound.nextTimeout(),
      link.resets.nextTimeout(),
      this.#context.mayCarryData ? this.#context.pathMtu.nextTimeout() : NEVER,
    );
  }

  pollTransmit(): Uint8Array | undefined {
    this.#settle();
    return this.#context.transmits.take();
  }

  pollEvent(): SctpEvent | undefined {
    this.#settle();
    return this.#context.events.take();
  }

  /** `false` once closed. */
  #advance(now: Millis): boolean {
    if (now > this.#context.now) this.#context.now = now;
    this.#isUnsettled = true;
    return this.#context.state.kind !== 'closed';
  }

  /** Whether the chunks behind the one at `at` are to be looked at. */
  #handleChunk(packet: Packet, at: number): boolean {
    const { bytes } = packet;
    const type = bytes[at];
    const link = this.#context.link;
    if (link && (type === ChunkType.DATA || type === ChunkType.I_DATA))
      return this.#handleData(link, bytes, at);
    if (link && type === ChunkType.SACK) {
      this.#handleSack(link, bytes, at);
      return true;
    }
    return this.#handleRareChunk(packet, chunkAt(bytes, at));
  }

  #handleSack(link: Link, bytes: Uint8Array, at: number): void {
    const valueBytes = chunkLength(bytes, at) - CHUNK_HEADER_BYTES;
    if (!this.#sack.read(bytes, at + CHUNK_HEADER_BYTES, valueBytes)) return;
    if (!link.outbound.handleSack(this.#context.now, this.#sack)) return;
    if (link.outbound.errors === 0) this.#context.pathMtu.handleProgress(this.#context.now);
  }

  #handleRareChunk(packet: Packet, chunk: Chunk): boolean {
    const { value } = chunk;
    switch (chunk.type) {
      case ChunkType.INIT:
        this.#setUp.handleInit(value);
        return false;
      case ChunkType.INIT_ACK:
        this.#setUp.handleInitAck(value);
        return true;
      case ChunkType.COOKIE_ECHO:
        return this.#setUp.handleCookieEcho(packet, value);
      case ChunkType.COOKIE_ACK:
        this.#setUp.handleCookieAck();
        return true;
      case ChunkType.ABORT:
        this.#context.finish({
          code: 'SCTP_ABORTED_BY_PEER',
          reason: `The peer aborted, ${describeCauses(value)}.`,
          causeCode: firstCauseCode(value),
        });
        return false;
      case ChunkType.ERROR:
        this.#setUp.handleError(value);
        return true;
      case ChunkType.PAD:
        return true;
      default:
        break;
    }
    const link = this.#context.link;
    if (!link) return false;
    return this.#handleLinkChunk(link, chunk);
  }

  #handleLinkChunk(link: Link, chunk: Chunk): boolean {
    const { type, value } = chunk;
    switch (type) {
      case ChunkType.FORWARD_TSN:
      case ChunkType.I_FORWARD_TSN: {
        if ((type === ChunkType.I_FORWARD_TSN) !== link.extensions.interleaving) {
          return this.#context.violation('FORWARD-TSN of the kind that was not agreed');
        }
        const forward = decodeForwardTsn(value, link.extensions.interleaving);
        if (forward) link.inbound.handleForward(forward, this.#ready);
        this.#deliver();
        return true;
      }
      case ChunkType.RE_CONFIG:
        for (const found of decodeReconfigurations(value) ?? []) {
          this.#noteReset(link.resets.handle(found, link.inbound.cumulativeTsn));
          if (found.kind !== 'response') link.inbound.demandSack(this.#context.now); // RFC 6525 §5.2.1
        }
        return true;
      case ChunkType.HEARTBEAT:
        // §8.3: what came goes back, unchanged.
        this.#context.reply({ type: ChunkType.HEARTBEAT_ACK, flags: 0, value: value.slice() });
        return true;
      case ChunkType.HEARTBEAT_ACK:
        this.#heartbeats.handleAck(link, value);
        return true;
      case ChunkType.SHUTDOWN:
      case ChunkType.SHUTDOWN_ACK:
      case ChunkType.SHUTDOWN_COMPLETE:
        this.#ending.handleChunk(link, chunk);
        return true;
      default:
        // §3.2: the two highest bits say what to do with what nobody knows.
        if (type & 0x40) {
          const cause = encodeQuotingCause(CauseCode.UNRECOGNIZED_CHUNK, value);
          this.#context.reply({ type: ChunkType.ERROR, flags: 0, value: cause });
        }
        return (type & 0x80) !== 0;
    }
  }

  #handleData(link: Link, bytes: Uint8Array, at: number): boolean {
    if ((bytes[at] === ChunkType.I_DATA) !== link.extensions.interleaving) {
      return this.#context.violation('DATA of the kind that was not agreed'); // RFC 8260 §2.2.3
    }
    const fragment = this.#fragment;
    if (!fragment.read(bytes, at)) return this.#context.violation('DATA without user data');
    // Data in COOKIE-ECHOED tells that the peer has our cookie, but COOKIE ACK comes first in the same packet.
    if (this.#context.state.kind === 'shutdown-ack-sent' || this.#context.state.kind === 'shutdown-received')
      return true;
    if (fragment.stream >= link.inboundStreams) {
      const cause = encodeInvalidStreamCause(fragment.stream);
      this.#context.reply({ type: ChunkType.ERROR, flags: 0, value: cause });
      return true;
    }
    link.inbound.handleData(fragment, this.#ready);
    if (this.#ready.length > 0) this.#deliver();
    return true;
  }

  #deliver(): void {
    for (const message of this.#ready) this.#context.events.push(message);
    this.#ready.length = 0;
  }

  #noteReset(outcome: ResetOutcome | undefined): void {
    const link = this.#context.link;
    if (!outcome || !link) return;
    const { streams } = outcome;
    switch (outcome.kind) {
      case 'incoming':
        link.inbound.resetStreams(streams);
        this.#context.events.push({ type: 'streams-reset-by-peer', streams });
        return;
      case 'outgoing':
        for (const stream of streams) link.outbound.scheduler.resetNumbers(stream);
        this.#context.events.push({ type: 'streams-reset', streams, refused: false });
        return;
      case 'refused':
        for (const stream of streams) link.outbound.scheduler.resume(stream);
        this.#context.events.push({ type: 'streams-reset', streams, refused: true });
        return;
      case 'asked':
        link.resets.want(streams);
    }
  }

  /** Writes what has become due, once for all that came in since the last time: packets, and facts about buffers. */
  #settle(): void {
    if (!this.#isUnsettled) return;
    this.#isUnsettled = false;
    const link = this.#context.link;
    if (!link) {
      this.#context.replies.clear();
      return;
    }
    this.#noteReset(link.resets.advance(link.inbound.cumulativeTsn));
    if (link.outbound.isIdle && link.resets.isIdle) this.#ending.advance();
    if (!writeDue(this.#context, link)) this.#isUnsettled = true;
    if (this.#context.mayCarryData) this.#heartbeats.probe(link);
    for (const stream of link.outbound.scheduler.takeDrained()) {
      this.#context.events.push({ type: 'buffer-drained', stream });
    }
  }
}
