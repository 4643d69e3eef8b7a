/** The relay sockets of a worker: bare descriptors, since an idle relay should cost little more than its socket. RFC 8656 §7.2. */
import { familyOf, type IpFamily, type Log, type SocketAddress, StackError } from '../../../base/index.ts';
import {
  ErrorQueue,
  type Kernel,
  KernelMemory,
  type NameWords,
  type Poller,
  type SendError,
  UdpDescriptors,
  wordsOf,
  writeName,
} from '../../../node/index.ts';
import { type RelayId, RouteMemo } from '../../../turn/index.ts';
import type { DescriptorBoard } from './descriptor-board.ts';
import type { SourceTable } from './source-table.ts';

/** A second of 8 Mbit/s: a relay carries one participant's media. The kernel takes memory only for what waits. */
const BUFFER_BYTES = 2 ** 20;

/** More than a client is told in a second; the system keeps what does not fit into its buffer away. */
const ERRORS_AT_ONCE = 16;

export class RelayDescriptor {
  readonly kind = 'relay';
  readonly id: RelayId;
  readonly family: IpFamily;
  readonly tag: number;
  readonly memo = new RouteMemo();
  /** When it was read, in rounds. */
  readAt = Number.NEGATIVE_INFINITY;
  comesInBursts = false;
  #fd: number;
  /** The last peer that was heard: mostly the next one too. */
  fromWords: NameWords | undefined;
  from: SocketAddress | undefined;
  /** The last peer that was sent to, told by identity. */
  to: SocketAddress | undefined;
  toWords: NameWords | undefined;

  constructor(id: RelayId, family: IpFamily, fd: number, tag: number) {
    this.id = id;
    this.family = family;
    this.#fd = fd;
    this.tag = tag;
  }

  /** −1 once it is closed: the number may belong to another socket then. */
  get fd(): number {
    return this.#fd;
  }

  close(): void {
    this.#fd = -1;
  }
}

/** Of the table, what needs no look at the others in it. */
type RelaySources = Pick<SourceTable<RelayDescriptor>, 'reserve' | 'set' | 'free'>;

export class RelayDescriptors {
  readonly #kernel: Kernel;
  readonly #sockets: UdpDescriptors;
  readonly #poller: Poller;
  readonly #sources: RelaySources;
  readonly #board: DescriptorBoard;
  readonly #log: Log;
  readonly #relays = new Map<RelayId, RelayDescriptor>();
  readonly #name: KernelMemory;
  readonly #errors: ErrorQueue;

  constructor(kernel: Kernel, poller: Poller, sources: RelaySources, board: DescriptorBoard, log: Log) {
    this.#kernel = kernel;
    this.#sockets = new UdpDescriptors(kernel);
    this.#poller = poller;
    this.#sources = sources;
    this.#board = board;
    this.#log = log;
    this.#name = new KernelMemory(kernel, 32);
    this.#errors = new ErrorQueue(kernel);
  }

  get(id: RelayId): RelayDescriptor | undefined {
    return this.#relays.get(id);
  }

  /** Binds at once. */
  open(id: RelayId, local: SocketAddress | undefined): 'opened' | 'in-use' | 'unavailable' {
    if (!local) return 'unavailable';
    try {
      const fd = this.#sockets.open(local, { bufferBytes: BUFFER_BYTES });
      const tag = this.#sources.reserve();
      const relay = new RelayDescriptor(id, familyOf(local.ip), fd, tag);
      if (!this.#poller.add(fd, 1, tag)) {
        this.#sources.free(tag);
        this.#kernel.close(fd);
        return 'unavailable';
      }
      this.#board.add(fd);
      this.#errors.listen(fd, relay.family);
      this.#sources.set(tag, relay);
      this.#relays.set(id, relay);
      return 'opened';
    } catch (error) {
      if (error instanceof StackError && error.code === 'ADDRESS_IN_USE') return 'in-use';
      this.#log.warn('A relay socket could not be opened.', { local, error: String(error) });
      return 'unavailable';
    }
  }

  /** What is known of datagrams that did not arrive, oldest first; at most a few, the rest with the next look. */
  takeErrors({ fd, family }: RelayDescriptor): SendError[] {
    const errors: SendError[] = [];
    for (let i = 0; i < ERRORS_AT_ONCE; i++) {
      const error = this.#errors.take(fd, family);
      if (error === undefined) break;
      if (error !== 'nothing') errors.push(error);
    }
    return errors;
  }

  /** RFC 8656 §14. */
  setDontFragment({ fd, family }: RelayDescriptor, dontFragment: boolean): void {
    this.#errors.setDontFragment(fd, family, dontFragment);
  }

  close(id: RelayId): void {
    const relay = this.#relays.get(id);
    if (!relay) return;
    this.#relays.delete(id);
    this.#sources.free(relay.tag);
    this.#board.remove(relay.fd);
    this.#kernel.close(relay.fd);
    relay.close();
  }

  closeAll(): void {
    for (const id of [...this.#relays.keys()]) this.close(id);
  }

  /** The kernel's name of `to`; mostly the one before, then for nothing. */
  wordsTo(relay: RelayDescriptor, to: SocketAddress): NameWords {
    if (relay.to === to && relay.toWords) return relay.toWords;
    writeName(this.#name, 0, to);
    const words = wordsOf(this.#name, 0);
    relay.to = to;
    relay.toWords = words;
    return words;
  }
}
