/**
 * The giving side of a file transfer on one data channel: offers to who is ready to take, and sends what is wanted from where it
 * is wanted, no faster than the channel and the other side's disk take it. Reads no file: it asks for bytes. A machine; docs/files.md.
 */
import { Queue } from '../../base/index.ts';
import {
  FILES_PROTOCOL_VERSION,
  type FromReceiver,
  type FromSender,
  type OfferedFile,
  parseFromReceiver,
  WINDOW_BYTES,
} from './messages.ts';

export type FileSenderEvent =
  /** The other side takes files: it is offered them. First. */
  | { readonly type: 'receiver' }
  /** Answer by `handleRead`. */
  | { readonly type: 'read'; readonly file: number; readonly offset: number; readonly length: number }
  /** Of the whole file, all of which has been read from the last `want` on. Answer by `handleDigest`. */
  | { readonly type: 'digest'; readonly file: number }
  /** So much of it is on the other side's disk. */
  | { readonly type: 'progress'; readonly file: number; readonly offset: number }
  | { readonly type: 'file-done'; readonly file: number }
  | { readonly type: 'done' }
  /** The other side has ended it, or says what cannot be. */
  | { readonly type: 'failed'; readonly reason: string };

export interface FileSenderOptions {
  /** 32 hexadecimal digits; the same for all channels of one transfer. */
  readonly transfer: string;
  readonly files: readonly OfferedFile[];
}

/** What every implementation of data channels takes in one message. RFC 8831 §6.6. */
const MESSAGE_BYTES = 65_536;
const READ_BYTES = 4 * MESSAGE_BYTES;
/** What the channel may hold: enough for a second of a fast line, or 100 ms of loopback. */
const SENDER_BUFFER_BYTES = 2 ** 22;

interface Run {
  readonly file: number;
  /** Of the next byte to read. */
  next: number;
  /** On the other side's disk. */
  have: number;
  reading: boolean;
  ended: boolean;
}

export class FileSender {
  readonly #transfer: string;
  readonly #files: readonly OfferedFile[];
  readonly #transmits = new Queue<string | Uint8Array>();
  readonly #events = new Queue<FileSenderEvent>();
  readonly #done = new Set<number>();
  #run: Run | undefined;
  #bufferedBytes = 0;
  #ready = false;
  #over = false;

  constructor({ transfer, files }: FileSenderOptions) {
    this.#transfer = transfer;
    this.#files = files;
  }

  /** Whether the other side has said that it takes files. */
  get hasReceiver(): boolean {
    return this.#ready;
  }

  /** Whether the other side has said of every file that it has it: what it says then may be lost. */
  get allTaken(): boolean {
    return this.#done.size === this.#files.length;
  }

  /** What the channel has not sent yet, in bytes. Best told when it has become little. */
  handleBuffered(bytes: number): void {
    this.#bufferedBytes = bytes;
    this.#pump();
  }

  handleMessage(data: string | Uint8Array): void {
    if (this.#over) return;
    const message = typeof data === 'string' ? parseFromReceiver(data) : undefined;
    if (message?.type === 'ready') this.#handleReady(message.v);
    else if (message && this.#ready) this.#handle(message);
    else this.#fail('the other side does not speak this protocol');
  }

  /** `bytes` are given; fewer than asked for mean that the file has become shorter. */
  handleRead(file: number, offset: number, bytes: Uint8Array): void {
    const run = this.#run;
    // Of a run that the receiver has ended since.
    if (this.#over || run?.file !== file || run.next !== offset || !run.reading) return;
    run.reading = false;
    const wanted = Math.min(READ_BYTES, this.#sizeOf(file) - offset);
    if (bytes.length < wanted) {
      this.abort('the file has changed while it was sent');
      return;
    }
    for (let at = 0; at < bytes.length; at += MESSAGE_BYTES) {
      this.#transmits.push(bytes.subarray(at, at + MESSAGE_BYTES));
    }
    run.next += bytes.length;
    this.#bufferedBytes += bytes.length;
    this.#pump();
  }

  /** 64 hexadecimal digits. */
  handleDigest(file: number, sha256: string): void {
    if (this.#over || this.#run?.file !== file || !this.#run.ended) return;
    this.#say({ type: 'end', file, sha256 });
  }

  /** Tells the other side why, and ends. */
  abort(reason: string): void {
    if (this.#over) return;
    if (this.#ready) this.#say({ type: 'abort', reason });
    this.#fail(reason);
  }

  /** For the channel: texts and bytes in this order. */
  pollTransmit(): string | Uint8Array | undefined {
    return this.#transmits.take();
  }

  pollEvent(): FileSenderEvent | undefined {
    return this.#events.take();
  }

  #handleReady(v: number): void {
    if (this.#ready) return;
    this.#ready = true;
    if (v === FILES_PROTOCOL_VERSION) {
      this.#events.push({ type: 'receiver' });
      this.#say({ type: 'offer', v, transfer: this.#transfer, files: this.#files });
    } else {
      this.abort(
        `the other side speaks version ${v} of this protocol, and we version ${FILES_PROTOCOL_VERSION}`,
      );
    }
  }

  #handle(message: Exclude<FromReceiver, { type: 'ready' }>): void {
    switch (message.type) {
      case 'want': {
        const { file, offset } = message;
        if (file >= this.#files.length || offset > this.#sizeOf(file)) {
          this.#fail('the other side wants what was not offered');
          return;
        }
        this.#run = { file, next: offset, have: offset, reading: false, ended: false };
        this.#events.push({ type: 'progress', file, offset });
        this.#pump();
        return;
      }
      case 'have': {
        const run = this.#run;
        if (run?.file !== message.file || message.offset > run.next) return;
        run.have = Math.max(run.have, message.offset);
        this.#events.push({ type: 'progress', file: run.file, offset: run.have });
        this.#pump();
        return;
      }
      case 'got':
        if (message.file >= this.#files.length || this.#done.has(message.file)) return;
        this.#done.add(message.file);
        this.#events.push({ type: 'file-done', file: message.file });
        return;
      case 'done':
        this.#over = true;
        this.#events.push({ type: 'done' });
        return;
      case 'abort':
        this.#fail(message.reason);
        return;
    }
  }

  /** Asks for more, if there is room for it. */
  #pump(): void {
    const run = this.#run;
    if (this.#over || !run || run.reading || run.ended) return;
    const left = this.#sizeOf(run.file) - run.next;
    if (left === 0) {
      run.ended = true;
      this.#events.push({ type: 'digest', file: run.file });
    } else if (this.#bufferedBytes < SENDER_BUFFER_BYTES && run.next - run.have < WINDOW_BYTES) {
      run.reading = true;
      const { file, next: offset } = run;
      this.#events.push({ type: 'read', file, offset, length: Math.min(READ_BYTES, left) });
    }
  }

  #sizeOf(file: number): number {
    return this.#files[file]?.size ?? 0;
  }

  #say(message: FromSender): void {
    this.#transmits.push(JSON.stringify(message));
  }

  #fail(reason: string): void {
    this.#over = true;
    this.#run = undefined;
    this.#events.push({ type: 'failed', reason });
  }
}
