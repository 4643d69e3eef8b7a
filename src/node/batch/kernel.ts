/**
 * The system calls that move datagrams in batches, through koffi, and nothing else of the kernel. 64-bit Linux only: what
 * the structures look like elsewhere is not written down here. Pointers are numbers: see `KernelMemory`.
 *
 * Buffers named by a pointer must be referenced from JavaScript as long as the kernel may touch them; nobody else does it.
 */

/** A C function of numbers. Less than 0 is a failure; `errno` tells which. */
type Call = (...args: number[]) => number;

export interface Kernel {
  readonly socket: Call;
  readonly bind: Call;
  readonly connect: Call;
  readonly listen: Call;
  readonly accept4: Call;
  readonly shutdown: Call;
  readonly getsockname: Call;
  readonly setsockopt: Call;
  readonly recvmmsg: Call;
  readonly recvmsg: Call;
  readonly recv: Call;
  readonly sendmmsg: Call;
  readonly sendto: Call;
  readonly send: Call;
  readonly sendmsg: Call;
  readonly fcntl: Call;
  readonly epollCreate: Call;
  readonly epollCtl: Call;
  readonly epollWait: Call;
  readonly eventfd: Call;
  readonly read: Call;
  readonly write: Call;
  readonly nanosleep: Call;
  readonly prctl: Call;
  readonly close: Call;
  /** Of the last call of this thread. */
  errno(): number;
  /** Where the bytes of a view lie. They do not move. */
  addressOf(view: Uint8Array): number;
}

/** Why there are no batches here; a sentence for the log. */
export interface NoKernel {
  readonly reason: string;
}

/** Numbers of Linux on x64 and arm64 (asm-generic). */
export const Errno = {
  EINTR: 4,
  EIO: 5,
  EAGAIN: 11,
  EACCES: 13,
  EINVAL: 22,
  EMFILE: 24,
  ENFILE: 23,
  EMSGSIZE: 90,
  EADDRINUSE: 98,
  EADDRNOTAVAIL: 99,
  ENOBUFS: 105,
  ECONNREFUSED: 111,
} as const;

const ARCHITECTURES: readonly string[] = ['x64', 'arm64'];

let opened: Promise<Kernel | NoKernel> | undefined;

/** Never rejects. The same for the whole thread. */
export function openKernel(): Promise<Kernel | NoKernel> {
  opened ??= findKernel(process, () => import('koffi'));
  return opened;
}

/** `load`: brings the optional package. */
export async function findKernel(
  { platform, arch }: Pick<NodeJS.Process, 'platform' | 'arch'>,
  load: () => Promise<typeof import('koffi')>,
): Promise<Kernel | NoKernel> {
  if (platform !== 'linux') return { reason: `batches need Linux, this is ${platform}` };
  if (!ARCHITECTURES.includes(arch)) {
    return { reason: `batches need an x64 or arm64 processor, this is ${arch}` };
  }
  try {
    const { default: koffi } = await load();
    // The process itself is linked with the system's C library, whichever it is.
    const library = koffi.load(null);
    const call = (definition: string): Call => library.func(definition);
    return {
      socket: call('int socket(int, int, int)'),
      bind: call('int bind(int, uintptr_t, uint)'),
      connect: call('int connect(int, uintptr_t, uint)'),
      listen: call('int listen(int, int)'),
      accept4: call('int accept4(int, uintptr_t, uintptr_t, int)'),
      shutdown: call('int shutdown(int, int)'),
      getsockname: call('int getsockname(int, uintptr_t, uintptr_t)'),
      setsockopt: call('int setsockopt(int, int, int, uintptr_t, uint)'),
      recvmmsg: call('int recvmmsg(int, uintptr_t, uint, int, uintptr_t)'),
      recvmsg: call('intptr_t recvmsg(int, uintptr_t, int)'),
      recv: call('intptr_t recv(int, uintptr_t, size_t, int)'),
      sendmmsg: call('int sendmmsg(int, uintptr_t, uint, int)'),
      sendto: call('intptr_t sendto(int, uintptr_t, size_t, int, uintptr_t, uint)'),
      send: call('intptr_t send(int, uintptr_t, size_t, int)'),
      sendmsg: call('intptr_t sendmsg(int, uintptr_t, int)'),
      fcntl: call('int fcntl(int, int, int)'),
      epollCreate: call('int epoll_create1(int)'),
      epollCtl: call('int epoll_ctl(int, int, int, uintptr_t)'),
      epollWait: call('int epoll_wait(int, uintptr_t, int, int)'),
      eventfd: call('int eventfd(uint, int)'),
      read: call('intptr_t read(int, uintptr_t, size_t)'),
      write: call('intptr_t write(int, uintptr_t, size_t)'),
      nanosleep: call('int nanosleep(uintptr_t, uintptr_t)'),
      prctl: call('int prctl(int, ulong, ulong, ulong, ulong)'),
      close: call('int close(int)'),
      errno: () => koffi.errno(),
      addressOf: (view) => Number(koffi.address(view)),
    };
  } catch (error) {
    return { reason: `koffi is not here (${error instanceof Error ? error.message : String(error)})` };
  }
}

export function isKernel(found: Kernel | NoKernel): found is Kernel {
  return 'recvmmsg' in found;
}
