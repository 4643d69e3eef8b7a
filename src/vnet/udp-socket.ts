/** A UDP socket of a virtual host: a `DatagramSocket` that can also set DF, and hears what became of its datagrams. */
import { type DatagramHandler, type DatagramSocket, familyOf, type SocketAddress } from '../base/index.ts';
import type { IcmpError } from '../turn/index.ts';
import type { IcmpPacket, Packet, UdpPacket } from './packet.ts';
import { isWildcard } from './port-table.ts';

/** `peer`: where the datagram was going. */
export type IcmpHandler = (peer: SocketAddress, error: IcmpError) => void;

export interface UdpSurroundings {
  /** The address that a packet to `ip` leaves from. */
  sourceIp(ip: string): string | undefined;
  send(packet: Packet): void;
}

export class VirtualUdpSocket implements DatagramSocket {
  readonly local: SocketAddress;
  /** Whoever sends says so for each datagram. */
  readonly neverFragments = false;
  readonly #around: UdpSurroundings;
  readonly #release: () => void;
  readonly #copies: boolean;
  #handler: DatagramHandler = () => {};
  #afterBatch: () => void = () => {};
  #icmpHandler: IcmpHandler = () => {};
  #closed = false;

  constructor(local: SocketAddress, around: UdpSurroundings, release: () => void, copies = false) {
    this.local = local;
    this.#around = around;
    this.#release = release;
    this.#copies = copies;
  }

  send(bytes: Uint8Array, to: SocketAddress, dontFragment = false): void {
    // As on a real socket: no such port, no such family.
    if (this.#closed || to.port === 0 || familyOf(this.local.ip) !== familyOf(to.ip)) return;
    const ip = isWildcard(this.local.ip) ? this.#around.sourceIp(to.ip) : this.local.ip;
    if (ip === undefined) return;
    const from = { ip, port: this.local.port };
    const flag = dontFragment ? { dontFragment: true as const } : {};
    const payload = this.#copies ? bytes.slice() : bytes;
    this.#around.send({ protocol: 'udp', from, to, payload, ...flag });
  }

  onDatagram(handler: DatagramHandler, afterBatch: () => void = () => {}): void {
    this.#handler = handler;
    this.#afterBatch = afterBatch;
  }

  onIcmp(handler: IcmpHandler): void {
    this.#icmpHandler = handler;
  }

  receive(packet: UdpPacket): void {
    if (!this.#closed) this.#handler(packet.from, packet.payload);
    if (!this.#closed) this.#afterBatch();
  }

  receiveIcmp({ about, error }: IcmpPacket): void {
    if (!this.#closed) this.#icmpHandler(about.to, error);
  }

  close(): void {
    this.#closed = true;
    this.#release();
  }
}
