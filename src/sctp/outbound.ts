/**
 * The sending half of an association: what may leave now, what has to leave again, when to stop waiting for an
 * acknowledgement. Writes DATA and FORWARD-TSN into packets that others send. RFC 9260 §6.1, §6.3, §7.2; RFC 3758 §3.5;
 * RFC 8985.
 */
import { type Millis, NEVER, serialLess } from '../base/index.ts';
import { ChunkType } from './code-points.ts';
import { CongestionWindow } from './congestion.ts';
import { DATA_FIELDS_BYTES, I_DATA_FIELDS_BYTES, writeDataFragment } from './data-chunk.ts';
import { Flights, MAX_FLIGHTS } from './flights.ts';
import { encodeForwardTsn } from './forward-tsn-chunk.ts';
import type { Extensions } from './init-chunk.ts';
import { LossDetection } from './loss-detection.ts';
import { type Flight, type MessageToSend, OutgoingMessage } from './outgoing-message.ts';
import { CHUNK_HEADER_BYTES, PACKET_HEADER_BYTES } from './packet.ts';
import type { PacketWriter } from './packet-writer.ts';
import { RetransmissionTimeout, type RtoOptions } from './rto.ts';
import type { Sack } from './sack-chunk.ts';
import { StreamScheduler } from './stream-scheduler.ts';

export interface OutboundOptions {
  /** What every path carries: no fragment is longer, so that it can leave again after the path has become narrow. */
  readonly basePacketBytes: number;
  readonly maxWindowBytes: number;
  readonly rto: RtoOptions;
}

/** Smaller fragments at a packet's end cost more than they bring. */
const MIN_FRAGMENT_BYTES = 128;

/** Bytes. */
interface Sizes {
  /** Of a fragment's chunk, before its payload. */
  readonly head: number;
  /** Of a fragment's payload, for any path. */
  readonly maxFragment: number;
  readonly basePacket: number;
  /** As much as this path carries. */
  packet: number;
}

/** When something is to be done that no packet asks for. */
interface Due {
  resend: Millis;
  /** An overtaken fragment counts as lost. RFC 8985 §6.3. */
  overtaken: Millis;
  /** Silence asks for a probe. RFC 8985 §7.2. */
  probe: Millis;
}

/** What the next packet is to bring. */
interface Owed {
  /** Lost fragments, whatever the window says: one packet of them. RFC 9260 §7.2.4 (3). */
  fastRetransmit: boolean;
  probe: boolean;
  forward: boolean;
  /** The last fragment that left asks for an acknowledgement without delay. */
  quickAnswer: boolean;
}

export class Outbound {
  readonly #extensions: Extensions;
  readonly #sizes: Sizes;
  readonly scheduler: StreamScheduler;
  readonly #flights: Flights;
  readonly #window: CongestionWindow;
  readonly #loss = new LossDetection();
  readonly rto: RetransmissionTimeout;
  #peerWindowBytes: number;
  #recoverTsn: number | undefined;
  readonly #due: Due = { resend: NEVER, overtaken: NEVER, probe: NEVER };
  readonly #owes: Owed = { fastRetransmit: false, probe: false, forward: false, quickAnswer: false };
  /** When new data left last. */
  #sentAt: Millis = Number.POSITIVE_INFINITY;
  /** Timeouts in a row without an acknowledgement. RFC 9260 §8.1. */
  errors = 0;

  constructor(initialTsn: number, peerWindowBytes: number, extensions: Extensions, options: OutboundOptions) {
    const { basePacketBytes, maxWindowBytes } = options;
    const head = CHUNK_HEADER_BYTES + (extensions.interleaving ? I_DATA_FIELDS_BYTES : DATA_FIELDS_BYTES);
    const maxFragment = (basePacketBytes - PACKET_HEADER_BYTES - head) & ~3;
    this.#extensions = extensions;
    this.#sizes = { head, maxFragment, basePacket: basePacketBytes, packet: basePacketBytes };
    this.#peerWindowBytes = peerWindowBytes;
    this.scheduler = new StreamScheduler(extensions.interleaving);
    this.#flights = new Flights(initialTsn);
    this.rto = new RetransmissionTimeout(options.rto);
    this.#window = new CongestionWindow(maxFragment, maxWindowBytes);
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

  /** Fragments on the way: neither acknowledged for good nor given up. */
  get outstanding(): number {
    return this.#flights.count;
  }

  /** What the peer can take, as far as it is known here. */
  get peerWindowBytes(): number {
    return this.#peerWindowBytes;
  }

  /** How much room a packet is worth: no more than a small one's where little waits. */
  get roomBytes(): number {
    const hasMuch = this.#flights.hasLost || this.scheduler.waitingBytes > this.#sizes.maxFragment / 2;
    return hasMuch ? this.#sizes.packet : this.#sizes.basePacket;
  }

  /** How large packets may be from here on; the window stays what it is in bytes. RFC 8899 §3. */
  usePacketBytes(packetBytes: number): void {
    this.#sizes.packet = packetBytes;
    this.#window.usePacketBytes((packetBytes - PACKET_HEADER_BYTES - this.#sizes.head) & ~3);
  }

  /**
   * Another path, or the same after an outage: what was measured no longer holds, and what nobody acknowledged for a timeout
   * and more leaves again now. RFC 9260 §7.2.1 begins anew.
   */
  forgetPath(now: Millis): void {
    this.#flights.forgetPath();
    this.#loss.forgetPath();
    this.#window.restart();
    this.rto.restart();
    if (this.#flights.isEmpty) return;
    if (this.errors > 0) this.#flights.loseAll();
    this.errors = 0;
    this.#owes.fastRetransmit = this.#flights.hasLost;
    this.#owes.probe = !this.#flights.hasLost;
    this.#due.resend = now + this.rto.ms;
  }

  send(now: Millis, message: MessageToSend): void {
    this.scheduler.add(new OutgoingMessage(now, message));
  }

  /** RFC 9260 §6.2.1. `false` when it makes no sense or is old. */
  handleSack(now: Millis, sack: Sack): boolean {
    // Also in a SACK that was overtaken.
    if (sack.duplicateCount > 0 && this.#loss.wereRepairsVain(sack.duplicateCount)) {
      this.#window.undo();
      this.#recoverTsn = undefined;
    }
    const before = this.#flights.bytes;
    const wasFull = before + this.#sizes.packet > this.#window.bytes;
    const outcome = this.#flights.handleSack(now, sack);
    if (!outcome) return false;
    if (outcome.roundTripMs !== undefined) this.rto.measure(outcome.roundTripMs);
    else if (outcome.ackedBytes > 0) this.rto.relax();
    // The peer is there. RFC 9260 §8.1 wants new data acknowledged; where every second packet is lost that is too much to ask.
    this.errors = 0;
    this.#loss.note(outcome.reordered, sack.duplicateCount);
    const { cumulative, shortestRoundTripMs } = this.#flights;
    const repaired = this.#loss.judgeProbe(now, cumulative, sack.duplicateCount, shortestRoundTripMs);
    if (repaired && !this.#inRecovery) this.#window.reduce(true);
    if (this.#recoverTsn !== undefined && !serialLess(this.#flights.cumulative, this.#recoverTsn)) {
      this.#recoverTsn = undefined;
      this.#loss.noteRecovered();
    }
    if (outcome.ackedBytes > 0 && !this.#inRecovery) {
      this.#window.acknowledge(now, outcome.ackedBytes, this.rto.smoothedMs ?? 0, wasFull);
    }
    this.#findLost(now);
    this.#peerWindowBytes = Math.max(0, sack.receiveWindowBytes - this.#flights.bytes);
    this.#giveUpHopeless(now);
    if (this.#flights.isEmpty) {
      this.#due.resend = NEVER;
      this.#due.probe = NEVER;
    } else if (outcome.advanced || outcome.ackedBytes > 0) {
      this.#due.resend = now + this.rto.ms; // §6.3.2 R3
      this.#armProbe(now);
    }
    this.#considerForwarding(now);
    return true;
  }

  /** Writes as much as may leave into one packet. */
  fill(now: Millis, writer: PacketWriter): void {
    if (this.#extensions.partialReliability) this.scheduler.dropExpired(now);
    if (this.#owes.forward) this.#writeForward(writer);
    const before = this.#flights.lastTsn;
    if (this.#flights.hasLost) this.#writeLost(now, writer);
    if (!this.#flights.hasLost) this.#writeFresh(now, writer);
    // RFC 8985 §7.3: new data is a probe, too.
    if (this.#flights.lastTsn !== before) this.#armProbe(now);
    else if (this.#owes.probe) this.#writeProbe(now, writer);
    this.#owes.probe = false;
    if (this.#due.resend === NEVER && !this.#flights.isEmpty) this.#due.resend = now + this.rto.ms; // §6.3.2 R1
  }

  /** Whether `fill` would write something into an empty packet. */
  get hasWork(): boolean {
    if (this.#owes.forward || this.#owes.probe) return true;
    if (this.#flights.hasLost) return this.#owes.fastRetransmit || this.#mayLaunch(this.#sizes.maxFragment);
    return !this.scheduler.isEmpty && this.#mayStartFresh && this.scheduler.next() !== undefined;
  }

  nextTimeout(): Millis {
    const expiry = this.#extensions.partialReliability ? this.scheduler.earliestExpiry : NEVER;
    return Math.min(this.#due.resend, this.#due.overtaken, this.#due.probe, expiry);
  }

  /** Whether the resend timer has fired: RFC 9260 §6.3.3. */
  handleTimeout(now: Millis): boolean {
    if (this.#extensions.partialReliability) this.scheduler.dropExpired(now);
    if (this.#due.overtaken <= now) {
      this.#findLost(now);
      this.#giveUpHopeless(now);
      this.#considerForwarding(now);
    }
    if (this.#due.probe <= now) {
      this.#due.probe = NEVER;
      this.#owes.probe = !this.#flights.isEmpty && !this.#flights.hasLost;
    }
    if (this.#due.resend > now) return false;
    this.#due.resend = NEVER;
    if (this.#flights.isEmpty) return false;
    this.errors += 1;
    this.#window.collapse(this.#loss.beginRepairs(now, this.rto.smoothedMs ?? 0));
    this.rto.backOff();
    this.#flights.loseAll();
    this.#loss.endProbe();
    this.#due.overtaken = NEVER;
    this.#due.probe = NEVER;
    this.#owes.probe = false;
    this.#recoverTsn = undefined;
    this.#owes.fastRetransmit = true;
    this.#giveUpHopeless(now);
    this.#considerForwarding(now);
    this.#due.resend = now + this.rto.ms;
    return true;
  }

  get #inRecovery(): boolean {
    return this.#recoverTsn !== undefined;
  }

  #mayLaunch(bytes: number): boolean {
    return this.#flights.bytes === 0 || this.#flights.bytes + bytes <= this.#window.bytes;
  }

  /** §6.1 A, B: the peer's window, of which one packet may always probe, and the congestion window. */
  get #mayStartFresh(): boolean {
    const { bytes, count } = this.#flights;
    if (bytes > 0 && this.#peerWindowBytes === 0) return false;
    return bytes < this.#window.bytes && count < MAX_FLIGHTS;
  }

  #writeLost(now: Millis, writer: PacketWriter): void {
    for (let flight = this.#flights.firstLost(); flight; flight = this.#flights.firstLost()) {
      if (!writer.fits(this.#sizes.head - CHUNK_HEADER_BYTES + flight.length)) break;
      if (!this.#owes.fastRetransmit && !this.#mayLaunch(flight.length)) return;
      this.#flights.relaunch(now, flight);
      this.#loss.noteRepair();
      this.#writeFlight(writer, flight, true);
      this.#due.resend = Math.min(this.#due.resend, now + this.rto.ms);
    }
    this.#owes.fastRetransmit = false;
  }

  #writeFresh(now: Millis, writer: PacketWriter): void {
    while (this.#mayStartFresh) {
      const message = this.scheduler.next();
      if (!message) return;
      const rest = message.payload.length - message.cutBytes;
      const room = (writer.roomBytes - this.#sizes.head) & ~3;
      if (room < Math.min(rest, MIN_FRAGMENT_BYTES)) return;
      this.#writeFragment(now, writer, message, Math.min(rest, room, this.#sizes.maxFragment));
    }
  }

  #writeFragment(now: Millis, writer: PacketWriter, message: OutgoingMessage, length: number): void {
    if (this.#flights.isEmpty) this.#window.rest(now - this.#sentAt, this.rto.ms);
    this.#sentAt = now;
    const from = message.cutBytes;
    const end = from + length === message.payload.length;
    const place = { from, length, begin: from === 0, end, fragment: message.fragments };
    this.scheduler.cut(message, length);
    const flight = this.#flights.launch(now, message, place);
    this.#peerWindowBytes = Math.max(0, this.#peerWindowBytes - length);
    // RFC 7053 §4: who may send no more until it hears something, or has no more, asks to hear it at once. A message in a
    // packet of its own waits for the answer that may come with it.
    const isTail = end && this.scheduler.isEmpty && this.#flights.bytes > this.#sizes.packet;
    this.#writeFlight(writer, flight, isTail || !this.#mayStartFresh);
  }

  #writeFlight(writer: PacketWriter, flight: Flight, immediate: boolean): void {
    this.#owes.quickAnswer = immediate;
    writeDataFragment(writer, flight, immediate, this.#extensions.interleaving);
  }

  /** RFC 8985 §7.3: the last fragment again. */
  #writeProbe(now: Millis, writer: PacketWriter): void {
    if (this.#flights.isEmpty || this.#flights.hasLost) return;
    this.#loss.beginProbe(now, this.#flights.lastTsn);
    this.#due.resend = now + this.rto.ms;
    const flight = this.#flights.lastOpen();
    if (!flight || !writer.fits(this.#sizes.head - CHUNK_HEADER_BYTES + flight.length)) return;
    this.#flights.relaunch(now, flight);
    this.#writeFlight(writer, flight, true);
  }

  /** RFC 8985 §7.2. */
  #armProbe(now: Millis): void {
    if (this.#loss.isProbing || this.#inRecovery || this.#flights.hasLost) {
      this.#due.probe = NEVER;
      return;
    }
    const mayBeDelayed = !this.#owes.quickAnswer && this.#flights.bytes <= this.#sizes.packet;
    this.#due.probe = now + this.#loss.probeAfterMs(this.rto.smoothedMs, mayBeDelayed, this.rto.ms);
    // The resend timer does the same, and more.
    if (this.#due.probe >= this.#due.resend) this.#due.probe = NEVER;
  }

  #findLost(now: Millis): void {
    this.#due.overtaken = NEVER;
    const { gapBytes, shortestRoundTripMs } = this.#flights;
    if (gapBytes === 0) return;
    const reorderingMs = this.#loss.reorderingMs(
      shortestRoundTripMs,
      this.rto.smoothedMs ?? 0,
      gapBytes,
      this.#sizes.packet,
      this.#inRecovery,
    );
    const { lost, nextAt } = this.#flights.findLost(now, reorderingMs);
    this.#due.overtaken = nextAt;
    if (lost === 0) return;
    this.#due.probe = NEVER;
    if (this.#inRecovery) return;
    // §7.2.4: once for each window.
    this.#window.reduce(this.#loss.beginRepairs(now, this.rto.smoothedMs ?? 0));
    this.#recoverTsn = this.#flights.lastTsn;
    this.#owes.fastRetransmit = true;
  }

  #giveUpHopeless(now: Millis): void {
    if (!this.#extensions.partialReliability) return;
    for (const message of this.#flights.takeHopeless(now)) {
      // RFC 3758 §3.5 A3: what has not left takes no TSN; the peer is told to go on behind what has.
      if (message.started && !message.isCut) this.scheduler.drop(message);
      this.#flights.abandon(message);
    }
  }

  #considerForwarding(now: Millis): void {
    if (!this.#extensions.partialReliability || !this.#flights.forwardPoint()) return;
    this.#owes.forward = true;
    if (this.#due.resend === NEVER) this.#due.resend = now + this.rto.ms;
  }

  #writeForward(writer: PacketWriter): void {
    const point = this.#flights.forwardPoint();
    if (!point) {
      this.#owes.forward = false;
      return;
    }
    const skipped = this.#extensions.interleaving
      ? point.skipped
      : point.skipped.filter(({ unordered }) => !unordered);
    const type = this.#extensions.interleaving ? ChunkType.I_FORWARD_TSN : ChunkType.FORWARD_TSN;
    const value = encodeForwardTsn(
      { cumulativeTsn: point.cumulativeTsn, skipped },
      this.#extensions.interleaving,
    );
    if (!writer.fits(value.length)) return;
    writer.chunk(type, 0, value);
    this.#owes.forward = false;
  }
}
