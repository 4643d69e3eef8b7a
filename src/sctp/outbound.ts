/**
 * The sending half of an association: what may leave now, what has to leave again, when to stop waiting for an
 * acknowledgement. Writes DATA and FORWARD-TSN into packets that others send. RFC 9260 §6.1, §6.3, §7.2; RFC 3758 §3.5.
 */
import { type Millis, NEVER, serialLess } from '../base/index.ts';
import { ChunkType } from './code-points.ts';
import { CongestionWindow } from './congestion.ts';
import { DATA_FIELDS_BYTES, I_DATA_FIELDS_BYTES, writeDataFragment } from './data-chunk.ts';
import { Flights } from './flights.ts';
import { encodeForwardTsn } from './forward-tsn-chunk.ts';
import type { Extensions } from './init-chunk.ts';
import { type Flight, type MessageToSend, OutgoingMessage } from './outgoing-message.ts';
import { CHUNK_HEADER_BYTES, PACKET_HEADER_BYTES, type PacketWriter } from './packet.ts';
import { RetransmissionTimeout, type RtoOptions } from './rto.ts';
import type { Sack } from './sack-chunk.ts';
import { StreamScheduler } from './stream-scheduler.ts';

export interface OutboundOptions {
  readonly maxPacketBytes: number;
  readonly maxWindowBytes: number;
  readonly rto: RtoOptions;
}

/** Smaller fragments at a packet's end cost more than they bring. */
const MIN_FRAGMENT_BYTES = 64;
/** RFC 8985 §6.2: a quarter of the round trip, and no less than a scheduler's hiccup. */
const REORDERING_FRACTION = 1 / 4;
const MIN_REORDERING_MS = 5;

export class Outbound {
  readonly #interleaved: boolean;
  readonly #partialReliability: boolean;
  readonly #maxFragmentBytes: number;
  readonly scheduler: StreamScheduler;
  readonly #flights: Flights;
  readonly #window: CongestionWindow;
  readonly rto: RetransmissionTimeout;
  readonly #buffered = new Map<number, number>();
  /** Messages that have left a stream's buffer, by acknowledgement or by being given up. */
  #drained = new Set<number>();
  #peerWindowBytes: number;
  #recoverTsn: number | undefined;
  /** One lost fragment may leave whatever the window says. RFC 9260 §7.2.4 (3). */
  #fastRetransmit = false;
  #resendAt: Millis = NEVER;
  #forwardDue = false;
  /** Timeouts in a row without an acknowledgement. RFC 9260 §8.1. */
  errors = 0;

  constructor(initialTsn: number, peerWindowBytes: number, extensions: Extensions, options: OutboundOptions) {
    this.#interleaved = extensions.interleaving;
    this.#partialReliability = extensions.partialReliability;
    this.#peerWindowBytes = peerWindowBytes;
    this.scheduler = new StreamScheduler(this.#interleaved);
    this.#flights = new Flights(initialTsn);
    this.rto = new RetransmissionTimeout(options.rto);
    const room = options.maxPacketBytes - PACKET_HEADER_BYTES - this.#fieldsBytes;
    this.#maxFragmentBytes = room & ~3;
    this.#window = new CongestionWindow(this.#maxFragmentBytes, options.maxWindowBytes);
  }

  get lastTsn(): number {
    return this.#flights.lastTsn;
  }

  /** Everything has been acknowledged or given up, and nothing waits. */
  get isIdle(): boolean {
    return this.#flights.isEmpty && this.scheduler.isEmpty;
  }

  get hasOutstanding(): boolean {
    return !this.#flights.isEmpty;
  }

  get windowBytes(): number {
    return this.#window.bytes;
  }

  get flightBytes(): number {
    return this.#flights.bytes;
  }

  /** Given to `send` and not yet acknowledged or given up. */
  bufferedBytes(stream: number): number {
    return this.#buffered.get(stream) ?? 0;
  }

  get totalBufferedBytes(): number {
    let total = 0;
    for (const bytes of this.#buffered.values()) total += bytes;
    return total;
  }

  /** Streams whose buffer has become smaller since the last call. */
  takeDrained(): readonly number[] {
    if (this.#drained.size === 0) return [];
    const drained = [...this.#drained];
    this.#drained = new Set();
    return drained;
  }

  send(now: Millis, message: MessageToSend): void {
    const outgoing = new OutgoingMessage(now, message);
    this.#buffered.set(message.stream, this.bufferedBytes(message.stream) + message.payload.length);
    this.scheduler.add(outgoing);
  }

  /** RFC 9260 §6.2.1. `false` when it makes no sense or is old. */
  handleSack(now: Millis, sack: Sack): boolean {
    const wasFull = this.#flights.bytes + this.#maxFragmentBytes > this.#window.bytes;
    const before = this.#flights.bytes;
    const smoothedMs = this.rto.smoothedMs ?? 0;
    const reorderingMs = Math.max(MIN_REORDERING_MS, smoothedMs * REORDERING_FRACTION);
    const outcome = this.#flights.handleSack(now, sack, reorderingMs);
    if (!outcome) return false;
    this.#noteFreed();
    if (outcome.roundTripMs !== undefined) this.rto.measure(outcome.roundTripMs);
    if (outcome.ackedBytes > 0) this.errors = 0;
    if (this.#recoverTsn !== undefined && !serialLess(this.#flights.cumulative, this.#recoverTsn)) {
      this.#recoverTsn = undefined;
    }
    if (outcome.advanced) {
      this.#window.acknowledge(outcome.ackedBytes, wasFull || before >= this.#window.bytes, this.#inRecovery);
    }
    if (outcome.newlyLost > 0 && !this.#inRecovery) {
      // §7.2.4: once for each window.
      this.#window.reduce();
      this.#recoverTsn = this.#flights.lastTsn;
      this.#fastRetransmit = true;
    }
    this.#peerWindowBytes = Math.max(0, sack.receiveWindowBytes - this.#flights.bytes);
    this.#giveUpHopeless(now);
    if (this.#flights.isEmpty) {
      this.#resendAt = NEVER;
      this.#window.rest();
    } else if (outcome.advanced) this.#resendAt = now + this.rto.ms; // §6.3.2 R3
    this.#considerForwarding(now);
    return true;
  }

  /** Writes as much as may leave into one packet. */
  fill(now: Millis, writer: PacketWriter): void {
    this.#giveUpExpired(now);
    this.#writeForward(writer);
    this.#writeLost(now, writer);
    if (!this.#flights.hasLost) this.#writeFresh(now, writer);
    if (!this.#flights.isEmpty && this.#resendAt === NEVER) this.#resendAt = now + this.rto.ms; // §6.3.2 R1
  }

  /** Whether `fill` would write something into an empty packet. */
  get hasWork(): boolean {
    if (this.#forwardDue) return true;
    if (this.#flights.hasLost) return this.#fastRetransmit || this.#mayLaunch(this.#maxFragmentBytes);
    return this.scheduler.next() !== undefined && this.#mayStartFresh();
  }

  nextTimeout(): Millis {
    return Math.min(this.#resendAt, this.#partialReliability ? this.scheduler.earliestExpiry : NEVER);
  }

  /** RFC 9260 §6.3.3. Whether the resend timer has fired. */
  handleTimeout(now: Millis): boolean {
    this.#giveUpExpired(now);
    if (this.#resendAt > now) return false;
    this.#resendAt = NEVER;
    if (this.#flights.isEmpty) return false;
    this.errors += 1;
    this.#window.collapse();
    this.rto.backOff();
    this.#flights.loseAll();
    this.#recoverTsn = undefined;
    this.#fastRetransmit = true;
    this.#giveUpHopeless(now);
    this.#considerForwarding(now);
    this.#resendAt = now + this.rto.ms;
    return true;
  }

  get #fieldsBytes(): number {
    return CHUNK_HEADER_BYTES + (this.#interleaved ? I_DATA_FIELDS_BYTES : DATA_FIELDS_BYTES);
  }

  get #inRecovery(): boolean {
    return this.#recoverTsn !== undefined;
  }

  #mayLaunch(bytes: number): boolean {
    return this.#flights.bytes === 0 || this.#flights.bytes + bytes <= this.#window.bytes;
  }

  /** §6.1 A, B: the peer's window, of which one packet may always probe, and the congestion window. */
  #mayStartFresh(): boolean {
    if (this.#flights.bytes > 0 && this.#peerWindowBytes === 0) return false;
    return this.#flights.bytes < this.#window.bytes;
  }

  #writeLost(now: Millis, writer: PacketWriter): void {
    for (let flight = this.#flights.firstLost(); flight; flight = this.#flights.firstLost()) {
      if (!writer.fits(this.#fieldsBytes - CHUNK_HEADER_BYTES + flight.payload.length)) return;
      if (!this.#fastRetransmit && !this.#mayLaunch(flight.payload.length)) return;
      this.#flights.relaunch(now, flight);
      this.#writeFlight(writer, flight);
      this.#resendAt = Math.min(this.#resendAt, now + this.rto.ms);
    }
    this.#fastRetransmit = false;
  }

  #writeFresh(now: Millis, writer: PacketWriter): void {
    for (;;) {
      const message = this.scheduler.next();
      if (!message || !this.#mayStartFresh()) return;
      const rest = message.payload.length - message.cutBytes;
      const room = (writer.roomBytes - this.#fieldsBytes) & ~3;
      if (room < Math.min(rest, MIN_FRAGMENT_BYTES)) return;
      const from = message.cutBytes;
      const bytes = Math.min(rest, room, this.#maxFragmentBytes);
      const place = { begin: from === 0, end: bytes === rest, fragment: message.fragments };
      this.scheduler.cut(message, bytes);
      const flight = this.#flights.launch(now, message, message.payload.subarray(from, from + bytes), place);
      this.#peerWindowBytes = Math.max(0, this.#peerWindowBytes - bytes);
      this.#writeFlight(writer, flight);
    }
  }

  #writeFlight(writer: PacketWriter, flight: Flight): void {
    const { message } = flight;
    const { stream, unordered, messageId, ppid } = message;
    const { tsn, begin, end, fragment, payload } = flight;
    // RFC 7053 §4: what ends a burst asks for its acknowledgement at once.
    const immediate = end && this.scheduler.isEmpty;
    writeDataFragment(
      writer,
      { tsn, stream, unordered, begin, end, immediate, messageId, ppid, fragment, payload },
      this.#interleaved,
    );
  }

  #giveUpExpired(now: Millis): void {
    if (!this.#partialReliability) return;
    for (const message of this.scheduler.takeExpired(now)) this.#release(message, message.payload.length);
  }

  #giveUpHopeless(now: Millis): void {
    if (!this.#partialReliability) return;
    for (const message of this.#flights.takeHopeless(now)) this.#abandon(message);
  }

  #abandon(message: OutgoingMessage): void {
    if (message.started && !message.isCut) {
      // RFC 3758 §3.5 A3: the fragments that have not left take no TSN, but the peer must see an end of the message.
      this.scheduler.drop(message);
    }
    this.#flights.abandon(message);
    this.#release(message, message.openBytes);
  }

  #considerForwarding(now: Millis): void {
    if (!this.#partialReliability || !this.#flights.forwardPoint()) return;
    this.#forwardDue = true;
    if (this.#resendAt === NEVER) this.#resendAt = now + this.rto.ms;
  }

  #writeForward(writer: PacketWriter): void {
    if (!this.#forwardDue) return;
    const point = this.#flights.forwardPoint();
    if (!point) {
      this.#forwardDue = false;
      return;
    }
    const skipped = this.#interleaved ? point.skipped : point.skipped.filter(({ unordered }) => !unordered);
    const type = this.#interleaved ? ChunkType.I_FORWARD_TSN : ChunkType.FORWARD_TSN;
    const value = encodeForwardTsn({ cumulativeTsn: point.cumulativeTsn, skipped }, this.#interleaved);
    if (!writer.fits(value.length)) return;
    writer.chunk(type, 0, value);
    this.#forwardDue = false;
  }

  #release(message: OutgoingMessage, bytes: number): void {
    if (bytes === 0) return;
    this.#setBuffered(message.stream, this.bufferedBytes(message.stream) - bytes);
  }

  #setBuffered(stream: number, bytes: number): void {
    if (bytes > 0) this.#buffered.set(stream, bytes);
    else this.#buffered.delete(stream);
    this.#drained.add(stream);
  }

  /** Bytes that the last SACK acknowledged for good leave their stream's buffer. */
  #noteFreed(): void {
    for (const [stream, bytes] of this.#flights.takeFreed()) {
      this.#setBuffered(stream, this.bufferedBytes(stream) - bytes);
    }
  }
}
