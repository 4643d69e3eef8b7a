/**
 * What the system has learnt about datagrams that a socket has sent: ICMP messages, and its own refusal of what is longer
 * than the way allows. ip(7) and ipv6(7), "IP_RECVERR".
 *
 * ```
 * sock_extended_err  0 errno | 4 origin | 5 type | 6 code | 7 – | 8 info | 12 data       16 bytes, then who said so
 * ```
 */
import type { IpFamily, SocketAddress } from '../../base/index.ts';
import { Errno, type Kernel } from './kernel.ts';
import { KernelMemory } from './kernel-memory.ts';
import {
  CMSG_DATA,
  IOVEC_BYTES,
  IP_MTU_DISCOVER,
  IP_RECVERR,
  IPPROTO_IP,
  IPPROTO_IPV6,
  IPV6_MTU_DISCOVER,
  IPV6_RECVERR,
  MMSGHDR_BYTES,
  MSG_CONTROL,
  MSG_CONTROLLEN,
  MSG_DONTWAIT,
  MSG_ERRQUEUE,
  MSG_IOV,
  MSG_IOVLEN,
  MSG_NAME,
  MSG_NAMELEN,
  NAME_BYTES,
  PMTUDISC_DO,
  PMTUDISC_DONT,
  SOCKADDR_IN6_BYTES,
} from './layout.ts';
import { readName } from './socket-name.ts';

/** As an ICMP message says it, or as one would have. */
export interface SendError {
  /** Where the datagram was going. */
  readonly peer: SocketAddress;
  readonly type: number;
  readonly code: number;
  /** The MTU of the way in bytes, where the error is about length; else 0. */
  readonly mtu: number;
}

const ORIGIN_LOCAL = 1;
const ORIGIN_ICMP = 2;
const ORIGIN_ICMP6 = 3;
/** ICMP 3/4 "fragmentation needed and DF set", RFC 1191; ICMPv6 2/0 "packet too big", RFC 4443 §3.2. */
const TOO_LONG = { 4: { type: 3, code: 4 }, 6: { type: 2, code: 0 } } as const;

/** A header of 16 bytes, sock_extended_err, and the address of who said so. */
const CONTROL_BYTES = 16 + 16 + NAME_BYTES;
/** What was sent is of no interest; the system gives as much of it as there is room for. */
const PAYLOAD_BYTES = 8;

export class ErrorQueue {
  readonly #kernel: Kernel;
  readonly #memory: KernelMemory;
  readonly #header: number;
  readonly #name: number;
  readonly #control: number;
  readonly #value: number;

  constructor(kernel: Kernel) {
    const memory = new KernelMemory(
      kernel,
      MMSGHDR_BYTES + NAME_BYTES + CONTROL_BYTES + IOVEC_BYTES + PAYLOAD_BYTES + 16,
    );
    this.#kernel = kernel;
    this.#memory = memory;
    this.#header = memory.take(MMSGHDR_BYTES);
    this.#name = memory.take(NAME_BYTES);
    this.#control = memory.take(CONTROL_BYTES);
    const iov = memory.take(IOVEC_BYTES);
    const payload = memory.take(PAYLOAD_BYTES);
    this.#value = memory.take(8);
    memory.setPointer(this.#header + MSG_NAME, memory.address + this.#name);
    memory.setPointer(this.#header + MSG_IOV, memory.address + iov);
    memory.setSize(this.#header + MSG_IOVLEN, 1);
    memory.setPointer(this.#header + MSG_CONTROL, memory.address + this.#control);
    memory.setPointer(iov, memory.address + payload);
    memory.setSize(iov + 8, PAYLOAD_BYTES);
  }

  /** From now on errors are kept for `take`, and the next call on the socket fails with each of them: it is to be repeated. */
  listen(fd: number, family: IpFamily): void {
    if (family === 4) this.#set(fd, IPPROTO_IP, IP_RECVERR, 1);
    else this.#set(fd, IPPROTO_IPV6, IPV6_RECVERR, 1);
  }

  /** Whether what is sent from now on carries DF, and is refused when it is too long. RFC 8656 §14. */
  setDontFragment(fd: number, family: IpFamily, dontFragment: boolean): void {
    const value = dontFragment ? PMTUDISC_DO : PMTUDISC_DONT;
    if (family === 4) this.#set(fd, IPPROTO_IP, IP_MTU_DISCOVER, value);
    else this.#set(fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, value);
  }

  /** The oldest error that waits and says something; `undefined` when there is none, `nothing` when it says nothing. */
  take(fd: number, family: IpFamily): SendError | 'nothing' | undefined {
    const { u8, i32, address } = this.#memory;
    i32[(this.#header + MSG_NAMELEN) >> 2] = SOCKADDR_IN6_BYTES;
    this.#memory.setSize(this.#header + MSG_CONTROLLEN, CONTROL_BYTES);
    const got = this.#kernel.recvmsg(fd, address + this.#header, MSG_ERRQUEUE | MSG_DONTWAIT);
    if (got < 0) return undefined;
    const hasError = (i32[(this.#header + MSG_CONTROLLEN) >> 2] ?? 0) >= CMSG_DATA + 16;
    const hasPeer = (i32[(this.#header + MSG_NAMELEN) >> 2] ?? 0) > 0;
    if (!hasError || !hasPeer) return 'nothing';
    const error = this.#control + CMSG_DATA;
    const peer = readName(this.#memory, this.#name);
    const errno = i32[error >> 2] ?? 0;
    const origin = u8[error + 4] ?? 0;
    const mtu = errno === Errno.EMSGSIZE ? (i32[(error + 8) >> 2] ?? 0) : 0;
    if (origin === ORIGIN_ICMP || origin === ORIGIN_ICMP6) {
      return { peer, type: u8[error + 5] ?? 0, code: u8[error + 6] ?? 0, mtu };
    }
    // The system itself knows of the way's MTU, by an ICMP message that came before.
    return origin === ORIGIN_LOCAL && mtu > 0 ? { peer, ...TOO_LONG[family], mtu } : 'nothing';
  }

  #set(fd: number, level: number, option: number, value: number): void {
    this.#memory.i32[this.#value >> 2] = value;
    this.#kernel.setsockopt(fd, level, option, this.#memory.address + this.#value, 4);
  }
}
