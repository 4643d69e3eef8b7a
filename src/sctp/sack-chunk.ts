/** SACK: what has arrived, as it is read. Written by who knows it: `ReceivedTsns`. RFC 9260 §3.3.4. */
import { readU16, readU32 } from './packet.ts';

/** The fixed fields of the value. */
export const SACK_FIELDS_BYTES = 12;

/** Reads where the chunk lies: borrowed while it is handled. */
export class Sack {
  cumulativeTsn = 0;
  receiveWindowBytes = 0;
  /** Blocks of received TSNs behind the cumulative one. */
  gapCount = 0;
  /** TSNs that came more than once since the last SACK. */
  duplicateCount = 0;
  #bytes: Uint8Array = NO_BYTES;
  #gapsAt = 0;

  /** One that says nothing but this, as SHUTDOWN does. RFC 9260 §3.3.8. */
  static of(cumulativeTsn: number, receiveWindowBytes: number): Sack {
    const sack = new Sack();
    sack.cumulativeTsn = cumulativeTsn;
    sack.receiveWindowBytes = receiveWindowBytes;
    return sack;
  }

  /** A chunk's value. `false` when the counts do not fit the length, or a block is empty, out of order or overlaps. */
  read(bytes: Uint8Array, at: number, length: number): boolean {
    if (length < SACK_FIELDS_BYTES) return false;
    this.cumulativeTsn = readU32(bytes, at);
    this.receiveWindowBytes = readU32(bytes, at + 4);
    this.gapCount = readU16(bytes, at + 8);
    this.duplicateCount = readU16(bytes, at + 10);
    if (length < SACK_FIELDS_BYTES + 4 * (this.gapCount + this.duplicateCount)) return false;
    this.#bytes = bytes;
    this.#gapsAt = at + SACK_FIELDS_BYTES;
    let previousEnd = 0;
    for (let i = 0; i < this.gapCount; i++) {
      const start = this.gapStart(i);
      const end = this.gapEnd(i);
      if (start <= previousEnd || end < start) return false;
      previousEnd = end;
    }
    return true;
  }

  /** Offsets from the cumulative TSN, both inclusive; ascending. */
  gapStart(index: number): number {
    return readU16(this.#bytes, this.#gapsAt + 4 * index);
  }

  gapEnd(index: number): number {
    return readU16(this.#bytes, this.#gapsAt + 4 * index + 2);
  }

  /** The highest TSN that it names, as an offset; 0 without gaps. */
  get reach(): number {
    return this.gapCount === 0 ? 0 : this.gapEnd(this.gapCount - 1);
  }

  forget(): void {
    this.#bytes = NO_BYTES;
  }
}

const NO_BYTES = new Uint8Array(0);
