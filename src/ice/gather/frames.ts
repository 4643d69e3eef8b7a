/** Datagrams in a stream: two bytes of length before each. RFC 4571 §2, as RFC 6544 §3 uses it. */

const LENGTH_BYTES = 2;
const MAX_FRAME_BYTES = 0xffff;

/** A copy with its length before it; `undefined` where it is too long for one. */
export function encodeFrame(bytes: Uint8Array): Uint8Array | undefined {
  if (bytes.length > MAX_FRAME_BYTES) return undefined;
  const frame = new Uint8Array(LENGTH_BYTES + bytes.length);
  frame[0] = bytes.length >>> 8;
  frame[1] = bytes.length & 0xff;
  frame.set(bytes, LENGTH_BYTES);
  return frame;
}

/** Cuts a stream into frames. Holds at most one that is not whole: 64 KiB. */
export class FrameReader {
  #kept = new Uint8Array(0);

  /** Calls `take` with each whole frame: a view that is valid until it returns. Borrows `chunk`. Empty frames are left out. */
  push(chunk: Uint8Array, take: (frame: Uint8Array) => void): void {
    const bytes = this.#kept.length === 0 ? chunk : join(this.#kept, chunk);
    let at = 0;
    for (;;) {
      const left = bytes.length - at;
      if (left < LENGTH_BYTES) break;
      const length = ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
      if (left < LENGTH_BYTES + length) break;
      const frame = bytes.subarray(at + LENGTH_BYTES, at + LENGTH_BYTES + length);
      at += LENGTH_BYTES + length;
      if (length > 0) take(frame);
    }
    this.#kept = bytes.slice(at);
  }
}

function join(a: Uint8Array, b: Uint8Array): Uint8Array<ArrayBuffer> {
  const both = new Uint8Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}
