/** A data channel as the W3C shows it. What it does stands in `DataChannelState`. webrtc.html §6.2. */
import type { ChannelPriority as RTCPriorityType } from '../datachannel/index.ts';
import type { BinaryType, DataChannelState, RTCDataChannelState } from './data-channel-state.ts';
import type { RTCErrorEvent } from './events/error-event.ts';
import { defineHandlers, type EventHandler } from './events/handlers.ts';
import { TypedTarget } from './events/typed-target.ts';
import { toDomString, toEnforced, toUsvString } from './idl/convert.ts';
import { exposeInterface, givenInside, type OnlyInside } from './idl/interface.ts';

export interface RTCDataChannelEventMap {
  open: Event;
  message: MessageEvent;
  bufferedamountlow: Event;
  error: RTCErrorEvent;
  closing: Event;
  close: Event;
}

const BINARY_TYPES: readonly BinaryType[] = ['arraybuffer', 'blob'];
const ENCODER = new TextEncoder();
const MOST_UNSIGNED_LONG = 2 ** 32 - 1;

export interface RTCDataChannelHandlers {
  onopen: EventHandler;
  onmessage: EventHandler<MessageEvent>;
  onbufferedamountlow: EventHandler;
  get onerror(): EventHandler;
  set onerror(handler: EventHandler<RTCErrorEvent>);
  onclosing: EventHandler;
  onclose: EventHandler;
}

export class RTCDataChannel extends TypedTarget<RTCDataChannelEventMap, RTCDataChannelHandlers> {
  readonly #state: DataChannelState;

  /** Scripts get theirs from `createDataChannel` and from the event `datachannel`. */
  constructor(...given: OnlyInside<DataChannelState>) {
    const state = givenInside(given);
    super();
    this.#state = state;
    state.fireAt(this);
  }

  get label(): string {
    return this.#state.facts.label;
  }

  get ordered(): boolean {
    return this.#state.facts.ordered;
  }

  /** Milliseconds. */
  get maxPacketLifeTime(): number | null {
    return this.#state.facts.maxPacketLifeTimeMs ?? null;
  }

  get maxRetransmits(): number | null {
    return this.#state.facts.maxRetransmits ?? null;
  }

  get protocol(): string {
    return this.#state.facts.protocol;
  }

  get negotiated(): boolean {
    return this.#state.facts.negotiated;
  }

  get id(): number | null {
    return this.#state.id;
  }

  /** webrtc-priority §5. */
  get priority(): RTCPriorityType {
    return this.#state.facts.priority;
  }

  get readyState(): RTCDataChannelState {
    return this.#state.readyState;
  }

  /** Bytes given to `send` that the network has not taken; goes down between tasks only. */
  get bufferedAmount(): number {
    return this.#state.bufferedAmount;
  }

  get bufferedAmountLowThreshold(): number {
    return this.#state.bufferedAmountLowThreshold;
  }

  set bufferedAmountLowThreshold(value: number) {
    const most = MOST_UNSIGNED_LONG;
    this.#state.bufferedAmountLowThreshold = toEnforced(value, most, 'bufferedAmountLowThreshold');
  }

  get binaryType(): BinaryType {
    return this.#state.binaryType;
  }

  /** Anything else is ignored, as Web IDL has it for attributes. */
  set binaryType(value: BinaryType) {
    const state = this.#state;
    const text = toDomString(value);
    state.binaryType = BINARY_TYPES.find((one) => one === text) ?? state.binaryType;
  }

  close(): void {
    this.#state.close();
  }

  /**
   * Copies what it is given. Throws an InvalidStateError unless the channel is open, a TypeError for more than
   * `sctp.maxMessageSize`, an OperationError when too much waits.
   */
  send(data: string | Blob | ArrayBuffer | ArrayBufferView): void {
    const state = this.#state;
    if (data instanceof Blob) state.sendBlob(data);
    else if (ArrayBuffer.isView(data)) state.send('binary', copyOf(data.buffer, data));
    else if (data instanceof ArrayBuffer || isForeignBuffer(data)) state.send('binary', copyOf(data, data));
    else if (data === undefined || data === null) throw new TypeError('There is nothing to send.');
    else state.send('text', ENCODER.encode(toUsvString(data)));
  }
}

defineHandlers(RTCDataChannel, 'open', 'message', 'bufferedamountlow', 'error', 'closing', 'close');
exposeInterface(RTCDataChannel);

function copyOf(
  buffer: ArrayBufferLike,
  { byteOffset = 0, byteLength }: { readonly byteOffset?: number; readonly byteLength: number },
): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength).slice();
}

/** An ArrayBuffer of another realm, as test runners and frames have them. */
function isForeignBuffer(value: unknown): value is ArrayBuffer {
  return Object.prototype.toString.call(value) === '[object ArrayBuffer]';
}
