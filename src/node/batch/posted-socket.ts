/** One UDP socket of a post, with Node's socket around it for readiness. Use `DatagramPost.bind`. */
import type { RemoteInfo, Socket } from 'node:dgram';
import {
  canonicalIp,
  type DatagramHandler,
  type DatagramSocket,
  familyOf,
  type SocketAddress,
} from '../../base/index.ts';
import { plainBytes } from '../plain-bytes.ts';
import { SenderAddress } from '../sender-address.ts';
import type { Outbox, Sack } from './outbox.ts';
import type { SendCounts } from './send-list.ts';
import type { NameWords } from './socket-name.ts';

/**
 * Full batches of one socket in one turn of the event loop. Node itself takes up to 32 datagrams before it looks at timers
 * and at other sockets, and each of them would bring a batch: some 2,000 in a flood. So it is a quarter of that.
 */
const FULL_BATCHES_PER_TURN = 8;

/** What a socket has in common with all others of its thread. */
export interface Post {
  readonly counts: SendCounts;
  readonly outbox: Outbox;
  /**
   * What waits at this descriptor, up to a batch, while `isOpen`. Tells whether there may be more. The handler's bytes are
   * borrowed.
   */
  drain(fd: number, handler: DatagramHandler, isOpen: () => boolean): boolean;
  wordsTo(to: SocketAddress): NameWords;
}

export class PostedSocket implements DatagramSocket {
  readonly local: SocketAddress;
  readonly neverFragments: boolean;
  readonly #family: 4 | 6;
  readonly #socket: Socket;
  readonly #post: Post;
  readonly #sack: Sack;
  #lastTo: SocketAddress | undefined;
  #lastWords: NameWords | undefined;
  #fullBatches = 0;
  #closing: Promise<void> | undefined;

  /** Owns `socket`, which is bound to the descriptor of `sack`. */
  constructor(socket: Socket, post: Post, sack: Sack, neverFragments: boolean) {
    const { address, port } = socket.address();
    this.local = { ip: canonicalIp(address) ?? address, port };
    this.neverFragments = neverFragments;
    this.#family = familyOf(this.local.ip);
    this.#socket = socket;
    this.#post = post;
    this.#sack = sack;
    // ICMP messages come back as failed receptions; the socket goes on working.
    socket.on('error', () => {
      post.counts.sendFailed += 1;
    });
  }

  /** `bytes` are copied: they may change once this returns. After `close` it does nothing. */
  send(bytes: Uint8Array, to: SocketAddress): void {
    const words = this.#wordsTo(to);
    if (this.#closing || !words || !this.#post.outbox.put(this.#sack, words, bytes)) {
      this.#post.counts.sendFailed += 1;
    }
  }

  /** Replaces the handlers. `bytes` are borrowed. */
  onDatagram(handler: DatagramHandler, afterBatch?: () => void): void {
    const sender = new SenderAddress();
    this.#socket.removeAllListeners('message');
    this.#socket.on('message', (buffer: Buffer, from: RemoteInfo) => {
      handler(sender.of(from), plainBytes(buffer));
      this.#drain(handler);
      if (!this.#closing) afterBatch?.();
      // What came of the batch need not wait for the rest of the turn.
      this.#post.outbox.flush();
    });
  }

  /** Idempotent; resolves when the port is free again. What was sent before leaves before. */
  close(): Promise<void> {
    this.#closing ??= new Promise((resolve) => {
      // The number of the descriptor may belong to another socket by the end of the turn.
      this.#post.outbox.flush();
      this.#socket.removeAllListeners('message');
      this.#socket.close(() => resolve());
    });
    return this.#closing;
  }

  readonly #isOpen = (): boolean => this.#closing === undefined;

  #drain(handler: DatagramHandler): void {
    if (this.#closing || this.#fullBatches >= FULL_BATCHES_PER_TURN) return;
    if (!this.#post.drain(this.#sack.fd, handler, this.#isOpen)) return;
    this.#fullBatches += 1;
    if (this.#fullBatches === 1) setImmediate(this.#turnEnded);
  }

  readonly #turnEnded = (): void => {
    this.#fullBatches = 0;
  };

  /** Of whom it cannot speak to: `undefined`. It mostly speaks to one peer. */
  #wordsTo(to: SocketAddress): NameWords | undefined {
    const last = this.#lastTo;
    if (last && last.port === to.port && last.ip === to.ip) return this.#lastWords;
    const possible = to.port !== 0 && familyOf(to.ip) === this.#family;
    this.#lastTo = { ip: to.ip, port: to.port };
    this.#lastWords = possible ? this.#post.wordsTo(to) : undefined;
    return this.#lastWords;
  }
}
