/** Datagrams in batches, on Linux. Not a door: `node/index.ts` says what others may use. */
export { DatagramPost } from './datagram-post.ts';
export { ErrorQueue, type SendError } from './error-queue.ts';
export { isKernel, type Kernel, type NoKernel, openKernel } from './kernel.ts';
export { KernelMemory } from './kernel-memory.ts';
export { NameCache } from './name-cache.ts';
export { Bell, Poller } from './poller.ts';
export type { PostedSocket } from './posted-socket.ts';
export { HEADROOM_BYTES, ReceiveSlots } from './receive-slots.ts';
export { Segmentation } from './segmentation.ts';
export { type BatchCheck, checkBatches } from './self-check.ts';
export { sendDatagram } from './send-datagram.ts';
export { type SendCounts, SendList } from './send-list.ts';
export { isName, type NameWords, readName, wordsOf, writeName, writeWords } from './socket-name.ts';
export { TcpDescriptors } from './tcp-descriptor.ts';
export { TcpStreams } from './tcp-stream.ts';
export { UdpDescriptors } from './udp-descriptor.ts';
