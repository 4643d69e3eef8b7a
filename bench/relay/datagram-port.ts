/**
 * One UDP socket that stands for thousands of loopback addresses: it says for each datagram from which 127.x.y.z it
 * leaves, and learns to which one a datagram came. So a server sees as many clients as we like, and one batched system
 * call serves them all. Sends every datagram by itself, as a browser's system does: no segmentation offload.
 */
import {
  addressOf,
  closeSocket,
  dropsOf,
  kernelMemory,
  openSocket,
  receiveBatch,
  sendBatch,
  waitReadable,
  writeSocketAddress,
} from './native.ts';

const SLOTS = 128;
/** The largest datagram that is sent or looked at. */
const SLOT_BYTES = 1536;
const NAME_BYTES = 16;
const VECTOR_BYTES = 16;
const HEADER_BYTES = 64; // struct mmsghdr
const CONTROL_BYTES = 32; // a cmsghdr and a struct in_pktinfo, rounded up
const PKTINFO_CMSG_BYTES = 28;

/** Below the ports that the system gives to others, and below those of relays. */
const FIRST_PORT = 20_000;
const LAST_PORT = 30_000;

/** Where a received datagram lies in `DatagramPort.received`. */
export type OnDatagram = (offset: number, length: number, toIp: number) => void;

export class DatagramPort {
  readonly port: number;
  /** What the last `receive` brought, valid until the next one. */
  readonly received = kernelMemory(SLOTS * SLOT_BYTES);
  readonly #fd: number;
  readonly #outgoing = kernelMemory(SLOTS * SLOT_BYTES);
  readonly #sendHeaders: Buffer;
  readonly #sendParts: SlotParts;
  readonly #receiveHeaders: Buffer;
  readonly #receiveParts: SlotParts;
  #queued = 0;
  /** Datagrams that the kernel took. */
  sent = 0;

  constructor() {
    const { fd, port } = openAnyPort();
    this.#fd = fd;
    this.port = port;
    this.#sendParts = new SlotParts(this.#outgoing);
    this.#sendHeaders = this.#sendParts.headers;
    this.#receiveParts = new SlotParts(this.received);
    this.#receiveHeaders = this.#receiveParts.headers;
  }

  /**
   * Queues a datagram of `length` bytes and returns the memory to write it into, from offset 0; what stood there
   * before stands there still. Sends by itself when the queue is full.
   */
  queue(fromIp: number, toIp: number, toPort: number, length: number): Buffer {
    if (this.#queued === SLOTS) this.flush();
    const slot = this.#queued;
    this.#queued += 1;
    this.#sendParts.address(slot, fromIp, toIp, toPort, length);
    return this.#sendParts.slots[slot] as Buffer;
  }

  flush(): void {
    if (this.#queued === 0) return;
    this.sent += sendBatch(this.#fd, this.#sendHeaders, this.#queued);
    this.#queued = 0;
  }

  /** Takes at most one batch. Returns how many there were. */
  receive(onDatagram: OnDatagram): number {
    this.#receiveParts.prepare();
    const count = receiveBatch(this.#fd, this.#receiveHeaders, SLOTS);
    this.#receiveParts.used = count;
    for (let slot = 0; slot < count; slot += 1) {
      onDatagram(slot * SLOT_BYTES, this.#receiveParts.length(slot), this.#receiveParts.destination(slot));
    }
    return count;
  }

  /** Sleeps until something has come or the time is over. */
  wait(microseconds: number): void {
    waitReadable(this.#fd, microseconds);
  }

  /** Datagrams lost here, because this process did not read in time: no server's fault. */
  get drops(): number {
    return dropsOf(this.#fd);
  }

  close(): void {
    closeSocket(this.#fd);
  }
}

function openAnyPort(): { readonly fd: number; readonly port: number } {
  for (let attempt = 0; attempt < 100; attempt += 1) {
    const port = FIRST_PORT + Math.floor(Math.random() * (LAST_PORT - FIRST_PORT));
    const fd = openSocket(port);
    if (fd !== undefined) return { fd, port };
  }
  throw new Error(`No free UDP port was found between ${FIRST_PORT} and ${LAST_PORT}.`);
}

/** The structures that `sendmmsg` and `recvmmsg` want, one of each for each slot, pointing at each other. */
class SlotParts {
  readonly headers = kernelMemory(SLOTS * HEADER_BYTES);
  readonly slots: readonly Buffer[];
  readonly #names = kernelMemory(SLOTS * NAME_BYTES);
  readonly #vectors = kernelMemory(SLOTS * VECTOR_BYTES);
  readonly #controls = kernelMemory(SLOTS * CONTROL_BYTES);
  /** How many slots the kernel wrote to, in the batch that was received last. */
  used = 0;

  constructor(memory: Buffer) {
    const at = (start: bigint, slot: number, size: number): bigint => start + BigInt(slot * size);
    const [bytes, names, vectors, controls] = [
      addressOf(memory),
      addressOf(this.#names),
      addressOf(this.#vectors),
      addressOf(this.#controls),
    ] as const;
    const slots: Buffer[] = [];
    for (let slot = 0; slot < SLOTS; slot += 1) {
      slots.push(memory.subarray(slot * SLOT_BYTES, (slot + 1) * SLOT_BYTES));
      this.#vectors.writeBigUInt64LE(at(bytes, slot, SLOT_BYTES), slot * VECTOR_BYTES);
      this.#vectors.writeUInt32LE(SLOT_BYTES, slot * VECTOR_BYTES + 8);
      const header = slot * HEADER_BYTES;
      this.headers.writeBigUInt64LE(at(names, slot, NAME_BYTES), header);
      this.headers.writeUInt32LE(NAME_BYTES, header + 8);
      this.headers.writeBigUInt64LE(at(vectors, slot, VECTOR_BYTES), header + 16);
      this.headers.writeUInt32LE(1, header + 24);
      this.headers.writeBigUInt64LE(at(controls, slot, CONTROL_BYTES), header + 32);
      this.headers.writeUInt32LE(CONTROL_BYTES, header + 40);
      const control = slot * CONTROL_BYTES;
      this.#controls.writeUInt32LE(PKTINFO_CMSG_BYTES, control);
      this.#controls.writeInt32LE(0, control + 8); // IPPROTO_IP
      this.#controls.writeInt32LE(8, control + 12); // IP_PKTINFO
      writeSocketAddress(this.#names, slot * NAME_BYTES, 0, 0);
    }
    this.slots = slots;
  }

  /** For sending. */
  address(slot: number, fromIp: number, toIp: number, toPort: number, length: number): void {
    const name = slot * NAME_BYTES;
    this.#names.writeUInt16BE(toPort, name + 2);
    this.#names.writeUInt32BE(toIp, name + 4);
    this.#controls.writeUInt32BE(fromIp, slot * CONTROL_BYTES + 20); // ipi_spec_dst
    this.#vectors.writeUInt32LE(length, slot * VECTOR_BYTES + 8);
  }

  /** Before receiving: the kernel has overwritten how much room there is. */
  prepare(): void {
    for (let header = 0; header < this.used * HEADER_BYTES; header += HEADER_BYTES) {
      this.headers.writeUInt32LE(CONTROL_BYTES, header + 40);
    }
  }

  length(slot: number): number {
    return this.headers.readUInt32LE(slot * HEADER_BYTES + 56);
  }

  destination(slot: number): number {
    return this.#controls.readUInt32BE(slot * CONTROL_BYTES + 24); // ipi_addr
  }
}
