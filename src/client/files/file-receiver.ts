/**
 * The taking side of a file transfer: asks for one file after the other, from where it has them, over as many channels as
 * it takes. Writes no file and judges no name: it says what to write. A machine; docs/files.md.
 */
import { Queue } from '../../base/index.ts';
import {
  FILES_PROTOCOL_VERSION,
  type FromReceiver,
  type FromSender,
  type OfferedFile,
  parseFromSender,
  WINDOW_BYTES,
} from './messages.ts';

export type FileReceiverEvent =
  /** Answer by `accept` or `decline`. Once: a later channel brings the same offer again. */
  | { readonly type: 'offered'; readonly files: readonly OfferedFile[] }
  /** Behind what was written before; `bytes` given. Answer by `handleWritten`, in order. */
  | { readonly type: 'write'; readonly file: number; readonly offset: number; readonly bytes: Uint8Array }
  /** All of it is written. Answer by `handleChecked` whether this is its SHA-256. */
  | { readonly type: 'check'; readonly file: number; readonly sha256: string }
  /** Its bytes were wrong: it begins anew. Before the next `write`. */
  | { readonly type: 'restart'; readonly file: number }
  | { readonly type: 'done' }
  | { readonly type: 'failed'; readonly reason: string };

/** What a receiver says first on every channel. Who answers with an offer is a sender, and the machine begins with that. */
export const READY_TEXT = JSON.stringify({
  type: 'ready',
  v: FILES_PROTOCOL_VERSION,
} satisfies FromReceiver);

/** Whether this is what a sender answers to `READY_TEXT`. */
export function isOffer(data: unknown): data is string {
  return typeof data === 'string' && parseFromSender(data)?.type === 'offer';
}

/** On disk so much more, and the sender is told. */
const TELL_EVERY_BYTES = 2 ** 20;
/** A file that is wrong twice is wrong. */
const TRIES = 2;

interface Progress {
  /** Of the next byte to come. */
  next: number;
  written: number;
  told: number;
  tries: number;
  /** Its bytes come on this channel. */
  flowing: boolean;
  sha256: string | undefined;
  checking: boolean;
}

export class FileReceiver {
  readonly #transmits = new Queue<string>();
  readonly #events = new Queue<FileReceiverEvent>();
  #transfer: string | undefined;
  #files: readonly OfferedFile[] = [];
  /** Files that are wanted and not there yet, in order. `undefined` until it is accepted. */
  #wanted: number[] | undefined;
  readonly #progress = new Map<number, Progress>();
  #open = false;
  #offeredHere = false;
  #over = false;

  /** Bytes that were given by `write` and not said to be written. */
  get unwrittenBytes(): number {
    let bytes = 0;
    for (const { next, written } of this.#progress.values()) bytes += next - written;
    return bytes;
  }

  /** There is a new channel to the sender; the one before, if there was one, is forgotten with everything that was on its way. */
  handleOpen(): void {
    this.#transmits.clear();
    this.#open = true;
    this.#offeredHere = false;
    for (const progress of this.#progress.values()) progress.flowing = false;
  }

  handleClosed(): void {
    this.#open = false;
  }

  handleMessage(data: string | Uint8Array): void {
    if (this.#over || !this.#open) return;
    if (typeof data !== 'string') this.#take(data);
    else {
      const message = parseFromSender(data);
      if (message) this.#handle(message);
      else this.abort('the other side does not speak this protocol');
    }
  }

  /** Of each wanted file how many bytes are there already, at most its size; `undefined`: it is not wanted. */
  accept(offsets: readonly (number | undefined)[]): void {
    if (this.#over || this.#wanted) return;
    const wanted: number[] = [];
    for (const [file, offset] of offsets.entries()) {
      if (offset === undefined || file >= this.#files.length) continue;
      wanted.push(file);
      this.#progress.set(file, progressFrom(Math.min(offset, this.#sizeOf(file)), 1));
    }
    this.#wanted = wanted;
    this.#goOn();
  }

  decline(reason: string): void {
    this.abort(reason);
  }

  /** Everything of this file before `offset` is on disk. */
  handleWritten(file: number, offset: number): void {
    const progress = this.#progress.get(file);
    if (this.#over || !progress) return;
    progress.written = offset;
    if (offset - progress.told >= TELL_EVERY_BYTES || offset === this.#sizeOf(file)) {
      progress.told = offset;
      if (progress.flowing) this.#say({ type: 'have', file, offset });
    }
    this.#check(file, progress);
  }

  handleChecked(file: number, good: boolean): void {
    const progress = this.#progress.get(file);
    if (this.#over || !progress?.checking) return;
    if (good) {
      this.#progress.delete(file);
      this.#wanted = this.#wanted?.filter((other) => other !== file);
      if (this.#open) this.#say({ type: 'got', file });
      this.#goOn();
    } else if (progress.tries >= TRIES) {
      this.abort('the bytes that came are not those of the file: its SHA-256 is another');
    } else {
      this.#progress.set(file, progressFrom(0, progress.tries + 1));
      this.#events.push({ type: 'restart', file });
      this.#goOn();
    }
  }

  /** Tells the other side why, and ends. */
  abort(reason: string): void {
    if (this.#over) return;
    if (this.#open) this.#say({ type: 'abort', reason });
    this.#fail(reason);
  }

  /** For the channel that is open. */
  pollTransmit(): string | undefined {
    return this.#transmits.take();
  }

  pollEvent(): FileReceiverEvent | undefined {
    return this.#events.take();
  }

  #handle(message: FromSender): void {
    switch (message.type) {
      case 'offer':
        this.#handleOffer(message);
        return;
      case 'end': {
        const progress = this.#progress.get(message.file);
        if (!progress?.flowing) return;
        progress.sha256 = message.sha256;
        this.#check(message.file, progress);
        return;
      }
      case 'abort':
        this.#fail(message.reason);
        return;
    }
  }

  #handleOffer({ v, transfer, files }: Extract<FromSender, { type: 'offer' }>): void {
    if (v !== FILES_PROTOCOL_VERSION) {
      this.abort(
        `the other side speaks version ${v} of this protocol, and we version ${FILES_PROTOCOL_VERSION}`,
      );
      return;
    }
    this.#offeredHere = true;
    if (this.#transfer === undefined) {
      this.#transfer = transfer;
      this.#files = files;
      this.#events.push({ type: 'offered', files });
    } else if (transfer !== this.#transfer) this.abort('the other side offers something else than before');
    else this.#goOn();
  }

  /** Bytes belong to the file that was asked for last, in order. */
  #take(bytes: Uint8Array): void {
    const [file] = this.#wanted ?? [];
    const progress = file === undefined ? undefined : this.#progress.get(file);
    if (file === undefined || !progress?.flowing || progress.next + bytes.length > this.#sizeOf(file)) {
      this.abort('the other side sends more than was asked for');
      return;
    }
    if (this.unwrittenBytes + bytes.length > 2 * WINDOW_BYTES) {
      this.abort('the other side sends faster than it may');
      return;
    }
    const offset = progress.next;
    progress.next += bytes.length;
    if (bytes.length > 0) this.#events.push({ type: 'write', file, offset, bytes });
  }

  #check(file: number, progress: Progress): void {
    if (progress.sha256 === undefined || progress.checking || progress.written < progress.next) return;
    if (progress.written < this.#sizeOf(file)) {
      this.abort('the other side has ended a file too early');
      return;
    }
    progress.checking = true;
    this.#events.push({ type: 'check', file, sha256: progress.sha256 });
  }

  /** Asks for the next file, if somebody is there to ask. */
  #goOn(): void {
    if (this.#over || !this.#wanted) return;
    const [file] = this.#wanted;
    if (file === undefined) {
      if (!this.#open) return;
      this.#say({ type: 'done' });
      this.#over = true;
      this.#events.push({ type: 'done' });
      return;
    }
    const progress = this.#progress.get(file);
    if (!this.#open || !this.#offeredHere || !progress || progress.flowing || progress.checking) return;
    progress.flowing = true;
    progress.sha256 = undefined;
    this.#say({ type: 'want', file, offset: progress.next });
  }

  #sizeOf(file: number): number {
    return this.#files[file]?.size ?? 0;
  }

  #say(message: FromReceiver): void {
    this.#transmits.push(JSON.stringify(message));
  }

  #fail(reason: string): void {
    this.#over = true;
    this.#events.push({ type: 'failed', reason });
  }
}

function progressFrom(offset: number, tries: number): Progress {
  return {
    next: offset,
    written: offset,
    told: offset,
    tries,
    flowing: false,
    sha256: undefined,
    checking: false,
  };
}
