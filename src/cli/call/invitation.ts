/**
 * Where a room is, as one person tells another: a link, or its code alone. Reads and writes text; connects to nothing.
 *
 * ```
 * https://192.0.2.5:8080/r/abcd…#pin=SHA256   the certificate's fingerprint, where no authority vouches for it
 * abcdef-ghijkl-mnopqr-stuvwx                 24 letters and digits, on a server that is known otherwise
 * ```
 */
import { StackError } from '../../base/index.ts';

export interface Invitation {
  /** `https://host:port`; `undefined` for a code alone. */
  readonly origin: string | undefined;
  readonly room: string;
  /** SHA-256 of the server's certificate, 64 hexadecimal digits. */
  readonly pin: string | undefined;
}

const ROOM = /^[a-z2-7]{24}$/;

/** Throws `SETTINGS_INVALID`. */
export function parseInvitation(text: string): Invitation {
  if (!text.includes('://')) {
    const room = text.toLowerCase().replace(/[\s-]/g, '');
    if (!ROOM.test(room)) throw notInvitation(text);
    return { origin: undefined, room, pin: undefined };
  }
  const url = urlOf(text);
  const room = /^\/r\/([a-z2-7]{24})\/?$/.exec(url?.pathname ?? '')?.[1];
  if (!url || room === undefined || url.protocol !== 'https:') throw notInvitation(text);
  const pin = new URLSearchParams(url.hash.slice(1)).get('pin');
  return { origin: url.origin, room, pin: pin === null ? undefined : parsePin(pin) };
}

/** With colons or without. Throws `SETTINGS_INVALID`. */
export function parsePin(text: string): string {
  const pin = text.toLowerCase().replaceAll(':', '');
  if (/^[0-9a-f]{64}$/.test(pin)) return pin;
  throw new StackError(
    'SETTINGS_INVALID',
    `"${text}" is no SHA-256 fingerprint of a certificate; it has 64 hexadecimal digits.`,
  );
}

export function writeInvitation(origin: string, room: string, pin: string | undefined): string {
  return `${origin}/r/${room}${pin === undefined ? '' : `#pin=${pin}`}`;
}

/** To be read aloud. */
export function writeCode(room: string): string {
  return (room.match(/.{1,6}/g) ?? [room]).join('-');
}

/** Of `--server`. Throws `SETTINGS_INVALID`. */
export function parseOrigin(text: string): string {
  const url = urlOf(text.includes('://') ? text : `https://${text}`);
  if (url?.protocol === 'https:' && url.hostname !== '') return url.origin;
  throw new StackError(
    'SETTINGS_INVALID',
    `--server must be an https address such as https://call.example.com, but it is "${text}".`,
  );
}

function urlOf(text: string): URL | undefined {
  return URL.canParse(text) ? new URL(text) : undefined;
}

function notInvitation(text: string): StackError {
  return new StackError(
    'SETTINGS_INVALID',
    `"${text}" is no invitation: that is a link such as https://call.example.com/r/… or its code of 24 letters and digits.`,
  );
}
