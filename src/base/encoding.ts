/** Text to bytes and back: UTF-8, hexadecimal, base64, base32. Pure, because the core has no `TextEncoder`. RFC 3629, RFC 4648. */
const BASE64 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
/** RFC 4648 §5. */
const BASE64_URL = `${BASE64.slice(0, 62)}-_`;

/** Lower case, without 0 1 8 9, so that nothing looks like something else. RFC 4648 §6, in lower case. */
const BASE32 = 'abcdefghijklmnopqrstuvwxyz234567';

const BASE16 = '0123456789abcdef';

export function encodeUtf8(text: string): Uint8Array {
  return encodeAscii(text) ?? encodeCodePoints(text);
}

/** `undefined` for any other text. Most of what is encoded is this: names, realms, nonces, addresses. */
function encodeAscii(text: string): Uint8Array | undefined {
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit >= 0x80) return undefined;
    bytes[i] = unit;
  }
  return bytes;
}

function encodeCodePoints(text: string): Uint8Array {
  const out: number[] = [];
  for (const character of text) {
    let code = character.codePointAt(0) ?? 0;
    // A lone surrogate has no UTF-8 form; RFC 3629 §3 forbids it, so it becomes U+FFFD.
    if (code >= 0xd800 && code <= 0xdfff) code = 0xfffd;
    if (code < 0x80) out.push(code);
    else if (code < 0x800) out.push(0xc0 | (code >> 6), 0x80 | (code & 0x3f));
    else if (code < 0x10000) out.push(0xe0 | (code >> 12), 0x80 | ((code >> 6) & 0x3f), 0x80 | (code & 0x3f));
    else
      out.push(
        0xf0 | (code >> 18),
        0x80 | ((code >> 12) & 0x3f),
        0x80 | ((code >> 6) & 0x3f),
        0x80 | (code & 0x3f),
      );
  }
  return Uint8Array.from(out);
}

/** Malformed sequences become U+FFFD, one for each byte that cannot be part of a character. */
export function decodeUtf8(bytes: Uint8Array): string {
  let text = '';
  for (let i = 0; i < bytes.length; ) {
    const lead = bytes[i] ?? 0;
    const length =
      lead < 0x80
        ? 1
        : lead >= 0xc2 && lead < 0xe0
          ? 2
          : lead >= 0xe0 && lead < 0xf0
            ? 3
            : lead >= 0xf0 && lead < 0xf5
              ? 4
              : 0;
    const code = length === 0 ? -1 : decodeSequence(bytes, i, length);
    if (code < 0) {
      text += '\ufffd';
      i += 1;
    } else {
      text += String.fromCodePoint(code);
      i += length;
    }
  }
  return text;
}

/** Smallest code point that needs a sequence of this length: shorter forms are overlong. RFC 3629 §3. */
const SMALLEST = [0, 0, 0x80, 0x800, 0x10000] as const;

function decodeSequence(bytes: Uint8Array, at: number, length: number): number {
  const lead = bytes[at] ?? 0;
  if (length === 1) return lead;
  if (at + length > bytes.length) return -1;
  let code = lead & (0x7f >> length);
  for (let i = 1; i < length; i++) {
    const next = bytes[at + i] ?? 0;
    if ((next & 0xc0) !== 0x80) return -1;
    code = (code << 6) | (next & 0x3f);
  }
  if (code < (SMALLEST[length] ?? 0) || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) return -1;
  return code;
}

/** Two digits for each byte. */
const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

export function encodeHex(bytes: Uint8Array): string {
  let text = '';
  for (let i = 0; i < bytes.length; i++) text += HEX[bytes[i] as number];
  return text;
}

/** Spaces, colons and line breaks between digits are ignored; anything else gives `undefined`. */
export function decodeHex(text: string): Uint8Array | undefined {
  return decodeDigits(text.replace(/[\s:]/g, '').toLowerCase(), BASE16, 4);
}

export function encodeBase64(bytes: Uint8Array): string {
  return encodeDigits64(bytes, BASE64, '=');
}

/** URL-safe and without padding. RFC 4648 §5. */
export function encodeBase64Url(bytes: Uint8Array): string {
  return encodeDigits64(bytes, BASE64_URL, '');
}

function encodeDigits64(bytes: Uint8Array, alphabet: string, padding: string): string {
  let text = '';
  for (let i = 0; i < bytes.length; i += 3) {
    const word = ((bytes[i] ?? 0) << 16) | ((bytes[i + 1] ?? 0) << 8) | (bytes[i + 2] ?? 0);
    text += alphabet[(word >> 18) & 63];
    text += alphabet[(word >> 12) & 63];
    text += i + 1 < bytes.length ? alphabet[(word >> 6) & 63] : padding;
    text += i + 2 < bytes.length ? alphabet[word & 63] : padding;
  }
  return text;
}

/** Accepts both alphabets, padded or not; `undefined` for anything else. */
export function decodeBase64(text: string): Uint8Array | undefined {
  const plain = text.replaceAll('-', '+').replaceAll('_', '/').replace(/=+$/, '');
  return decodeDigits(plain, BASE64, 6);
}

export function encodeBase32(bytes: Uint8Array): string {
  let text = '';
  let word = 0;
  let bits = 0;
  for (const byte of bytes) {
    word = ((word << 8) | byte) & 0xffff;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      text += BASE32[(word >> bits) & 31];
    }
  }
  if (bits > 0) text += BASE32[(word << (5 - bits)) & 31];
  return text;
}

/** Upper or lower case, without padding; `undefined` for anything else. */
export function decodeBase32(text: string): Uint8Array | undefined {
  return decodeDigits(text.toLowerCase(), BASE32, 5);
}

function decodeDigits(text: string, alphabet: string, bitsPerDigit: number): Uint8Array | undefined {
  const bytes = new Uint8Array(Math.floor((text.length * bitsPerDigit) / 8));
  let word = 0;
  let bits = 0;
  let at = 0;
  for (let i = 0; i < text.length; i++) {
    const digit = alphabet.indexOf(text.charAt(i));
    if (digit < 0) return undefined;
    word = ((word << bitsPerDigit) | digit) & 0xffff;
    bits += bitsPerDigit;
    if (bits >= 8) {
      bits -= 8;
      bytes[at++] = (word >> bits) & 0xff;
    }
  }
  // A digit that adds no byte: no bytes are encoded in so many digits (RFC 4648 §4, §6).
  if (bits >= bitsPerDigit) return undefined;
  return bytes;
}
