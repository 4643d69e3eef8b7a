/** How long a text is in UTF-8, without writing it. RFC 3629 §3. */

export function utf8Length(text: string): number {
  let bytes = text.length;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0x80) continue;
    bytes += 1;
    if (unit < 0x800) continue;
    const next = text.charCodeAt(i + 1);
    // A pair of surrogates: two units, four bytes. A lone one becomes U+FFFD: three.
    if (unit >= 0xd800 && unit < 0xdc00 && next >= 0xdc00 && next < 0xe000) i += 1;
    bytes += 1;
  }
  return bytes;
}
