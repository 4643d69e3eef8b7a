/**
 * A file that is read or written from front to back, with the SHA-256 of all of it. Begun in the middle, the hash of what is
 * before is made meanwhile, from the disk: nobody waits for it before the end.
 */
import { createHash, type Hash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';

const PIECE_BYTES = 2 ** 20;

export class HashedFile {
  readonly #handle: FileHandle;
  #hash: Hash = createHash('sha256');
  /** What the hash has seen: all before `at`, or less while it follows. */
  #hashed = 0;
  #at = 0;
  #following: Promise<void> | undefined;
  #closed = false;

  /** Owns the handle from now on. */
  constructor(handle: FileHandle) {
    this.#handle = handle;
  }

  /** Where the next `read` or `append` goes. */
  get at(): number {
    return this.#at;
  }

  /** There it goes on. */
  jump(offset: number): void {
    if (offset < this.#hashed) this.#forgetHash();
    this.#at = offset;
    this.#follow();
  }

  /** The next bytes: fewer only where the file ends. */
  async read(length: number): Promise<Uint8Array> {
    const bytes = await this.#bytesAt(this.#at, length);
    this.#passed(bytes);
    return bytes;
  }

  async append(bytes: Uint8Array): Promise<void> {
    let done = 0;
    while (done < bytes.length) {
      const { bytesWritten } = await this.#handle.write(bytes, done, bytes.length - done, this.#at + done);
      done += bytesWritten;
    }
    this.#passed(bytes);
  }

  /** Forgets and cuts off everything. */
  async clear(): Promise<void> {
    this.#at = 0;
    await this.#following;
    await this.#handle.truncate(0);
    this.#forgetHash();
  }

  /** Of everything before `at`, as 64 hexadecimal digits. Rejects when the file is shorter than that. */
  async digest(): Promise<string> {
    while (this.#hashed < this.#at) {
      const before = this.#hashed;
      this.#follow();
      await this.#following;
      if (this.#hashed === before) throw new Error('the file is shorter than it was');
    }
    return this.#hash.copy().digest('hex');
  }

  /** On disk, whatever happens to the machine. */
  async sync(): Promise<void> {
    await this.#handle.sync();
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#following;
    await this.#handle.close();
  }

  #passed(bytes: Uint8Array): void {
    if (this.#hashed === this.#at) {
      this.#hash.update(bytes);
      this.#hashed += bytes.length;
    }
    this.#at += bytes.length;
  }

  #forgetHash(): void {
    this.#hash = createHash('sha256');
    this.#hashed = 0;
  }

  #follow(): void {
    this.#following ??= this.#catchUp().finally(() => {
      this.#following = undefined;
    });
  }

  /** Never rejects: what cannot be read is noticed by `digest`. */
  async #catchUp(): Promise<void> {
    while (this.#hashed < this.#at && !this.#closed) {
      const hash = this.#hash;
      const from = this.#hashed;
      const bytes = await this.#bytesAt(from, Math.min(PIECE_BYTES, this.#at - from)).catch(
        () => new Uint8Array(0),
      );
      if (bytes.length === 0) return;
      // It may have been begun anew meanwhile.
      if (hash !== this.#hash || from !== this.#hashed) continue;
      hash.update(bytes);
      this.#hashed += bytes.length;
    }
  }

  async #bytesAt(offset: number, length: number): Promise<Uint8Array> {
    const bytes = Buffer.allocUnsafe(length);
    let got = 0;
    while (got < length) {
      const { bytesRead } = await this.#handle.read(bytes, got, length - got, offset + got);
      if (bytesRead === 0) break;
      got += bytesRead;
    }
    return bytes.subarray(0, got);
  }
}
