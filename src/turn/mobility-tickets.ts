/**
 * Mobility tickets: which allocation, and the how-manieth ticket of it, under a seal that only this server can make.
 * Whether the allocation is there, and whether the ticket is still good, others know. RFC 8016 §3.1.2, §5.
 *
 * ```
 * +-------+------------------+------------+------------------+
 * | shard |      handle      |  sequence  |       seal       |
 * | 1     |      8, random   |  3         |  12 of HMAC-256  |
 * +-------+------------------+------------+------------------+
 * ```
 * It travels in base64url, 32 characters: coturn's client takes a ticket for a text of at most so many. Nothing in it is
 * secret or tells of the client: the handle is random, the seal keeps it from being made up.
 */
import {
  type CryptoProvider,
  concatBytes,
  decodeBase64,
  decodeUtf8,
  encodeBase64Url,
  encodeHex,
  encodeUtf8,
  type Random,
} from '../base/index.ts';
import type { Shard } from './shard.ts';

const HANDLE_BYTES = 8;
const SEQUENCE_BYTES = 3;
/** 2⁻⁹⁶ for a guess. */
const SEAL_BYTES = 12;
const BODY_BYTES = 1 + HANDLE_BYTES + SEQUENCE_BYTES;
const TICKET_CHARACTERS = ((BODY_BYTES + SEAL_BYTES) * 4) / 3;
/** Sixteen million moves of one allocation, none of which takes less than a round trip. */
export const MAX_SEQUENCE = 2 ** 24 - 1;
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

  /** `handle` has 8 bytes, `sequence` is at most `MAX_SEQUENCE`. Given away. */
  mint(handle: Uint8Array, sequence: number): Uint8Array {
    const number = Uint8Array.of(sequence >> 16, (sequence >> 8) & 0xff, sequence & 0xff);
    const body = concatBytes(Uint8Array.of(this.#shard.index), handle, number);
    return encodeUtf8(encodeBase64Url(concatBytes(body, this.#seal(body))));
  }

  /** `undefined` for what this server has not made. */
  read(ticket: Uint8Array): MobilityTicket | undefined {
    if (ticket.length !== TICKET_CHARACTERS) return undefined;
    const bytes = decodeBase64(decodeUtf8(ticket));
    if (bytes?.length !== BODY_BYTES + SEAL_BYTES) return undefined;
    const body = bytes.subarray(0, BODY_BYTES);
    if (!this.#crypto.equal(bytes.subarray(BODY_BYTES), this.#seal(body))) return undefined;
    const [high = 0, middle = 0, low = 0] = body.subarray(1 + HANDLE_BYTES);
    return {
      shard: body[0] ?? 0,
      handle: encodeHex(body.subarray(1, 1 + HANDLE_BYTES)),
      sequence: (high << 16) | (middle << 8) | low,
    };
  }

  #seal(body: Uint8Array): Uint8Array {
    return this.#crypto.hmac('sha256', this.#key, body).subarray(0, SEAL_BYTES);
  }
}
