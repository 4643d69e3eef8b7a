/**
 * The self-contained access token: sealed by an authorization server, opened by the TURN server, opaque to the client in
 * between. Judges neither its time nor who brings it. RFC 7635 §6.2.
 *
 * ```
 * nonce_length (16) = 12 │ nonce │ sealed: key_length (16) │ mac_key │ timestamp (64) │ lifetime (32) │ tag of 16 bytes
 * ```
 */
import { type Aead, ByteReader, ByteWriter, encodeUtf8, type Millis } from '../base/index.ts';

export interface AccessToken {
  /** What integrity is computed with, 20 … 64 bytes. */
  readonly macKey: Uint8Array;
  /** Milliseconds since 1970. */
  readonly issuedAt: Millis;
  readonly lifetimeSeconds: number;
}

/** RFC 5116 §5.1, §5.2. */
const TOKEN_NONCE_BYTES = 12;
const TAG_BYTES = 16;
/** 160 bits must be supported. */
const MIN_MAC_KEY_BYTES = 20;
/** A block of SHA-1 and SHA-256: a longer HMAC key would be hashed down, so it is worth nothing (RFC 2104 §3). */
const MAX_MAC_KEY_BYTES = 64;
/** The lengths, the timestamp and the lifetime. */
const FIXED_BYTES = 2 + 8 + 4;
/** The timestamp counts 1/64,000 s in its last 16 bits. */
const FRACTIONS_PER_MS = 64;

/**
 * `undefined` when it is not authentic, not for this server, or not of this shape. All lengths are checked before
 * anything is done with them.
 */
export function openAccessToken(aead: Aead, serverName: string, token: Uint8Array): AccessToken | undefined {
  const sealedBytes = token.length - 2 - TOKEN_NONCE_BYTES;
  const plainBytes = sealedBytes - TAG_BYTES;
  if (plainBytes < FIXED_BYTES + MIN_MAC_KEY_BYTES || plainBytes > FIXED_BYTES + MAX_MAC_KEY_BYTES) {
    return undefined;
  }
  const outer = new ByteReader(token);
  if (outer.u16() !== TOKEN_NONCE_BYTES) return undefined;
  const nonce = outer.take(TOKEN_NONCE_BYTES);
  const plaintext = new Uint8Array(plainBytes);
  if (!aead.open(nonce, encodeUtf8(serverName), outer.take(sealedBytes), plaintext)) return undefined;
  const inner = new ByteReader(plaintext);
  if (inner.u16() !== plainBytes - FIXED_BYTES) return undefined;
  const macKey = inner.take(plainBytes - FIXED_BYTES);
  const seconds = inner.u16() * 0x1_0000_0000 + inner.u32();
  const issuedAt = seconds * 1000 + inner.u16() / FRACTIONS_PER_MS;
  const lifetimeSeconds = inner.u32();
  return inner.failed ? undefined : { macKey, issuedAt, lifetimeSeconds };
}

/**
 * The other side's half, for authorization servers. `nonce` has 12 bytes and must never be used again with this key;
 * `RangeError` for another length of it, or of the MAC key.
 */
export function sealAccessToken(
  aead: Aead,
  nonce: Uint8Array,
  serverName: string,
  { macKey, issuedAt, lifetimeSeconds }: AccessToken,
): Uint8Array {
  if (nonce.length !== TOKEN_NONCE_BYTES) {
    throw new RangeError(`The nonce of a token has ${TOKEN_NONCE_BYTES} bytes, not ${nonce.length}.`);
  }
  if (macKey.length < MIN_MAC_KEY_BYTES || macKey.length > MAX_MAC_KEY_BYTES) {
    const range = `${MIN_MAC_KEY_BYTES} … ${MAX_MAC_KEY_BYTES}`;
    throw new RangeError(`The MAC key of a token has ${range} bytes, not ${macKey.length}.`);
  }
  const seconds = Math.floor(issuedAt / 1000);
  const plaintext = new ByteWriter(FIXED_BYTES + macKey.length)
    .u16(macKey.length)
    .bytes(macKey)
    .u16(Math.floor(seconds / 0x1_0000_0000))
    .u32(seconds % 0x1_0000_0000)
    .u16(Math.floor((issuedAt - seconds * 1000) * FRACTIONS_PER_MS))
    .u32(lifetimeSeconds)
    .written();
  const sealed = new Uint8Array(plaintext.length + TAG_BYTES);
  aead.seal(nonce, encodeUtf8(serverName), plaintext, sealed);
  return new ByteWriter(2 + nonce.length + sealed.length)
    .u16(nonce.length)
    .bytes(nonce)
    .bytes(sealed)
    .finish();
}
