/** The receiver machine on real files, over one data channel after the other: writes what it says, in order. */
import {
  FileReceiver,
  type FileReceiverEvent,
  isOffer,
  type OfferedFile,
  READY_TEXT,
} from '../../client/index.ts';
import type { RTCDataChannel } from '../../node/webrtc/index.ts';
import { fileTrouble } from './file-trouble.ts';
import { PartFile } from './part-file.ts';
import { sendIfOpen } from './send-if-open.ts';

export interface ReceiveHandlers {
  /** Where each file goes: a harmless name of its own, `undefined` when it is not wanted. A text says why none is. */
  plan(files: readonly OfferedFile[]): Promise<readonly (PlannedFile | undefined)[] | string>;
  onProgress(name: string, bytes: number, size: number): void;
  /** One whole file is in its place. */
  onFile(path: string): void;
  /** Its bytes were wrong, and come once more. */
  onRestart(name: string): void;
  /** Once. */
  onEnd(outcome: 'done' | { readonly failed: string }): void;
}

export interface PlannedFile {
  readonly folder: string;
  readonly name: string;
  readonly overwrite: boolean;
}

interface Target {
  readonly plan: PlannedFile;
  readonly part: PartFile;
}

export class ReceiveSession {
  readonly #handlers: ReceiveHandlers;
  readonly #receiver = new FileReceiver();
  readonly #targets = new Map<number, Target>();
  #files: readonly OfferedFile[] = [];
  #channel: RTCDataChannel | undefined;
  #turn: Promise<void> = Promise.resolve();
  #over = false;

  constructor(handlers: ReceiveHandlers) {
    this.#handlers = handlers;
  }

  /**
   * Asks on a channel that is open, and goes on by it once the other side offers; the one before is of no use then. Who never
   * offers is another receiver, or somebody who only talks.
   */
  ask(channel: RTCDataChannel, onOffer: () => void): void {
    channel.onmessage = ({ data }: { readonly data: unknown }) => {
      if (!isOffer(data)) return;
      onOffer();
      this.#use(channel, data);
    };
    sendIfOpen(channel, READY_TEXT);
  }

  /** Whether it was the way to the sender. */
  lost(channel: RTCDataChannel): boolean {
    if (this.#channel !== channel) return false;
    this.#channel = undefined;
    this.#receiver.handleClosed();
    return true;
  }

  abort(reason: string): void {
    this.#receiver.abort(reason);
    this.#drain();
  }

  /** What is under way is finished, and nothing begun or said to the other side. */
  stop(): void {
    this.#over = true;
  }

  /** Resolves when nothing is written any more; what is unfinished stays for a later run. */
  async close(): Promise<void> {
    this.stop();
    await this.#turn;
    await Promise.allSettled([...this.#targets.values()].map(({ part }) => part.close()));
    this.#targets.clear();
  }

  #use(channel: RTCDataChannel, offer: string): void {
    if (this.#channel) this.#channel.onmessage = null;
    this.#channel = channel;
    channel.binaryType = 'arraybuffer';
    channel.onmessage = ({ data }: { readonly data: unknown }) => {
      if (typeof data === 'string') this.#receiver.handleMessage(data);
      else if (data instanceof ArrayBuffer) this.#receiver.handleMessage(new Uint8Array(data));
      this.#drain();
    };
    this.#receiver.handleOpen();
    this.#receiver.handleMessage(offer);
    this.#drain();
  }

  #drain(): void {
    if (this.#over) return;
    for (;;) {
      const event = this.#receiver.pollEvent();
      if (event) this.#handle(event);
      else {
        const text = this.#receiver.pollTransmit();
        if (text === undefined) return;
        if (this.#channel) sendIfOpen(this.#channel, text);
      }
    }
  }

  #handle(event: FileReceiverEvent): void {
    switch (event.type) {
      case 'offered':
        this.#files = event.files;
        this.#soon(() => this.#plan(event.files));
        return;
      case 'write':
        this.#soon(async () => {
          const { file, offset, bytes } = event;
          await this.#targetOf(file).part.append(bytes);
          const end = offset + bytes.length;
          this.#handlers.onProgress(this.#targetOf(file).plan.name, end, this.#files[file]?.size ?? 0);
          this.#receiver.handleWritten(file, end);
        });
        return;
      case 'check':
        this.#soon(() => this.#check(event.file, event.sha256));
        return;
      case 'restart':
        this.#soon(async () => {
          const { part, plan } = this.#targetOf(event.file);
          await part.clear();
          this.#handlers.onRestart(plan.name);
        });
        return;
      case 'done':
        // What it says last goes first.
        queueMicrotask(() => this.#end('done'));
        return;
      case 'failed':
        queueMicrotask(() => this.#end({ failed: event.reason }));
        return;
    }
  }

  async #plan(files: readonly OfferedFile[]): Promise<void> {
    const plans = await this.#handlers.plan(files);
    if (typeof plans === 'string') {
      this.#receiver.decline(plans);
      return;
    }
    const offsets: (number | undefined)[] = [];
    for (const [file, offered] of files.entries()) {
      const plan = plans[file];
      if (!plan) offsets.push(undefined);
      else {
        const part = await PartFile.open(plan.folder, plan.name, offered);
        this.#targets.set(file, { plan, part });
        offsets.push(part.length);
        if (part.length > 0) this.#handlers.onProgress(plan.name, part.length, offered.size);
      }
    }
    this.#receiver.accept(offsets);
  }

  async #check(file: number, sha256: string): Promise<void> {
    const { part, plan } = this.#targetOf(file);
    const good = await part.hasDigest(sha256);
    if (good) {
      this.#targets.delete(file);
      this.#handlers.onFile(await part.finish(plan.overwrite));
    }
    this.#receiver.handleChecked(file, good);
  }

  #targetOf(file: number): Target {
    const target = this.#targets.get(file);
    if (!target) throw new Error('bytes of a file that is not wanted');
    return target;
  }

  #soon(work: () => Promise<void>): void {
    this.#turn = this.#turn
      .then(async () => {
        if (!this.#over) await work();
      })
      .catch((error: unknown) => {
        if (this.#over) return;
        this.#receiver.abort(`the receiver could not write it: ${fileTrouble(error)}`);
      })
      .then(() => this.#drain());
  }

  #end(outcome: Parameters<ReceiveHandlers['onEnd']>[0]): void {
    if (this.#over) return;
    this.#over = true;
    this.#handlers.onEnd(outcome);
  }
}
