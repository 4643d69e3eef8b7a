/** Cuts a TCP stream into STUN messages and ChannelData, which is padded to four bytes there. RFC 8656 §12.5. */
const STUN_HEADER_BYTES = 20;
const CHANNEL_HEADER_BYTES = 4;

export class StreamFrames {
  #rest = Buffer.alloc(0);

  /** Calls `onFrame` with each whole frame, which is borrowed. */
  push(chunk: Buffer, onFrame: (frame: Buffer) => void): void {
    const bytes = this.#rest.length > 0 ? Buffer.concat([this.#rest, chunk]) : chunk;
    let at = 0;
    while (at + CHANNEL_HEADER_BYTES <= bytes.length) {
      const length = bytes.readUInt16BE(at + 2);
      const isChannelData = bytes.readUInt16BE(at) >> 14 === 1;
      const frameBytes = isChannelData
        ? CHANNEL_HEADER_BYTES + length + (-length & 3)
        : STUN_HEADER_BYTES + length;
      if (at + frameBytes > bytes.length) break;
      onFrame(bytes.subarray(at, at + frameBytes));
      at += frameBytes;
    }
    this.#rest = Buffer.from(bytes.subarray(at));
  }
}
