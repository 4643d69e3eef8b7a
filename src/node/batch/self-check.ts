/** Whether batches work here, tried on a real socket: a run sent as one message must come back as its pieces. */
import type { SocketAddress } from '../../base/index.ts';
import type { Kernel } from './kernel.ts';
import { KernelMemory } from './kernel-memory.ts';
import { NAME_BYTES } from './layout.ts';
import { Poller } from './poller.ts';
import { ReceiveSlots } from './receive-slots.ts';
import { Segmentation } from './segmentation.ts';
import { SendList } from './send-list.ts';
import { wordsOf, writeName } from './socket-name.ts';
import { UdpDescriptors } from './udp-descriptor.ts';

export type BatchCheck =
  /** `segments`: whether the kernel cuts runs apart; without, each datagram is a message of its own. */
  { readonly works: true; readonly segments: boolean } | { readonly works: false; readonly reason: string };

/** Two of this length and a shorter one; the content says which byte of which piece it is. */
const PIECE_BYTES = 1000;
const LAST_BYTES = 7;
const ENOUGH_MS = 200;

/** Blocks for at most 0.4 s, ordinarily for a millisecond. */
export function checkBatches(kernel: Kernel): BatchCheck {
  if (sendsAndReceives(kernel, true)) return { works: true, segments: true };
  if (sendsAndReceives(kernel, false)) return { works: true, segments: false };
  return { works: false, reason: 'datagrams sent in a batch over loopback did not come back' };
}

function sendsAndReceives(kernel: Kernel, segments: boolean): boolean {
  const sockets = new UdpDescriptors(kernel);
  let fd = -1;
  let poller: Poller | undefined;
  try {
    fd = sockets.open(anyLoopback());
    poller = new Poller(kernel);
    poller.add(fd, 1, 1);
    return comesBack(kernel, poller, fd, sockets.localOf(fd), segments);
  } catch {
    return false; // no loopback, no descriptors: whatever it is, the portable sockets will say it better
  } finally {
    poller?.close();
    if (fd >= 0) sockets.close(fd);
  }
}

function comesBack(
  kernel: Kernel,
  poller: Poller,
  fd: number,
  local: SocketAddress,
  segments: boolean,
): boolean {
  const sent = new KernelMemory(kernel, 4096);
  const name = new KernelMemory(kernel, NAME_BYTES);
  writeName(name, 0, local);
  const lengths = [PIECE_BYTES, PIECE_BYTES, LAST_BYTES];
  const counts = { sent: 0, sendFailed: 0 };
  const list = new SendList(kernel, new Segmentation(segments), counts, 4);
  const words = wordsOf(name, 0);
  let at = 0;
  for (const length of lengths) {
    for (let i = 0; i < length; i++) sent.u8[at + i] = (at + i * 7) & 0xff;
    list.add(words, sent.address + at, length);
    at += length;
  }
  list.flush(fd);
  if (counts.sendFailed > 0) return false;
  const slots = new ReceiveSlots(kernel, 4);
  at = 0;
  for (let got = 0; got < lengths.length; ) {
    if (poller.wait(ENOUGH_MS) === 0) return false;
    const first = got;
    got += slots.receive(fd, first, 4 - first);
    for (let slot = first; slot < got; slot++) {
      const bytes = slots.bytesOf(slot);
      if (bytes.length !== lengths[slot]) return false;
      if (!bytes.every((byte, i) => byte === sent.u8[at + i])) return false;
      at += bytes.length;
    }
  }
  return true;
}

function anyLoopback(): SocketAddress {
  return { ip: '127.0.0.1', port: 0 };
}
