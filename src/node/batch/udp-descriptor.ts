/** UDP sockets as bare file descriptors: opened, bound and closed. Whoever opens one closes it. udp(7), ip(7). */
import { familyOf, type SocketAddress } from '../../base/index.ts';
import { bindError } from '../bind-error.ts';
import { Errno, type Kernel } from './kernel.ts';
import { KernelMemory } from './kernel-memory.ts';
import {
  AF_INET,
  AF_INET6,
  IP_MTU_DISCOVER,
  IPPROTO_IP,
  IPPROTO_IPV6,
  IPV6_MTU_DISCOVER,
  IPV6_V6ONLY,
  NAME_BYTES,
  PMTUDISC_DONT,
  PMTUDISC_PROBE,
  SO_RCVBUF,
  SO_RCVBUFFORCE,
  SO_REUSEPORT,
  SO_SNDBUF,
  SO_SNDBUFFORCE,
  SOCK_CLOEXEC,
  SOCK_DGRAM,
  SOCK_NONBLOCK,
  SOL_SOCKET,
} from './layout.ts';
import { readName, writeName } from './socket-name.ts';

export interface UdpDescriptorOptions {
  /**
   * Several sockets on one address, each with a share of the sources. `first` fails where anybody else has the address,
   * `further` joins whoever shares it.
   */
  readonly share?: 'first' | 'further';
  /** To ask for in each direction; the system may give less. Default: what the system gives by itself. */
  readonly bufferBytes?: number;
  /** DF on every datagram: what is too long for the way is lost. Default: it is cut. */
  readonly neverFragments?: boolean;
}

export class UdpDescriptors {
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

  /** A bound socket that never blocks. Throws a StackError whose code is a `BindErrorCode`. */
  open(address: SocketAddress, options: UdpDescriptorOptions = {}): number {
    const isV4 = familyOf(address.ip) === 4;
    const type = SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC;
    const fd = this.#kernel.socket(isV4 ? AF_INET : AF_INET6, type, 0);
    if (fd < 0) throw this.#failure(address);
    if (!isV4) this.#set(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1);
    if (options.share === 'further') this.#set(fd, SOL_SOCKET, SO_REUSEPORT, 1);
    // RFC 8656 §14: DF is clear unless the client asks for it. Linux sets it on its own otherwise.
    const discover = options.neverFragments ? PMTUDISC_PROBE : PMTUDISC_DONT;
    if (isV4) this.#set(fd, IPPROTO_IP, IP_MTU_DISCOVER, discover);
    else this.#set(fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, discover);
    if (options.bufferBytes !== undefined) this.#grow(fd, options.bufferBytes);
    const length = writeName(this.#memory, this.#name, address);
    if (this.#kernel.bind(fd, this.#memory.address + this.#name, length) === 0) {
      if (options.share === 'first') this.#set(fd, SOL_SOCKET, SO_REUSEPORT, 1);
      return fd;
    }
    const error = this.#failure(address);
    this.#kernel.close(fd);
    throw error;
  }

  /** Where the socket is bound. */
  localOf(fd: number): SocketAddress {
    this.#memory.i32[this.#value >> 2] = NAME_BYTES;
    const { address } = this.#memory;
    this.#kernel.getsockname(fd, address + this.#name, address + this.#value);
    return readName(this.#memory, this.#name);
  }

  close(fd: number): void {
    this.#kernel.close(fd);
  }

  /** Beyond the system's maximum where that is allowed (CAP_NET_ADMIN). */
  #grow(fd: number, bytes: number): void {
    for (const [force, plain] of [
      [SO_RCVBUFFORCE, SO_RCVBUF],
      [SO_SNDBUFFORCE, SO_SNDBUF],
    ] as const) {
      if (this.#set(fd, SOL_SOCKET, force, bytes) !== 0) this.#set(fd, SOL_SOCKET, plain, bytes);
    }
  }

  #set(fd: number, level: number, option: number, value: number): number {
    this.#memory.i32[this.#value >> 2] = value;
    return this.#kernel.setsockopt(fd, level, option, this.#memory.address + this.#value, 4);
  }

  #failure(address: SocketAddress): Error {
    return bindError('UDP', address, systemError(this.#kernel.errno()));
  }
}

const NAMES: Readonly<Record<number, string>> = Object.fromEntries(
  Object.entries(Errno).map(([name, number]) => [number, name]),
);

/** As Node would have made it. */
export function systemError(errno: number): Error {
  const code = NAMES[errno] ?? `errno ${errno}`;
  return Object.assign(new Error(code), { code });
}
