/**
 * Memory that the kernel reads and writes while JavaScript looks at it through views. It stays where it is as long as
 * this object is referenced. Knows no structure. Little-endian, as all that `openKernel` accepts.
 */
import type { Kernel } from './kernel.ts';

const TWO_32 = 2 ** 32;

export class KernelMemory {
  readonly u8: Uint8Array;
  readonly u16: Uint16Array;
  readonly i32: Int32Array;
  /** Of byte 0. User space ends at 2⁴⁷ or 2⁴⁸, so a number holds it. */
  readonly address: number;
  #used = 0;

  /** `bytes`: all that will ever be taken. Pages that are never touched cost nothing. */
  constructor(kernel: Kernel, bytes: number) {
    const buffer = new ArrayBuffer((bytes + 7) & ~7);
    this.u8 = new Uint8Array(buffer);
    this.u16 = new Uint16Array(buffer);
    this.i32 = new Int32Array(buffer);
    this.address = kernel.addressOf(this.u8);
  }

  /** The offset of so many bytes that nobody else has, aligned to 8. */
  take(bytes: number): number {
    const offset = this.#used;
    this.#used += (bytes + 7) & ~7;
    if (this.#used > this.u8.length) throw new RangeError('No such memory is left for the kernel.');
    return offset;
  }

  /** A pointer (8 bytes) at `at`, to an address of any memory. */
  setPointer(at: number, address: number): void {
    this.i32[at >> 2] = address | 0;
    this.i32[(at >> 2) + 1] = Math.floor(address / TWO_32);
  }

  pointerAt(at: number): number {
    return ((this.i32[at >> 2] ?? 0) >>> 0) + (this.i32[(at >> 2) + 1] ?? 0) * TWO_32;
  }

  /** A size_t. `value` < 2³¹. */
  setSize(at: number, value: number): void {
    this.i32[at >> 2] = value;
    this.i32[(at >> 2) + 1] = 0;
  }
}
