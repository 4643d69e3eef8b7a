/**
 * Mobility tickets: which allocation, and the how-manieth ticket of it, under a seal that only this server can make.
 * Whether the allocation is there, and whether the ticket is still good, others know. RFC 8016 §3.1.2, §5.
 *
 * ```
 * +-------+------------------+------------+------------------+
 * | shard |      handle      |  sequence  |       seal       |
 * | 1     |      8, random   |  4         |  16 of HMAC-256  |
 * +-------+------------------+------------+------------------+
 * ```
 * Nothing in it is secret or tells of the client: the handle is random, the seal keeps it from being made up.
 */
import { type CryptoProvider, concatBytes, encodeHex, encodeUtf8, type Random } from '../base/index.ts';
import type { Shard } from './shard.ts';

const HANDLE_BYTES = 8;
const SEQUENCE_BYTES = 4;
/** 2⁻¹²⁸ for a guess. */
const SEAL_BYTES = 16;
const BODY_BYTES = 1 + HANDLE_BYTES + SEQUENCE_BYTES;
/** So that a seal of this kind is none of another kind that the same secret makes. */
const PURPOSE = encodeUtf8('mobility ticket');

export interface MobilityTicket {
  readonly shard: number;
  /** Hexadecimal. */
  readonly handle: string;
  readonly sequence: number;
}

export class MobilityTickets {
  readonly #crypto: CryptoProvider;
  readonly #random: Random;
  readonly #key: Uint8Array;
  readonly #shard: Shard;

  /** Machines with the same `secret` can read each other's tickets. */
  constructor(crypto: CryptoProvider, random: Random, secret: Uint8Array, shard: Shard) {
    this.#crypto = crypto;
    this.#random = random;
    this.#key = crypto.hmac('sha256', secret, PURPOSE);
    this.#shard = shard;
  }

  /** For an allocation that may move. */
  newHandle(): Uint8Array {
    return this.#random.bytes(HANDLE_BYTES);
  }

  /** `handle` has 8 bytes. Given away. */
  mint(handle: Uint8Array, sequence: number): Uint8Array {
    const number = new Uint8Array(SEQUENCE_BYTES);
    new DataView(number.buffer).setUint32(0, sequence);
    const body = concatBytes(Uint8Array.of(this.#shard.index), handle, number);
    return concatBytes(body, this.#seal(body));
  }

  /** `undefined` for what this server has not made. */
  read(ticket: Uint8Array): MobilityTicket | undefined {
    if (ticket.length !== BODY_BYTES + SEAL_BYTES) return undefined;
    const body = ticket.subarray(0, BODY_BYTES);
    if (!this.#crypto.equal(ticket.subarray(BODY_BYTES), this.#seal(body))) return undefined;
    const sequence = new DataView(body.buffer, body.byteOffset).getUint32(1 + HANDLE_BYTES);
    return { shard: body[0] ?? 0, handle: encodeHex(body.subarray(1, 1 + HANDLE_BYTES)), sequence };
  }

  #seal(body: Uint8Array): Uint8Array {
    return this.#crypto.hmac('sha256', this.#key, body).subarray(0, SEAL_BYTES);
  }
}
