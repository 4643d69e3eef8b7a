/** One sender machine on one data channel: carries its messages, reads the files it asks for. Decides nothing. */
import { FileSender, type FileSenderEvent } from '../../client/index.ts';
import type { RTCDataChannel } from '../../node/webrtc/index.ts';
import { fileTrouble } from './file-trouble.ts';
import type { HashedFile } from './hashed-file.ts';
import { sendIfOpen } from './send-if-open.ts';
import type { SourceFile } from './source-file.ts';

/** The channel says when it holds no more than this, so that it never runs dry. */
const LOW_BYTES = 2 ** 20;

export interface SendHandlers {
  /** The other side takes files. Before everything else; never, where somebody is there for something else. */
  onReceiver(): void;
  onProgress(file: SourceFile, offset: number): void;
  onFileDone(file: SourceFile): void;
  /** Once, at the end: it has all it wanted, or why it has not. Of somebody who takes no files: `lost`. */
  onEnd(outcome: 'done' | { readonly failed: string } | 'lost'): void;
}

export class SendChannel {
  readonly #channel: RTCDataChannel;
  readonly #sources: readonly SourceFile[];
  readonly #handlers: SendHandlers;
  readonly #sender: FileSender;
  /** Open files; reading one is one after the other. */
  readonly #files = new Map<number, Promise<HashedFile>>();
  #turn: Promise<void> = Promise.resolve();
  #over = false;

  /** The channel is open. */
  constructor(
    channel: RTCDataChannel,
    transfer: string,
    sources: readonly SourceFile[],
    handlers: SendHandlers,
  ) {
    this.#channel = channel;
    this.#sources = sources;
    this.#handlers = handlers;
    this.#sender = new FileSender({ transfer, files: sources.map(({ offered }) => offered) });
    channel.bufferedAmountLowThreshold = LOW_BYTES;
    channel.onbufferedamountlow = () => {
      this.#sender.handleBuffered(channel.bufferedAmount);
      this.#drain();
    };
    channel.onmessage = ({ data }: { readonly data: unknown }) => {
      this.#sender.handleMessage(typeof data === 'string' ? data : new Uint8Array(0));
      this.#drain();
    };
    channel.onclose = () => this.lost();
    this.#drain();
  }

  /** The channel is of no use any more. */
  lost(): void {
    // What the other side said last may be lost: who has said of every file that it has it is served.
    this.#end(this.#sender.allTaken ? 'done' : 'lost');
  }

  get hasReceiver(): boolean {
    return this.#sender.hasReceiver;
  }

  abort(reason: string): void {
    this.#sender.abort(reason);
    this.#drain();
  }

  #drain(): void {
    if (this.#over) return;
    for (;;) {
      const out = this.#sender.pollTransmit();
      if (out !== undefined) this.#send(out);
      else {
        const event = this.#sender.pollEvent();
        if (event) this.#handle(event);
        else return;
      }
    }
  }

  #send(out: string | Uint8Array): void {
    // Else `onclose` follows.
    sendIfOpen(this.#channel, out);
  }

  #handle(event: FileSenderEvent): void {
    switch (event.type) {
      case 'receiver':
        this.#handlers.onReceiver();
        return;
      case 'read':
        this.#soon(async () => {
          const { file, offset, length } = event;
          const source = await this.#open(file);
          if (source.at !== offset) source.jump(offset);
          const bytes = await source.read(length);
          this.#sender.handleRead(file, offset, bytes);
          this.#sender.handleBuffered(this.#channel.bufferedAmount + bytes.length);
        });
        return;
      case 'digest':
        this.#soon(async () => {
          const source = await this.#open(event.file);
          this.#sender.handleDigest(event.file, await source.digest());
        });
        return;
      case 'progress': {
        const source = this.#sources[event.file];
        if (source) this.#handlers.onProgress(source, event.offset);
        return;
      }
      case 'file-done': {
        const source = this.#sources[event.file];
        if (source) this.#handlers.onFileDone(source);
        return;
      }
      case 'done':
        this.#end('done');
        return;
      case 'failed':
        this.#end({ failed: event.reason });
        return;
    }
  }

  #open(file: number): Promise<HashedFile> {
    const known = this.#files.get(file);
    if (known) return known;
    const source = this.#sources[file];
    const opened = source ? source.read() : Promise.reject(new Error('there is no such file'));
    this.#files.set(file, opened);
    return opened;
  }

  #soon(work: () => Promise<void>): void {
    this.#turn = this.#turn
      .then(async () => {
        if (!this.#over) await work();
      })
      .catch((error: unknown) => {
        this.#sender.abort(`the sender could not read it: ${fileTrouble(error)}`);
      })
      .then(() => this.#drain());
  }

  #end(outcome: Parameters<SendHandlers['onEnd']>[0]): void {
    if (this.#over) return;
    this.#over = true;
    this.#channel.onbufferedamountlow = null;
    this.#channel.onmessage = null;
    this.#channel.onclose = null;
    void this.#turn.then(() => this.#closeFiles());
    this.#handlers.onEnd(outcome);
  }

  async #closeFiles(): Promise<void> {
    const opened = await Promise.allSettled(this.#files.values());
    await Promise.allSettled(
      opened.map((file) => (file.status === 'fulfilled' ? file.value.close() : undefined)),
    );
  }
}
