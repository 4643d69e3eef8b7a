/**
 * TCP sockets that share one port: one that listens, and any number that connect from there, which Node by itself cannot
 * do. Bare file descriptors; whoever opens one closes it, or gives it to a socket of Node. socket(7).
 */
import { familyOf, type SocketAddress } from '../../base/index.ts';
import { bindError } from '../bind-error.ts';
import type { Kernel } from './kernel.ts';
import { KernelMemory } from './kernel-memory.ts';
import {
  AF_INET,
  AF_INET6,
  IPPROTO_IPV6,
  IPV6_V6ONLY,
  NAME_BYTES,
  SO_REUSEADDR,
  SO_REUSEPORT,
  SOCK_CLOEXEC,
  SOCK_NONBLOCK,
  SOCK_STREAM,
  SOL_SOCKET,
} from './layout.ts';
import { writeName } from './socket-name.ts';
import { systemError } from './udp-descriptor.ts';

export class TcpDescriptors {
  readonly #kernel: Kernel;
  readonly #memory: KernelMemory;
  readonly #name: number;
  readonly #value: number;

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
    this.#memory = new KernelMemory(kernel, NAME_BYTES + 8);
    this.#name = this.#memory.take(NAME_BYTES);
    this.#value = this.#memory.take(8);
  }

  /**
   * Bound, neither listening nor connected. `first` fails where anybody else has the address, `further` joins it. Throws
   * a StackError whose code is a `BindErrorCode`.
   */
  open(address: SocketAddress, share: 'first' | 'further'): number {
    const isV4 = familyOf(address.ip) === 4;
    const type = SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC;
    const fd = this.#kernel.socket(isV4 ? AF_INET : AF_INET6, type, 0);
    if (fd < 0) throw bindError('TCP', address, systemError(this.#kernel.errno()));
    if (!isV4) this.#set(fd, IPPROTO_IPV6, IPV6_V6ONLY);
    // Connections that were closed a moment ago still hold the port for a minute.
    this.#set(fd, SOL_SOCKET, SO_REUSEADDR);
    if (share === 'further') this.#set(fd, SOL_SOCKET, SO_REUSEPORT);
    const length = writeName(this.#memory, this.#name, address);
    if (this.#kernel.bind(fd, this.#memory.address + this.#name, length) === 0) {
      if (share === 'first') this.#set(fd, SOL_SOCKET, SO_REUSEPORT);
      return fd;
    }
    const error = bindError('TCP', address, systemError(this.#kernel.errno()));
    this.#kernel.close(fd);
    throw error;
  }

  #set(fd: number, level: number, option: number): void {
    this.#memory.i32[this.#value >> 2] = 1;
    this.#kernel.setsockopt(fd, level, option, this.#memory.address + this.#value, 4);
  }
}
