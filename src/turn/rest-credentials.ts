/**
 * Short-lived credentials without a database: the TURN REST scheme (draft-uberti-behave-turn-rest-00).
 * `username = <expiry, unix seconds>:<id>`, `password = base64(HMAC-SHA1(secret, username))`.
 */
import { type CryptoProvider, encodeBase64, encodeUtf8, type Millis } from '../base/index.ts';

export interface RestCredentials {
  readonly username: string;
  /** What W3C calls `credential`. */
  readonly password: string;
  /** Milliseconds since 1970. */
  readonly expiresAt: Millis;
}

export interface RestName {
  readonly expiresAtSeconds: number;
  /** May be empty. */
  readonly id: string;
}

/** `wallNow` in milliseconds since 1970; `id` tells whom quotas count. */
export function mintRestCredentials(
  crypto: CryptoProvider,
  secret: string,
  wallNow: Millis,
  lifetimeSeconds: number,
  id: string,
): RestCredentials {
  const expiresAtSeconds = Math.floor(wallNow / 1000) + lifetimeSeconds;
  const username = `${expiresAtSeconds}:${id}`;
  return {
    username,
    password: restPassword(crypto, secret, username),
    expiresAt: expiresAtSeconds * 1000,
  };
}

export function restPassword(crypto: CryptoProvider, secret: string, username: string): string {
  return encodeBase64(crypto.hmac('sha1', encodeUtf8(secret), encodeUtf8(username)));
}

/** `undefined` when the user name is not of this scheme. */
export function parseRestName(username: string): RestName | undefined {
  const match = /^(\d{1,12})(?::(.*))?$/s.exec(username);
  return match ? { expiresAtSeconds: Number(match[1]), id: match[2] ?? '' } : undefined;
}

export function isExpired(name: RestName, wallNow: Millis): boolean {
  return wallNow >= name.expiresAtSeconds * 1000;
}
