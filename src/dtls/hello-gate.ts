/**
 * Meets every ClientHello before there is a connection, and remembers nothing: who has no cookie gets one. What is forged
 * ends here. RFC 6347 §4.2.1.
 */
import type { CryptoProvider, Millis, SocketAddress } from '../base/index.ts';
import { CONTENT_TYPE, HANDSHAKE_TYPE, VERSION } from './code-points.ts';
import { CookieBaker } from './cookie.ts';
import { decodeFragments, encodeFragment } from './handshake-message.ts';
import { type ClientHello, decodeClientHello, encodeHelloVerifyRequest } from './hello.ts';
import { type DtlsRecord, encodePlainRecord, readRecord } from './record.ts';

/** A ClientHello in one piece, as the first record of a datagram. */
export interface Greeting {
  readonly hello: ClientHello;
  readonly record: DtlsRecord;
  /** message_seq. */
  readonly sequence: number;
}

export type Verdict =
  /** Send this, and forget it. Given away. */
  { readonly kind: 'verify'; readonly datagram: Uint8Array } | { readonly kind: 'welcome' };

/** Whether a datagram begins with a plain ClientHello, without parsing it. */
export function beginsWithHello(datagram: Uint8Array): boolean {
  return (
    datagram[0] === CONTENT_TYPE.HANDSHAKE &&
    datagram[3] === 0 &&
    datagram[4] === 0 &&
    datagram[13] === HANDSHAKE_TYPE.CLIENT_HELLO
  );
}

/** `undefined` for what is no whole ClientHello: one in pieces would have to be remembered. Borrows. */
export function readGreeting(datagram: Uint8Array): Greeting | undefined {
  const record = readRecord(datagram);
  if (!record || record.type !== CONTENT_TYPE.HANDSHAKE || record.epoch !== 0) return undefined;
  const [first] = decodeFragments(record.fragment) ?? [];
  if (!first || first.type !== HANDSHAKE_TYPE.CLIENT_HELLO || first.bytes.length !== first.length) {
    return undefined;
  }
  const hello = decodeClientHello(first.bytes);
  return hello && { hello, record, sequence: first.sequence };
}

export class HelloGate {
  readonly #baker: CookieBaker;

  constructor(crypto: CryptoProvider, cookieSecret: Uint8Array) {
    this.#baker = new CookieBaker(crypto, cookieSecret);
  }

  judge(now: Millis, from: SocketAddress, { hello, record, sequence }: Greeting): Verdict {
    if (this.#baker.isOurs(now, from, hello)) return { kind: 'welcome' };
    // RFC 6347 §4.2.1: the version says 1.0, whatever will be spoken; the record number is the one of the hello, since
    // nobody counts ours. The same goes for message_seq: it is what the client expects next.
    const version = VERSION.DTLS_1_0;
    const cookie = this.#baker.bake(now, from, hello);
    const body = encodeHelloVerifyRequest({ version, cookie });
    const message = { type: HANDSHAKE_TYPE.HELLO_VERIFY_REQUEST, sequence, body };
    const header = { type: CONTENT_TYPE.HANDSHAKE, version, epoch: 0, sequence: record.sequence };
    return { kind: 'verify', datagram: encodePlainRecord(header, encodeFragment(message, 0, body.length)) };
  }
}
