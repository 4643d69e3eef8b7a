/**
 * Cuts a TCP or TLS byte stream into STUN messages and TURN's ChannelData. Reads lengths, not contents.
 * RFC 8489 §6.2.2, RFC 8656 §12.5.
 */
import { type FramingFault, frameLength } from './frame-length.ts';

/** 65,556 = 20 header + 65,535 length, rounded up to a multiple of four: what the length field allows. */
const MAX_FRAME_BYTES = 65_556;

export class StreamFramer {
  readonly #maxFrameBytes: number;
  #buffer = new Uint8Array(2048);
  #start = 0;
  #end = 0;
  #fault: FramingFault | undefined;

  /** `maxFrameBytes` bounds what a peer can make us hold while it feeds one frame slowly. */
  constructor(maxFrameBytes = MAX_FRAME_BYTES) {
    this.#maxFrameBytes = maxFrameBytes;
  }

  /** Set once the bytes are no STUN; nothing comes out after that. */
  get fault(): FramingFault | undefined {
    return this.#fault;
  }

  /** How much of an unfinished frame is held. */
  get bufferedBytes(): number {
    return this.#end - this.#start;
  }

  /** Copies `chunk`. Call `next` until `undefined` after each push. */
  push(chunk: Uint8Array): void {
    if (this.#fault) return;
    const kept = this.#end - this.#start;
    if (kept + chunk.length > this.#buffer.length) {
      const grown = new Uint8Array(Math.max(kept + chunk.length, this.#buffer.length * 2));
      grown.set(this.#buffer.subarray(this.#start, this.#end));
      this.#buffer = grown;
    } else if (this.#start > 0) {
      this.#buffer.copyWithin(0, this.#start, this.#end);
    }
    this.#start = 0;
    this.#end = kept;
    this.#buffer.set(chunk, kept);
    this.#end += chunk.length;
  }

  /** One whole frame with its padding, as a view that is valid until the next `push`; `undefined` when none is complete. */
  next(): Uint8Array | undefined {
    if (this.#fault) return undefined;
    const frameBytes = this.#frameBytes();
    if (frameBytes === undefined || frameBytes > this.#end - this.#start) return undefined;
    const frame = this.#buffer.subarray(this.#start, this.#start + frameBytes);
    this.#start += frameBytes;
    return frame;
  }

  /** What has come and is no frame of ours: for a stream that carries something else from here on. Given; empties the framer. */
  takeRest(): Uint8Array {
    const rest = this.#buffer.slice(this.#start, this.#end);
    this.#start = 0;
    this.#end = 0;
    return rest;
  }

  /** Length of the frame that begins at `#start`; `undefined` until its header is there, or after a fault. */
  #frameBytes(): number | undefined {
    const frameBytes = frameLength(this.#buffer, this.#start, this.#end);
    if (frameBytes === 'not-stun') return this.#fail('not-stun');
    return frameBytes !== undefined && frameBytes > this.#maxFrameBytes ? this.#fail('too-long') : frameBytes;
  }

  #fail(fault: FramingFault): undefined {
    this.#fault = fault;
    this.#buffer = new Uint8Array(0);
    this.#start = 0;
    this.#end = 0;
    return undefined;
  }
}
