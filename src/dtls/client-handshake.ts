/** The handshake as the client sees it. RFC 6347 §4.2.4 (flights 1, 3, 5), RFC 5246 §7.3, RFC 8422, RFC 7627, RFC 5746. */
import { type AgreementGroup, type CertificateKey, unreachable } from '../base/index.ts';
import {
  decodeCertificate,
  decodeCertificateRequest,
  encodeCertificate,
  encodeDigitallySigned,
} from './certificate-messages.ts';
import type { CipherSuite } from './cipher-suites.ts';
import { chosenByServer, clientExtensions, type ServerChoice } from './client-offer.ts';
import { HANDSHAKE_TYPE, NULL_COMPRESSION, VERSION } from './code-points.ts';
import { Conversation } from './conversation.ts';
import { type DtlsFault, malformed, nothingInCommon, violation } from './fault.ts';
import { checkFinished } from './finished.ts';
import { groupId, groupOf } from './groups.ts';
import type { FlightItem, Handshake, HandshakeHost, HandshakeResult } from './handshake.ts';
import type { HandshakeMessage } from './handshake-message.ts';
import {
  decodeHelloVerifyRequest,
  decodeServerHello,
  type Extensions,
  encodeClientHello,
  RANDOM_BYTES,
  type ServerHello,
} from './hello.ts';
import { decodeServerKeyExchange, encodeClientKeyExchange } from './key-exchange-messages.ts';
import { KeySchedule, type Randoms } from './key-schedule.ts';
import type { DtlsIdentity } from './options.ts';
import { checkSignature, isFault, judgePeer, signedParams } from './peer-certificate.ts';
import { chooseSignatureScheme } from './signature-schemes.ts';

/** A server that asks again and again for another cookie never gets anywhere. */
const MAX_COOKIES = 3;

/** What ServerHello has decided. */
interface Agreed extends ServerChoice {
  readonly suite: CipherSuite;
  readonly randoms: Randoms;
}

/** The server's certificate is known. */
interface Certified extends Agreed {
  readonly chain: readonly Uint8Array[];
  readonly key: CertificateKey;
}

/** The server's ephemeral key is known and signed. */
interface Keyed extends Certified {
  readonly group: AgreementGroup;
  readonly serverPublicKey: Uint8Array;
  /** The schemes of a CertificateRequest. */
  readonly asked: readonly number[] | undefined;
}

type State =
  | { readonly kind: 'want-server-hello'; readonly cookies: number }
  | { readonly kind: 'want-certificate'; readonly agreed: Agreed }
  | { readonly kind: 'want-key-exchange'; readonly certified: Certified }
  | { readonly kind: 'want-hello-done'; readonly keyed: Keyed }
  | { readonly kind: 'want-finished'; readonly result: HandshakeResult }
  | { readonly kind: 'done'; readonly result: HandshakeResult };

export class ClientHandshake implements Handshake {
  readonly #host: HandshakeHost;
  readonly #conversation = new Conversation();
  readonly #random: Uint8Array;
  readonly #offered: Extensions;
  #state: State = { kind: 'want-server-hello', cookies: 0 };

  /** Says hello at once. */
  constructor(host: HandshakeHost) {
    this.#host = host;
    this.#random = host.random.bytes(RANDOM_BYTES);
    this.#offered = clientExtensions(host.options);
    this.#sayHello(new Uint8Array(0));
  }

  get result(): HandshakeResult | undefined {
    return this.#state.kind === 'done' ? this.#state.result : undefined;
  }

  handleMessage(message: HandshakeMessage): DtlsFault | undefined {
    const state = this.#state;
    // RFC 5246 §7.4.1.1: to be ignored, and no part of the transcript.
    if (message.type === HANDSHAKE_TYPE.HELLO_REQUEST) return undefined;
    switch (state.kind) {
      case 'want-server-hello':
        if (message.type === HANDSHAKE_TYPE.HELLO_VERIFY_REQUEST) {
          return this.#handleVerifyRequest(message, state.cookies);
        }
        if (message.type === HANDSHAKE_TYPE.SERVER_HELLO) return this.#handleServerHello(message);
        break;
      case 'want-certificate':
        if (message.type === HANDSHAKE_TYPE.CERTIFICATE) {
          return this.#handleCertificate(message, state.agreed);
        }
        break;
      case 'want-key-exchange':
        if (message.type === HANDSHAKE_TYPE.SERVER_KEY_EXCHANGE) {
          return this.#handleKeyExchange(message, state.certified);
        }
        break;
      case 'want-hello-done':
        if (message.type === HANDSHAKE_TYPE.CERTIFICATE_REQUEST && !state.keyed.asked) {
          return this.#handleCertificateRequest(message, state.keyed);
        }
        if (message.type === HANDSHAKE_TYPE.SERVER_HELLO_DONE) {
          return this.#handleHelloDone(message, state.keyed);
        }
        break;
      case 'want-finished':
        if (message.type === HANDSHAKE_TYPE.FINISHED) return this.#handleFinished(message, state.result);
        break;
      case 'done':
        return undefined;
      default:
        return unreachable(state);
    }
    return violation('The server sent a handshake message that was not due.', 'unexpected_message');
  }

  /** Flights 1 and 3: RFC 6347 §4.2.1, the same hello but for the cookie. */
  #sayHello(cookie: Uint8Array): void {
    const { options } = this.#host;
    this.#conversation.forget();
    const body = encodeClientHello({
      version: VERSION.DTLS_1_2,
      random: this.#random,
      sessionId: new Uint8Array(0),
      cookie,
      suites: options.suites.map(({ id }) => id),
      compressions: Uint8Array.of(NULL_COMPRESSION),
      extensions: this.#offered,
    });
    const message = this.#conversation.say(HANDSHAKE_TYPE.CLIENT_HELLO, body);
    this.#host.sendFlight([{ kind: 'message', epoch: 0, message }], 'awaits-answer');
  }

  #handleVerifyRequest({ body }: HandshakeMessage, cookies: number): DtlsFault | undefined {
    // RFC 6347 §4.2.1: the version says nothing about the one that will be spoken.
    const request = decodeHelloVerifyRequest(body);
    if (!request) return malformed('HelloVerifyRequest');
    if (cookies === MAX_COOKIES) return violation('The server refuses every cookie that it gave.');
    this.#state = { kind: 'want-server-hello', cookies: cookies + 1 };
    this.#sayHello(request.cookie);
    return undefined;
  }

  #handleServerHello(message: HandshakeMessage): DtlsFault | undefined {
    const { options } = this.#host;
    const hello = decodeServerHello(message.body);
    if (!hello) return malformed('ServerHello');
    if (hello.version !== VERSION.DTLS_1_2) return nothingInCommon('version of DTLS', 'protocol_version');
    const suite = options.suites.find(({ id }) => id === hello.suite);
    if (!suite) return violation('The server chose a cipher suite that was not offered.');
    if (hello.compression !== NULL_COMPRESSION) return violation('The server chose to compress.');
    const choice = chosenByServer(options, this.#offered, hello.extensions);
    if ('code' in choice) return choice;
    this.#conversation.hear(message);
    this.#state = { kind: 'want-certificate', agreed: { ...choice, suite, randoms: this.#randoms(hello) } };
    return undefined;
  }

  #randoms(hello: ServerHello): Randoms {
    return { client: this.#random, server: hello.random.slice() };
  }

  #handleCertificate(message: HandshakeMessage, agreed: Agreed): DtlsFault | undefined {
    const chain = decodeCertificate(message.body);
    if (!chain) return malformed('Certificate');
    const key = judgePeer(this.#host, chain);
    if (isFault(key)) return key;
    if (key.kind !== agreed.suite.signature) {
      return violation('The certificate of the server does not fit the cipher suite.');
    }
    this.#conversation.hear(message);
    this.#state = { kind: 'want-key-exchange', certified: { ...agreed, chain, key } };
    return undefined;
  }

  #handleKeyExchange(message: HandshakeMessage, certified: Certified): DtlsFault | undefined {
    const exchange = decodeServerKeyExchange(message.body);
    if (!exchange) return malformed('ServerKeyExchange');
    const group = groupOf(exchange.group);
    if (!group || !this.#host.options.groups.includes(group)) {
      return violation('The server chose a group that was not offered.');
    }
    const { params, signed, publicKey } = exchange;
    const fault = checkSignature(certified.key, signed, signedParams(certified.randoms, params));
    if (fault) return fault;
    this.#conversation.hear(message);
    const keyed = { ...certified, group, serverPublicKey: publicKey.slice(), asked: undefined };
    this.#state = { kind: 'want-hello-done', keyed };
    return undefined;
  }

  #handleCertificateRequest(message: HandshakeMessage, keyed: Keyed): DtlsFault | undefined {
    const asked = decodeCertificateRequest(message.body);
    if (!asked) return malformed('CertificateRequest');
    this.#conversation.hear(message);
    this.#state = { kind: 'want-hello-done', keyed: { ...keyed, asked } };
    return undefined;
  }

  /** Flight 5. */
  #handleHelloDone(message: HandshakeMessage, keyed: Keyed): DtlsFault | undefined {
    if (message.body.length > 0) return malformed('ServerHelloDone');
    const { crypto, random } = this.#host;
    const { suite, randoms, group, chain, asked } = keyed;
    const agreement = crypto.createKeyAgreement(group, random);
    const secret = agreement.agree(keyed.serverPublicKey);
    if (!secret) return violation(`The server sent a key that is no point of group ${groupId(group)}.`);
    this.#conversation.hear(message);

    const identity = asked && this.#identityFor(asked);
    const flight: FlightItem[] = [];
    const say = (type: number, body: Uint8Array): void => {
      flight.push({ kind: 'message', epoch: 0, message: this.#conversation.say(type, body) });
    };
    // RFC 5246 §7.4.6: who has no suitable certificate says so with an empty list.
    if (asked) say(HANDSHAKE_TYPE.CERTIFICATE, encodeCertificate(identity?.chain ?? []));
    say(HANDSHAKE_TYPE.CLIENT_KEY_EXCHANGE, encodeClientKeyExchange(agreement.publicKey));
    // RFC 7627 §3: the session hash covers everything up to and including ClientKeyExchange.
    const transcript = this.#conversation.transcript;
    const sessionHash = keyed.extendedMasterSecret ? crypto.hash(suite.hash, transcript) : undefined;
    const schedule = new KeySchedule(crypto, suite, randoms, secret, sessionHash);
    if (asked && identity) say(HANDSHAKE_TYPE.CERTIFICATE_VERIFY, this.#proof(identity, asked));
    flight.push({ kind: 'change-cipher-spec', epoch: 0 });
    const verifyData = schedule.verifyData('client', this.#conversation.transcript);
    const finished = this.#conversation.say(HANDSHAKE_TYPE.FINISHED, verifyData);
    flight.push({ kind: 'message', epoch: 1, message: finished });

    const { extendedMasterSecret, srtpProfile, applicationProtocol } = keyed;
    const { serverName } = this.#host.options;
    this.#state = {
      kind: 'want-finished',
      result: {
        suite,
        group,
        schedule,
        extendedMasterSecret,
        srtpProfile,
        applicationProtocol,
        serverName,
        peerChain: chain,
      },
    };
    this.#host.useKeys(suite, schedule);
    this.#host.sendFlight(flight, 'awaits-answer');
    return undefined;
  }

  #identityFor(asked: readonly number[]): DtlsIdentity | undefined {
    return this.#host.options.identities.find(({ key }) => chooseSignatureScheme(key.kind, asked));
  }

  /** RFC 5246 §7.4.8: over all messages so far. */
  #proof({ key }: DtlsIdentity, asked: readonly number[]): Uint8Array {
    const choice = chooseSignatureScheme(key.kind, asked);
    const signature = choice ? key.sign(choice.scheme, this.#conversation.transcript) : new Uint8Array(0);
    return encodeDigitallySigned({ scheme: choice?.id ?? 0, signature });
  }

  #handleFinished(message: HandshakeMessage, result: HandshakeResult): DtlsFault | undefined {
    const expected = result.schedule.verifyData('server', this.#conversation.transcript);
    const fault = checkFinished(this.#host.crypto, message, expected);
    if (fault) return fault;
    this.#conversation.forget();
    this.#state = { kind: 'done', result };
    return undefined;
  }
}
