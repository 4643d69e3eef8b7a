/**
 * What a data channel is behind its surface: its slots, what waits to be sent, and when which event is fired. Owns no
 * transport: what it sends goes to a `ChannelPort`. webrtc.html §6.2.
 */
import type { ChannelFacts } from '../datachannel/index.ts';
import { DEFAULT_PEER_LIMITS, type TransportError } from '../peer/index.ts';
import { domException, rtcErrorOf } from './errors.ts';
import { RTCErrorEvent } from './events/error-event.ts';
import type { RTCError } from './rtc-error.ts';

export type RTCDataChannelState = 'connecting' | 'open' | 'closing' | 'closed';
export type BinaryType = 'arraybuffer' | 'blob';

/** webrtc.html §6.1 [[MaxBufferSize]]: who writes on while so much waits is refused. */
const { maxBufferedBytes: MAX_BUFFERED_BYTES } = DEFAULT_PEER_LIMITS;

/** The session, as one channel sees it. */
export interface ChannelPort {
  /** `bytes` are given away. Throws as a script shall see it. */
  /** Drops what the other side has closed the channel for: the event that says so is on its way. */
  send(kind: 'text' | 'binary', bytes: Uint8Array): void;
  /** Lets what was sent go first. */
  close(): void;
  /** Sent and not handed to the network. */
  bufferedBytes(): number;
  /** Number of the stream, once there is one. */
  stream(): number | undefined;
  maxMessageBytes(): number;
}

interface Waiting {
  readonly kind: 'text' | 'binary';
  readonly byteLength: number;
  /** `undefined` while a Blob is being read. */
  bytes: Uint8Array | undefined;
}

const DECODER = new TextDecoder('utf-8', { ignoreBOM: true });

export class DataChannelState {
  readonly facts: ChannelFacts;
  readyState: RTCDataChannelState = 'connecting';
  bufferedAmount = 0;
  bufferedAmountLowThreshold = 0;
  binaryType: BinaryType = 'arraybuffer';
  readonly #port: ChannelPort;
  #target: EventTarget | undefined;
  /** Behind a Blob that is being read, in the order of `send`. Bounded as `bufferedAmount` is: the port refuses what is too much. */
  readonly #waiting: Waiting[] = [];
  #waitingBytes = 0;
  #closeBehindWaiting = false;
  #id: number | undefined;

  constructor(facts: ChannelFacts, port: ChannelPort) {
    this.facts = facts;
    this.#port = port;
  }

  /** Where events are fired from then on. */
  fireAt(target: EventTarget): void {
    this.#target = target;
  }

  get id(): number | null {
    this.#id ??= this.#port.stream();
    return this.#id ?? null;
  }

  /** `bytes` are given away. */
  send(kind: 'text' | 'binary', bytes: Uint8Array): void {
    this.#admit(bytes.byteLength);
    if (this.#waiting.length > 0) this.#wait({ kind, byteLength: bytes.byteLength, bytes });
    else this.#port.send(kind, bytes);
    this.bufferedAmount += bytes.byteLength;
  }

  sendBlob(blob: Blob): void {
    this.#admit(blob.size);
    const entry: Waiting = { kind: 'binary', byteLength: blob.size, bytes: undefined };
    this.#wait(entry);
    this.bufferedAmount += blob.size;
    blob.arrayBuffer().then(
      (buffer) => {
        entry.bytes = new Uint8Array(buffer);
        this.#flush();
      },
      (cause: unknown) => this.#fail(`A Blob could not be read: ${String(cause)}.`),
    );
  }

  /** webrtc.html §6.2, `close()`. */
  close(): void {
    if (this.readyState === 'closing' || this.readyState === 'closed') return;
    this.readyState = 'closing';
    if (this.#waiting.length > 0) this.#closeBehindWaiting = true;
    else this.#port.close();
  }

  /** webrtc.html §6.2.2 step 8: a channel of the other side is open before anyone has heard of it. */
  markOpen(): void {
    if (this.readyState === 'connecting') this.readyState = 'open';
  }

  announceOpen(): void {
    if (this.readyState === 'closing' || this.readyState === 'closed') return;
    this.readyState = 'open';
    this.#fire(new Event('open'));
  }

  /** The other side closes it. */
  announceClosing(): void {
    if (this.readyState === 'closing' || this.readyState === 'closed') return;
    this.readyState = 'closing';
    this.#fire(new Event('closing'));
  }

  announceClosed(error: TransportError | undefined): void {
    if (this.readyState === 'closed') return;
    this.#id ??= this.#port.stream();
    this.readyState = 'closed';
    this.#forget();
    if (error) this.#fire(new RTCErrorEvent('error', { error: rtcErrorOf(error) }));
    this.#fire(new Event('close'));
  }

  /** The connection was closed: no event tells of it. */
  closeAbruptly(): void {
    this.#id ??= this.#port.stream();
    this.readyState = 'closed';
    this.#forget();
  }

  /** `bytes` are given away. */
  receive(kind: 'text' | 'binary', bytes: Uint8Array): void {
    if (this.readyState !== 'open') return;
    this.#fire(new MessageEvent('message', { data: this.#dataOf(kind, bytes) }));
  }

  /** Some of what waited has gone to the network. */
  handleDrained(): void {
    const before = this.bufferedAmount;
    const after = this.#port.bufferedBytes() + this.#waitingBytes;
    if (after >= before) return;
    this.bufferedAmount = after;
    const threshold = this.bufferedAmountLowThreshold;
    if (before > threshold && after <= threshold) this.#fire(new Event('bufferedamountlow'));
  }

  /** webrtc.html §6.2, `send()`: what is wrong with sending so much. */
  #admit(byteLength: number): void {
    if (this.readyState !== 'open') {
      throw domException(
        'InvalidStateError',
        this.readyState === 'connecting'
          ? 'The data channel is connecting, not open: wait for its open event.'
          : `The data channel is ${this.readyState}, and takes nothing more: create another.`,
      );
    }
    const most = this.#port.maxMessageBytes();
    if (byteLength > most) {
      throw new TypeError(`A message of ${byteLength} bytes is too long: the other side takes ${most}.`);
    }
    if (this.bufferedAmount + byteLength > MAX_BUFFERED_BYTES) {
      const message = `${this.bufferedAmount} bytes wait already: wait for bufferedamountlow.`;
      throw domException('OperationError', message);
    }
  }

  #wait(entry: Waiting): void {
    this.#waiting.push(entry);
    this.#waitingBytes += entry.byteLength;
  }

  /** Sends what is ready, as far as it is in order. */
  #flush(): void {
    for (let next = this.#waiting[0]; next?.bytes; next = this.#waiting[0]) {
      this.#waiting.shift();
      this.#waitingBytes -= next.byteLength;
      try {
        this.#port.send(next.kind, next.bytes);
      } catch (cause) {
        this.#fail(`What waited behind a Blob could not be sent: ${String(cause)}.`);
        return;
      }
    }
    if (this.#waiting.length === 0 && this.#closeBehindWaiting) this.#port.close();
  }

  /** Nobody waits for an answer: the channel cannot keep its order, so it ends. */
  #fail(message: string): void {
    if (this.readyState === 'closed') return;
    this.#forget();
    const error: RTCError = rtcErrorOf({
      detail: 'data-channel-failure',
      message,
      code: '',
      sctpCauseCode: undefined,
      receivedAlert: undefined,
      sentAlert: undefined,
    });
    this.#fire(new RTCErrorEvent('error', { error }));
    this.readyState = 'closing';
    this.#port.close();
  }

  #forget(): void {
    this.#waiting.length = 0;
    this.#waitingBytes = 0;
    this.#closeBehindWaiting = false;
  }

  #dataOf(kind: 'text' | 'binary', bytes: Uint8Array): string | ArrayBuffer | Blob {
    if (kind === 'text') return DECODER.decode(bytes);
    const buffer = wholeBuffer(bytes);
    return this.binaryType === 'blob' ? new Blob([buffer]) : buffer;
  }

  #fire(event: Event): void {
    this.#target?.dispatchEvent(event);
  }
}

/** The bytes as a buffer of their own; no copy where they are one already. */
function wholeBuffer(bytes: Uint8Array): ArrayBuffer {
  const { buffer, byteOffset, byteLength } = bytes;
  if (buffer instanceof ArrayBuffer && byteOffset === 0 && byteLength === buffer.byteLength) return buffer;
  return bytes.slice().buffer as ArrayBuffer;
}
