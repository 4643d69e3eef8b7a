/**
 * The extension that limits which DNS names a certificate authority may vouch for: who trusts ours need not fear that
 * its key could speak for a bank. Addresses stay free, because they change with the network. RFC 5280 §4.2.1.10.
 */
import { x509 } from './x509.ts';

const NAME_CONSTRAINTS = '2.5.29.30';

/** DER tags: SEQUENCE, permittedSubtrees [0], and of GeneralName the dNSName [2]. */
const SEQUENCE = 0x30;
const PERMITTED = 0xa0;
const DNS_NAME = 0x82;

/**
 * Permits each name and everything below it; a name form without a subtree (addresses) is not limited. Critical, as
 * RFC 5280 asks: who does not understand it must not trust the authority without it.
 */
export function nameConstraints(names: readonly string[]): InstanceType<typeof x509.Extension> {
  const subtrees = names.map((name) => tagged(SEQUENCE, tagged(DNS_NAME, Buffer.from(name, 'ascii'))));
  const value = tagged(SEQUENCE, tagged(PERMITTED, Buffer.concat(subtrees)));
  return new x509.Extension(NAME_CONSTRAINTS, true, Uint8Array.from(value));
}

/** The names that a certificate of ours permits; `undefined` when it has no such extension in the form written here. */
export function readNameConstraints(certificate: x509.X509Certificate): string[] | undefined {
  const extension = certificate.getExtension(NAME_CONSTRAINTS);
  const outer = extension && readAll(Buffer.from(extension.value))[0];
  const permitted = outer?.tag === SEQUENCE ? readAll(outer.value)[0] : undefined;
  if (permitted?.tag !== PERMITTED) return undefined;
  return readAll(permitted.value)
    .flatMap((subtree) => readAll(subtree.value))
    .filter(({ tag }) => tag === DNS_NAME)
    .map(({ value }) => value.toString('ascii'));
}

/** Whether `name` is one of the permitted ones or below one. */
export function permits(permitted: readonly string[], name: string): boolean {
  return permitted.some((allowed) => name === allowed || name.endsWith(`.${allowed}`));
}

/** DER, X.690 §8.1.3: lengths below 128 in one byte, longer ones after a byte that counts theirs. */
function tagged(tag: number, value: Buffer): Buffer {
  const { length } = value;
  if (length < 0x80) return Buffer.concat([Buffer.of(tag, length), value]);
  if (length < 0x100) return Buffer.concat([Buffer.of(tag, 0x81, length), value]);
  return Buffer.concat([Buffer.of(tag, 0x82, length >> 8, length & 0xff), value]);
}

/** The elements of a constructed value; what is cut off at the end is left out. */
function readAll(bytes: Buffer): { tag: number; value: Buffer }[] {
  const elements: { tag: number; value: Buffer }[] = [];
  for (let at = 0; at + 2 <= bytes.length; ) {
    const tag = bytes[at] ?? 0;
    const first = bytes[at + 1] ?? 0;
    const longBytes = first >= 0x80 ? first & 0x7f : 0;
    let length = longBytes === 0 ? first : 0;
    for (let i = 0; i < longBytes; i++) length = length * 256 + (bytes[at + 2 + i] ?? 0);
    const start = at + 2 + longBytes;
    if (start + length > bytes.length) break;
    elements.push({ tag, value: bytes.subarray(start, start + length) });
    at = start + length;
  }
  return elements;
}
