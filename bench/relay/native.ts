/**
 * The few system calls of Linux that the generator makes for itself, so that it is no bottleneck. 64-bit Linux only.
 * The numbers are those of the kernel's headers. Decides nothing.
 */
import koffi from 'koffi';

const SOL_SOCKET = 1;
const SO_RCVBUFFORCE = 33;
const SO_SNDBUFFORCE = 32;
const SO_MEMINFO = 55;
/** `SK_MEMINFO_DROPS` of linux/sock_diag.h: the ninth of the counts that `SO_MEMINFO` gives. */
const DROPS_OFFSET = 8 * 4;
const AF_INET = 2;
const SOCK_DGRAM_NONBLOCK_CLOEXEC = 2 | 0x800 | 0x80000;
const IPPROTO_IP = 0;
const IP_PKTINFO = 8;
const POLLIN = 1;
const MSG_DONTWAIT = 0x40;
const PR_SET_TIMERSLACK = 29;

/** Bytes in flight that a starved generator must not lose: 50 ms of 600 MB/s. */
const BUFFER_BYTES = 32 << 20;

const libc = koffi.load('libc.so.6');
const bind = (definition: string): ((...args: readonly unknown[]) => number) => libc.func(definition);
const socketCall = bind('int socket(int, int, int)');
const bindCall = bind('int bind(int, void*, int)');
const closeCall = bind('int close(int)');
const setsockopt = bind('int setsockopt(int, int, int, void*, int)');
const getsockopt = bind('int getsockopt(int, int, int, void*, void*)');
const recvmmsgCall = bind('int recvmmsg(int, void*, uint, int, void*)');
const sendmmsgCall = bind('int sendmmsg(int, void*, uint, int)');
const ppollCall = bind('int ppoll(void*, ulong, void*, void*)');
const prctl = bind('int prctl(int, ulong, ulong, ulong, ulong)');

/** Memory that the kernel may write to: its own allocation, so that its address is its beginning. */
export function kernelMemory(bytes: number): Buffer {
  return Buffer.from(new ArrayBuffer(bytes));
}

/** Stays valid as long as the buffer is referenced from JavaScript. */
export function addressOf(memory: Buffer): bigint {
  return BigInt(koffi.address(memory));
}

/** A `struct sockaddr_in` at `offset`. `ip` as a 32-bit number, big end first. */
export function writeSocketAddress(into: Buffer, offset: number, ip: number, port: number): void {
  into.writeUInt16LE(AF_INET, offset);
  into.writeUInt16BE(port, offset + 2);
  into.writeUInt32BE(ip, offset + 4);
}

/** A UDP socket on every address, which says by which address a datagram came; `undefined` when the port is taken. */
export function openSocket(port: number): number | undefined {
  const fd = socketCall(AF_INET, SOCK_DGRAM_NONBLOCK_CLOEXEC, 0);
  if (fd < 0) throw new Error('No further socket could be opened.');
  const value = kernelMemory(4);
  value.writeInt32LE(BUFFER_BYTES);
  setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, value, 4);
  setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, value, 4);
  value.writeInt32LE(1);
  setsockopt(fd, IPPROTO_IP, IP_PKTINFO, value, 4);
  const address = kernelMemory(16);
  writeSocketAddress(address, 0, 0, port);
  if (bindCall(fd, address, 16) === 0) return fd;
  closeCall(fd);
  return undefined;
}

export function closeSocket(fd: number): void {
  closeCall(fd);
}

/** Datagrams that this socket has lost because nobody read them in time. */
export function dropsOf(fd: number): number {
  const counts = kernelMemory(64);
  const length = kernelMemory(4);
  length.writeInt32LE(counts.length);
  return getsockopt(fd, SOL_SOCKET, SO_MEMINFO, counts, length) === 0 ? counts.readUInt32LE(DROPS_OFFSET) : 0;
}

/** How many messages came; 0 when there are none. */
export function receiveBatch(fd: number, headers: Buffer, count: number): number {
  return Math.max(0, recvmmsgCall(fd, headers, count, MSG_DONTWAIT, null));
}

/** How many were sent; 0 when the kernel takes none. */
export function sendBatch(fd: number, headers: Buffer, count: number): number {
  return Math.max(0, sendmmsgCall(fd, headers, count, 0));
}

const pollEntry = kernelMemory(8);
const pollTime = kernelMemory(16);

/** Sleeps until the socket is readable or the time is over. */
export function waitReadable(fd: number, microseconds: number): void {
  pollEntry.writeInt32LE(fd, 0);
  pollEntry.writeInt16LE(POLLIN, 4);
  pollTime.writeInt32LE(Math.floor(microseconds / 1e6), 0);
  pollTime.writeInt32LE(Math.floor(microseconds % 1e6) * 1000, 8);
  ppollCall(pollEntry, 1, pollTime, null);
}

/** Lets sleeps of this thread end on time: the kernel adds 50 microseconds otherwise. */
export function wantPreciseSleep(): void {
  prctl(PR_SET_TIMERSLACK, 1000, 0, 0, 0);
}
