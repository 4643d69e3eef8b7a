/**
 * UDP sockets of the ordinary event loop that speak to the kernel in batches: what waits is taken in one call once Node
 * has said that there is something, what one turn sends leaves together. All sockets of a post share its memory.
 * recvmmsg(2), sendmmsg(2).
 */
import { createSocket, type Socket } from 'node:dgram';
import { canonicalIp, type DatagramHandler, familyOf, type SocketAddress } from '../../base/index.ts';
import { plainBytes } from '../plain-bytes.ts';
import type { Kernel } from './kernel.ts';
import { KernelMemory } from './kernel-memory.ts';
import { NAME_BYTES } from './layout.ts';
import { NameCache } from './name-cache.ts';
import { ReceiveSlots } from './receive-slots.ts';
import { Segmentation } from './segmentation.ts';
import { type SendCounts, SendList } from './send-list.ts';
import { type NameWords, readName, wordsOf, writeName } from './socket-name.ts';
import { UdpDescriptors } from './udp-descriptor.ts';

/** Taken at a time; what is beyond makes Node speak again. */
const SLOTS = 64;
/** Copies of what is to leave: some thirty bursts of a video picture. Beyond it a part leaves sooner. */
const OUTBOX_BYTES = 2 ** 20;
const OUTBOX_MESSAGES = 256;
const CACHED_SENDERS = 4096;

export class DatagramPost {
  readonly counts: SendCounts = { sent: 0, sendFailed: 0 };
  readonly #descriptors: UdpDescriptors;
  readonly #slots: ReceiveSlots;
  readonly #senders = new NameCache<SocketAddress>(CACHED_SENDERS);
  readonly #list: SendList;
  readonly #outbox: KernelMemory;
  readonly #name: KernelMemory;
  /** Sockets with something to send in this turn. */
  readonly #loaded: PostedSocket[] = [];
  #scheduled = false;

  /** `segments`: whether the kernel cuts runs apart (UDP_SEGMENT). */
  constructor(kernel: Kernel, segments: boolean) {
    this.#descriptors = new UdpDescriptors(kernel);
    this.#slots = new ReceiveSlots(kernel, SLOTS);
    this.#list = new SendList(kernel, new Segmentation(segments), this.counts, OUTBOX_MESSAGES);
    this.#outbox = new KernelMemory(kernel, OUTBOX_BYTES);
    this.#name = new KernelMemory(kernel, NAME_BYTES);
  }

  /** Rejects with a StackError whose code is a `BindErrorCode`. */
  async bind(address: SocketAddress, receiveBufferBytes: number): Promise<PostedSocket> {
    const fd = this.#descriptors.open(address, { bufferBytes: receiveBufferBytes });
    const socket = createSocket({
      type: familyOf(address.ip) === 4 ? 'udp4' : 'udp6',
      ipv6Only: familyOf(address.ip) === 6,
    });
    await new Promise<void>((resolve, reject) => {
      socket.once('error', (error) => {
        this.#descriptors.close(fd);
        reject(error);
      });
      socket.bind({ fd, exclusive: true }, () => {
        socket.removeAllListeners('error');
        resolve();
      });
    });
    return new PostedSocket(socket, fd, this);
  }

  /** Everything that waits at this socket beside the one that Node has taken. */
  drain(fd: number, handler: DatagramHandler, isOpen: () => boolean): void {
    const got = this.#slots.receive(fd, 0, SLOTS);
    const { memory } = this.#slots;
    for (let slot = 0; slot < got && isOpen(); slot++) {
      const at = this.#slots.nameAt(slot);
      let from = this.#senders.get(memory, at);
      if (!from) {
        from = readName(memory, at);
        this.#senders.set(memory, at, from);
      }
      handler(from, this.#slots.bytesOf(slot));
    }
  }

  /** It has something to send: at the end of this turn. */
  load(socket: PostedSocket): void {
    this.#loaded.push(socket);
    if (this.#scheduled) return;
    this.#scheduled = true;
    process.nextTick(() => {
      this.#scheduled = false;
      this.#sendAll();
    });
  }

  wordsTo(to: SocketAddress): NameWords {
    writeName(this.#name, 0, to);
    return wordsOf(this.#name, 0);
  }

  #sendAll(): void {
    for (const socket of this.#loaded) {
      let used = 0;
      for (const { words, bytes } of socket.takeLoad()) {
        if (this.#list.room < 1 || used + bytes.length > OUTBOX_BYTES) {
          this.#list.flush(socket.fd);
          used = 0;
        }
        this.#outbox.u8.set(bytes, used);
        this.#list.add(words, this.#outbox.address + used, bytes.length);
        used += bytes.length;
      }
      this.#list.flush(socket.fd);
    }
    this.#loaded.length = 0;
  }
}

interface Letter {
  readonly words: NameWords;
  readonly bytes: Uint8Array;
}

/** One of them. Use `DatagramPost.bind`. */
export class PostedSocket {
  readonly fd: number;
  readonly local: SocketAddress;
  readonly #socket: Socket;
  readonly #post: DatagramPost;
  #load: Letter[] = [];
  #lastTo: SocketAddress | undefined;
  #lastWords: NameWords | undefined;
  #closing: Promise<void> | undefined;

  constructor(socket: Socket, fd: number, post: DatagramPost) {
    const { address, port } = socket.address();
    this.fd = fd;
    this.local = { ip: canonicalIp(address) ?? address, port };
    this.#socket = socket;
    this.#post = post;
    // ICMP messages come back as failed receptions; the socket goes on working.
    socket.on('error', () => {
      post.counts.sendFailed += 1;
    });
  }

  /** `bytes` are given away until the next turn of the event loop. After `close` it does nothing. */
  send(bytes: Uint8Array, to: SocketAddress): void {
    if (this.#closing || to.port === 0 || familyOf(to.ip) !== familyOf(this.local.ip)) {
      this.#post.counts.sendFailed += 1;
      return;
    }
    if (this.#load.length === 0) this.#post.load(this);
    this.#load.push({ words: this.#wordsTo(to), bytes });
  }

  /** Replaces the handler. `bytes` are borrowed. */
  onDatagram(handler: DatagramHandler): void {
    this.#socket.removeAllListeners('message');
    this.#socket.on('message', (buffer, from) => {
      handler({ ip: canonicalIp(from.address) ?? from.address, port: from.port }, plainBytes(buffer));
      if (!this.#closing) this.#post.drain(this.fd, handler, () => !this.#closing);
    });
  }

  /** Idempotent; resolves when the port is free again. What has not left yet is lost. */
  close(): Promise<void> {
    this.#closing ??= new Promise((resolve) => {
      this.#load = [];
      this.#socket.removeAllListeners('message');
      this.#socket.close(() => resolve());
    });
    return this.#closing;
  }

  /** For the post. */
  takeLoad(): readonly Letter[] {
    const load = this.#load;
    this.#load = [];
    return load;
  }

  /** A relay mostly speaks to one peer. */
  #wordsTo(to: SocketAddress): NameWords {
    const last = this.#lastTo;
    if (this.#lastWords && last?.port === to.port && last.ip === to.ip) return this.#lastWords;
    this.#lastTo = to;
    this.#lastWords = this.#post.wordsTo(to);
    return this.#lastWords;
  }
}
