/**
 * One end of a TCP connection: handshake, acknowledgements, repetition, two-sided ending. Bytes arrive in order or the
 * connection ends. Its window is fixed: congestion control is left out, since links here are lossy by order and not
 * by crowding. RFC 9293, RFC 6298.
 */
import {
  type ByteStream,
  concatBytes,
  type Settled,
  type SocketAddress,
  StackError,
  type StreamHandlers,
} from '../base/index.ts';
import type { Packet, TcpFlags, TcpPacket } from './packet.ts';
import type { Scheduled } from './schedule.ts';
import { TcpInbox } from './tcp-inbox.ts';
import { TcpOutbox } from './tcp-outbox.ts';
import type { World } from './world.ts';

export interface TcpSurroundings {
  readonly send: (packet: Packet) => void;
  readonly onGone: () => void;
}

/** 1220 = 1280, the least that IPv6 links carry, − 40 − 20. */
const MAX_SEGMENT_BYTES = 1220;
const WINDOW_BYTES = 65_535;
/** Doubling from 200 ms, the ninth silence ends it after 102 s; RFC 9293 §3.8.3 asks for at least 100. */
const MAX_SENDS = 9;

const NOTHING = new Uint8Array(0);
const DEAF: StreamHandlers = { onBytes() {}, onClosed() {} };

type State =
  | { readonly kind: 'syn-sent'; readonly done: Settled<ByteStream> }
  | { readonly kind: 'syn-received'; readonly onStream: (stream: ByteStream) => void }
  | { readonly kind: 'open' }
  | { readonly kind: 'gone' };

export class TcpConnection implements ByteStream {
  readonly local: SocketAddress;
  readonly remote: SocketAddress;
  readonly #world: World;
  readonly #around: TcpSurroundings;
  readonly #outbox: TcpOutbox;
  readonly #inbox = new TcpInbox(WINDOW_BYTES);
  #state: State = { kind: 'gone' };
  #handlers = DEAF;
  #waiting: Uint8Array[] = [];
  #waitingBytes = 0;
  #ending = false;
  #endSent = false;
  #flushing = false;
  #timer: Scheduled | undefined;

  constructor(
    world: World,
    local: SocketAddress,
    remote: SocketAddress,
    firstSequence: number,
    around: TcpSurroundings,
  ) {
    this.local = local;
    this.remote = remote;
    this.#world = world;
    this.#around = around;
    this.#outbox = new TcpOutbox(firstSequence);
  }

  get waitingBytes(): number {
    return this.#waitingBytes;
  }

  /** Actively, from this side. */
  open(done: Settled<ByteStream>): void {
    this.#state = { kind: 'syn-sent', done };
    this.#sendNew(NOTHING, { syn: true });
  }

  /** Passively: `syn` came for a listener. */
  accept(syn: TcpPacket, onStream: (stream: ByteStream) => void): void {
    this.#state = { kind: 'syn-received', onStream };
    this.#inbox.begin(syn.sequence + 1);
    this.#sendNew(NOTHING, { syn: true });
  }

  listen(handlers: StreamHandlers): void {
    this.#handlers = handlers;
  }

  write(bytes: Uint8Array): void {
    if (this.#ending || this.#state.kind === 'gone' || bytes.length === 0) return;
    this.#waiting.push(bytes);
    this.#waitingBytes += bytes.length;
    this.#flushSoon();
  }

  end(): void {
    if (this.#ending || this.#state.kind === 'gone') return;
    this.#ending = true;
    this.#flushSoon();
  }

  abort(): void {
    if (this.#state.kind === 'gone') return;
    this.#emit(NOTHING, { rst: true, ack: true }, this.#outbox.nextSequence);
    this.#leave();
    this.#world.after(0, () => this.#handlers.onClosed());
  }

  receive(packet: TcpPacket): void {
    if (packet.flags.rst) {
      this.#fail('CONNECTION_REFUSED', 'refused the connection');
      return;
    }
    if (packet.flags.ack) this.#acknowledge(packet);
    if (this.#state.kind === 'syn-sent') this.#greet(packet, this.#state.done);
    else if (this.#state.kind === 'syn-received' && this.#outbox.unacknowledged === 0) {
      const { onStream } = this.#state;
      this.#state = { kind: 'open' };
      onStream(this);
    }
    if (packet.payload.length > 0 || packet.flags.fin || packet.flags.syn) this.#take(packet);
    this.#flush();
    this.#perhapsGone();
  }

  #greet(packet: TcpPacket, done: Settled<ByteStream>): void {
    if (!packet.flags.syn || this.#outbox.unacknowledged > 0) return;
    this.#state = { kind: 'open' };
    this.#inbox.begin(packet.sequence + 1);
    done({ value: this });
  }

  #acknowledge({ acknowledged, payload, flags }: TcpPacket): void {
    const bare = payload.length === 0 && !flags.fin && !flags.syn;
    const lost = this.#outbox.acknowledge(this.#world.now, acknowledged, bare);
    if (lost) this.#resend(false);
    else this.#arm();
  }

  #take(packet: TcpPacket): void {
    if (!this.#inbox.begun) return;
    for (const { payload, flags } of this.#inbox.take(packet)) {
      if (payload.length > 0 && this.#state.kind === 'open') this.#handlers.onBytes(payload);
      if (flags.fin && this.#state.kind === 'open') this.#handlers.onEnded?.();
    }
    if (this.#state.kind !== 'gone') this.#emit(NOTHING, { ack: true }, this.#outbox.nextSequence);
  }

  /** What is written in one turn leaves together. */
  #flushSoon(): void {
    if (this.#flushing) return;
    this.#flushing = true;
    this.#world.after(0, () => {
      this.#flushing = false;
      this.#flush();
    });
  }

  #flush(): void {
    if (this.#state.kind !== 'open') return;
    const hadBytes = this.#waitingBytes > 0;
    while (this.#waitingBytes > 0 && this.#outbox.bytesInFlight < WINDOW_BYTES) {
      this.#sendNew(this.#nextPayload(), {});
    }
    if (this.#ending && !this.#endSent && this.#waitingBytes === 0) {
      this.#endSent = true;
      this.#sendNew(NOTHING, { fin: true });
    }
    if (hadBytes && this.#waitingBytes === 0) this.#handlers.onDrained?.();
  }

  #nextPayload(): Uint8Array {
    const parts: Uint8Array[] = [];
    let room = Math.min(MAX_SEGMENT_BYTES, WINDOW_BYTES - this.#outbox.bytesInFlight);
    for (let first = this.#waiting[0]; first && room > 0; first = this.#waiting[0]) {
      const part = first.subarray(0, room);
      parts.push(part);
      room -= part.length;
      if (part.length === first.length) this.#waiting.shift();
      else this.#waiting[0] = first.subarray(part.length);
    }
    const payload = concatBytes(...parts);
    this.#waitingBytes -= payload.length;
    return payload;
  }

  #sendNew(payload: Uint8Array, flags: TcpFlags): void {
    const sequence = this.#outbox.add(this.#world.now, payload, flags);
    this.#emit(payload, flags, sequence);
    this.#arm();
  }

  #resend(afterSilence: boolean): void {
    const oldest = this.#outbox.repeatOldest(this.#world.now, afterSilence);
    if (!oldest) return;
    if (oldest.sends > MAX_SENDS) {
      this.#fail('CONNECTION_TIMED_OUT', 'does not answer');
      return;
    }
    this.#emit(oldest.payload, oldest.flags, oldest.sequence);
    this.#arm();
  }

  #arm(): void {
    this.#timer?.cancel();
    const at = this.#outbox.repeatAt;
    this.#timer = at === undefined ? undefined : this.#world.at(at, () => this.#resend(true));
  }

  #emit(payload: Uint8Array, flags: TcpFlags, sequence: number): void {
    this.#around.send({
      protocol: 'tcp',
      from: this.local,
      to: this.remote,
      payload: payload.slice(),
      flags: this.#inbox.begun ? { ...flags, ack: true } : flags,
      sequence,
      acknowledged: this.#inbox.expected,
    });
  }

  #perhapsGone(): void {
    if (this.#state.kind !== 'open') return;
    if (!this.#endSent || this.#outbox.unacknowledged > 0 || !this.#inbox.ended) return;
    this.#leave();
    this.#handlers.onClosed();
  }

  #fail(code: 'CONNECTION_REFUSED' | 'CONNECTION_TIMED_OUT', what: string): void {
    const state = this.#state;
    this.#leave();
    if (state.kind === 'syn-sent') {
      const { ip, port } = this.remote;
      state.done({ error: new StackError(code, `TCP port ${port} of ${ip} ${what}.`) });
    } else if (state.kind === 'open') this.#handlers.onClosed();
  }

  #leave(): void {
    this.#state = { kind: 'gone' };
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#waiting = [];
    this.#waitingBytes = 0;
    this.#around.onGone();
  }
}
