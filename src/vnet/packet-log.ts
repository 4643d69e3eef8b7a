/** The story of a world, packet by packet: what hosts sent, what reached them, what was lost on the way and why. */
import { crc32, encodeUtf8, formatAddress, type Millis } from '../base/index.ts';
import type { Packet } from './packet.ts';

export type Fate =
  /** Left a host. */
  | 'sent'
  /** Reached a host. */
  | 'arrived'
  /** Lost in a link by chance. */
  | 'lost'
  /** A trap of the test took it. */
  | 'trapped'
  /** The queue of a link was full. */
  | 'queue-full'
  /** Longer than a link can carry. */
  | 'too-long'
  /** Damaged, and discarded for its checksum. */
  | 'corrupted'
  /** Nobody has that address. */
  | 'no-route'
  /** A NAT has no mapping for it, or its filter refused it. */
  | 'filtered'
  /** A NAT has no port left. */
  | 'no-port'
  /** No socket listens there. */
  | 'no-socket';

export interface PacketRecord {
  readonly at: Millis;
  /** The host, link, network or NAT where it happened. */
  readonly where: string;
  readonly fate: Fate;
  readonly packet: Packet;
}

export class PacketLog {
  readonly #maxRecords: number;
  readonly #records: PacketRecord[] = [];
  readonly #listeners: ((record: PacketRecord) => void)[] = [];
  #count = 0;
  #digest = 0;

  constructor(maxRecords: number) {
    this.#maxRecords = maxRecords;
  }

  /** The oldest ones, as many as are kept. */
  get records(): readonly PacketRecord[] {
    return this.#records;
  }

  /** All that were ever added. */
  get count(): number {
    return this.#count;
  }

  /** Of all records in their order, also of those not kept. Worlds with one story have one digest. */
  get digest(): number {
    return this.#digest;
  }

  add(record: PacketRecord): void {
    this.#count += 1;
    this.#digest = crc32(encodeUtf8(`${this.#digest} ${describeRecord(record)}`));
    if (this.#records.length < this.#maxRecords) this.#records.push(record);
    for (const listener of this.#listeners) listener(record);
  }

  onRecord(listener: (record: PacketRecord) => void): void {
    this.#listeners.push(listener);
  }

  /** Keeps the counts and the digest. */
  forgetRecords(): void {
    this.#records.length = 0;
  }
}

/** One line. */
export function describeRecord({ at, where, fate, packet }: PacketRecord): string {
  const { protocol, from, to, payload } = packet;
  const check = crc32(payload).toString(16);
  const more =
    packet.protocol === 'tcp'
      ? ` ${Object.keys(packet.flags).join('+')} ${packet.sequence} ${packet.acknowledged}`
      : '';
  return `${at} ${where} ${fate} ${protocol} ${formatAddress(from)} ${formatAddress(to)} ${payload.length} ${check}${more}`;
}
