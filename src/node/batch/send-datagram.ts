/** One datagram, in one call. What the kernel does not take is lost. sendto(2). */
import { Errno, type Kernel } from './kernel.ts';
import { MSG_DONTWAIT } from './layout.ts';

/** Failures that are about the datagram itself, or about room: to try again at once is in vain. */
const FINAL: readonly number[] = [
  Errno.EAGAIN,
  Errno.EIO,
  Errno.EINVAL,
  Errno.EMSGSIZE,
  Errno.ENOBUFS,
  Errno.EINTR,
];

/**
 * Whether a failed call may have told of an earlier datagram, to another peer: a socket that listens to errors is told of
 * each of them by the next call, whatever that does (`ErrorQueue`). The same call again is a new one.
 */
export function mayBeOfEarlier(errno: number): boolean {
  return !FINAL.includes(errno);
}

/** Pointers and lengths of the bytes and of the name. Tells whether it left. */
export function sendDatagram(
  kernel: Kernel,
  fd: number,
  data: number,
  length: number,
  name: number,
  nameLength: number,
): boolean {
  if (kernel.sendto(fd, data, length, MSG_DONTWAIT, name, nameLength) >= 0) return true;
  if (!mayBeOfEarlier(kernel.errno())) return false;
  return kernel.sendto(fd, data, length, MSG_DONTWAIT, name, nameLength) >= 0;
}
