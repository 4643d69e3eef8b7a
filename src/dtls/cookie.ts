/**
 * Cookies that prove that a client receives what is sent to its address, without remembering it. RFC 6347 §4.2.1.
 *
 *      0            1 … 20
 *   +--------+------------------- - -
 *   | period | HMAC-SHA-256(secret, period, address, random, session id), its first 20 bytes
 *   +--------+------------------- - -
 */
import {
  ByteWriter,
  type CryptoProvider,
  encodeUtf8,
  formatAddress,
  type Millis,
  type SocketAddress,
} from '../base/index.ts';
import type { ClientHello } from './hello.ts';

/** A cookie lives between one and two periods: longer than any round trip, too short to collect. */
const PERIOD_MS = 60_000;

const MAC_BYTES = 20;

export class CookieBaker {
  readonly #crypto: CryptoProvider;
  readonly #secret: Uint8Array;

  /** Servers that share a secret and a clock take each other's cookies. */
  constructor(crypto: CryptoProvider, secret: Uint8Array) {
    this.#crypto = crypto;
    this.#secret = secret.slice();
  }

  bake(now: Millis, client: SocketAddress, hello: ClientHello): Uint8Array {
    return this.#bake(periodOf(now), client, hello);
  }

  isOurs(now: Millis, client: SocketAddress, hello: ClientHello): boolean {
    if (hello.cookie.length !== 1 + MAC_BYTES) return false;
    const period = periodOf(now);
    const age = (period - (hello.cookie[0] ?? 0)) & 0xff;
    if (age > 1) return false;
    return this.#crypto.equal(hello.cookie, this.#bake(period - age, client, hello));
  }

  #bake(period: number, client: SocketAddress, hello: ClientHello): Uint8Array {
    const { random, sessionId } = hello;
    const data = new ByteWriter(128)
      .u32(period >>> 0)
      .u16(client.port)
      .bytes(random);
    data
      .u8(sessionId.length)
      .bytes(sessionId)
      .bytes(encodeUtf8(formatAddress(client)));
    const mac = this.#crypto.hmac('sha256', this.#secret, data.written());
    return new ByteWriter(1 + MAC_BYTES)
      .u8(period & 0xff)
      .bytes(mac.subarray(0, MAC_BYTES))
      .finish();
  }
}

function periodOf(now: Millis): number {
  return Math.floor(now / PERIOD_MS);
}
