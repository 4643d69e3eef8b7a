/** A file that is read or written from front to back, with the SHA-256 of all of it, also when it is begun in the middle. */
import { createHash, type Hash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';

const PREFIX_PIECE_BYTES = 2 ** 20;

export class HashedFile {
  readonly #handle: FileHandle;
  #hash: Hash = createHash('sha256');
  /** What the hash has seen. */
  #at = 0;

  /** Owns the handle from now on. */
  constructor(handle: FileHandle) {
    this.#handle = handle;
  }

  /** Where the next `append` goes. */
  get at(): number {
    return this.#at;
  }

  /** Reads what is before `offset` for the hash, unless that has just been read. Stops early where the file ends. */
  async seek(offset: number): Promise<void> {
    if (offset === this.#at) return;
    this.#hash = createHash('sha256');
    this.#at = 0;
    while (this.#at < offset) {
      const piece = await this.read(Math.min(PREFIX_PIECE_BYTES, offset - this.#at));
      if (piece.length === 0) return;
    }
  }

  /** The next bytes: fewer only where the file ends. */
  async read(length: number): Promise<Uint8Array> {
    const bytes = Buffer.allocUnsafe(length);
    let got = 0;
    while (got < length) {
      const { bytesRead } = await this.#handle.read(bytes, got, length - got, this.#at + got);
      if (bytesRead === 0) break;
      got += bytesRead;
    }
    const read = bytes.subarray(0, got);
    this.#hash.update(read);
    this.#at += got;
    return read;
  }

  async append(bytes: Uint8Array): Promise<void> {
    let done = 0;
    while (done < bytes.length) {
      const { bytesWritten } = await this.#handle.write(bytes, done, bytes.length - done, this.#at + done);
      done += bytesWritten;
    }
    this.#hash.update(bytes);
    this.#at += bytes.length;
  }

  /** Forgets and cuts off everything. */
  async clear(): Promise<void> {
    await this.#handle.truncate(0);
    this.#hash = createHash('sha256');
    this.#at = 0;
  }

  /** Of everything before `at`, as 64 hexadecimal digits. */
  digest(): string {
    return this.#hash.copy().digest('hex');
  }

  /** On disk, whatever happens to the machine. */
  async sync(): Promise<void> {
    await this.#handle.sync();
  }

  close(): Promise<void> {
    return this.#handle.close();
  }
}
