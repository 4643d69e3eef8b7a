/**
 * UDP sockets of the ordinary event loop that speak to the kernel in batches: what waits is taken in one call once Node
 * has said that there is something, what one turn sends leaves together. All sockets of a post share its memory.
 * recvmmsg(2), sendmmsg(2).
 */
import { createSocket } from 'node:dgram';
import { type DatagramHandler, familyOf, type SocketAddress } from '../../base/index.ts';
import type { Kernel } from './kernel.ts';
import { KernelMemory } from './kernel-memory.ts';
import { NAME_BYTES } from './layout.ts';
import { NameCache } from './name-cache.ts';
import { emptySack, Outbox } from './outbox.ts';
import { type Post, PostedSocket } from './posted-socket.ts';
import { ReceiveSlots } from './receive-slots.ts';
import { Segmentation } from './segmentation.ts';
import { type SendCounts, SendList } from './send-list.ts';
import { type NameWords, readName, wordsOf, writeName } from './socket-name.ts';
import { UdpDescriptors } from './udp-descriptor.ts';

/** Taken at a time; what is beyond makes Node speak again. */
const SLOTS = 64;
const OUTBOX_MESSAGES = 256;
const CACHED_SENDERS = 4096;

export interface PostBinding {
  /** To ask for in each direction; the system may give less. */
  readonly bufferBytes: number;
  /** What is too long for the way is lost: DF is set, and what the system believes of the way's MTU is not asked. */
  readonly neverFragments?: boolean;
}

export class DatagramPost implements Post {
  readonly counts: SendCounts = { sent: 0, sendFailed: 0 };
  readonly #descriptors: UdpDescriptors;
  readonly #slots: ReceiveSlots;
  readonly #senders = new NameCache<SocketAddress>(CACHED_SENDERS);
  readonly outbox: Outbox;
  readonly #name: KernelMemory;

  /** `segments`: whether the kernel cuts runs apart (UDP_SEGMENT). */
  constructor(kernel: Kernel, segments: boolean) {
    this.#descriptors = new UdpDescriptors(kernel);
    this.#slots = new ReceiveSlots(kernel, SLOTS);
    const list = new SendList(kernel, new Segmentation(segments), this.counts, OUTBOX_MESSAGES);
    this.outbox = new Outbox(kernel, list);
    this.#name = new KernelMemory(kernel, NAME_BYTES);
  }

  /** Rejects with a StackError whose code is a `BindErrorCode`. */
  async bind(address: SocketAddress, binding: PostBinding): Promise<PostedSocket> {
    const fd = this.#descriptors.open(address, binding);
    const family = familyOf(address.ip);
    const socket = createSocket({ type: family === 4 ? 'udp4' : 'udp6', ipv6Only: family === 6 });
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
    return new PostedSocket(socket, this, emptySack(fd), binding.neverFragments === true);
  }

  drain(fd: number, handler: DatagramHandler, isOpen: () => boolean): boolean {
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
    return got === SLOTS;
  }

  wordsTo(to: SocketAddress): NameWords {
    writeName(this.#name, 0, to);
    return wordsOf(this.#name, 0);
  }
}
