/**
 * ICMP messages about what a relay has sent, told to the client: which peer cannot be reached, and how long a packet
 * may be. Receives no packet itself. RFC 8656 §11.5.
 */
import { type Millis, type Queue, type Rate, type SocketAddress, TokenBucket } from '../base/index.ts';
import { MessageClass, MessageWriter } from '../stun/index.ts';
import type { AllocationBook } from './allocation-book.ts';
import { encodeIcmp, type IcmpError } from './attributes.ts';
import { TurnAttribute, TurnMethod } from './code-points.ts';
import type { RelayId } from './relay.ts';
import type { TurnTransmit } from './server-events.ts';

/** Destination unreachable and time exceeded, in IPv4; and packet too big between them, in IPv6. RFC 8656 §11.5. */
const REPORTED_TYPES = { 4: new Set([3, 11]), 6: new Set([1, 2, 3]) } as const;

/**
 * For each allocation. A peer that is gone answers every packet, and one message says as much as a hundred; the rest
 * would only cost the client's bandwidth.
 */
const REPORTS: Rate = { perSecond: 10, burst: 10 };

export class IcmpReports {
  readonly #book: AllocationBook;
  readonly #transmits: Queue<TurnTransmit>;
  readonly #newTransactionId: () => Uint8Array;
  /** Told to clients. */
  reported = 0;

  constructor(book: AllocationBook, transmits: Queue<TurnTransmit>, newTransactionId: () => Uint8Array) {
    this.#book = book;
    this.#transmits = transmits;
    this.#newTransactionId = newTransactionId;
  }

  /** `peer`: where the packet was going, in canonical text; port 0 when it is not known. */
  handle(now: Millis, id: RelayId, peer: SocketAddress, icmp: IcmpError): void {
    const relay = this.#book.relay(now, id);
    const owner = relay?.allocation;
    if (!relay || !owner?.attached || !REPORTED_TYPES[relay.family].has(icmp.type)) return;
    // "The source IP address MUST NOT be checked": whoever sent it, it is about a peer that is permitted.
    if (!relay.permitted(now, peer.ip)) return;
    owner.icmpReports ??= new TokenBucket(REPORTS, now);
    if (!owner.icmpReports.take(now)) return;
    this.reported += 1;
    const bytes = new MessageWriter(TurnMethod.DATA, MessageClass.INDICATION, this.#newTransactionId())
      .xorAddress(TurnAttribute.XOR_PEER_ADDRESS, peer)
      .attribute(TurnAttribute.ICMP, encodeIcmp(relay.family, icmp))
      .finish();
    this.#transmits.push({ kind: 'client', leg: owner.leg, bytes });
  }
}
