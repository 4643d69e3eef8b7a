/** The handshake as the server sees it. RFC 6347 §4.2.4 (flights 4, 6), RFC 5246 §7.3, RFC 8422, RFC 7627, RFC 5746. */
import { type CertificateKey, type KeyAgreement, unreachable } from '../base/index.ts';
import {
  decodeCertificate,
  decodeDigitallySigned,
  encodeCertificate,
  encodeCertificateRequest,
} from './certificate-messages.ts';
import { HANDSHAKE_TYPE, NULL_COMPRESSION, VERSION } from './code-points.ts';
import { Conversation } from './conversation.ts';
import { type DtlsFault, malformed, violation } from './fault.ts';
import { checkFinished } from './finished.ts';
import { groupId } from './groups.ts';
import type { FlightItem, Handshake, HandshakeHost, HandshakeResult } from './handshake.ts';
import type { HandshakeMessage } from './handshake-message.ts';
import { decodeClientHello, encodeServerHello, RANDOM_BYTES } from './hello.ts';
import {
  decodeClientKeyExchange,
  encodeEcdhParams,
  encodeServerKeyExchange,
} from './key-exchange-messages.ts';
import { KeySchedule, type Randoms } from './key-schedule.ts';
import { checkSignature, isFault, judgePeer, signedParams } from './peer-certificate.ts';
import { type Choice, chooseForClient } from './server-choice.ts';
import { SIGNATURE_SCHEME_IDS } from './signature-schemes.ts';

/** What flight 4 has settled. */
interface Agreed {
  readonly choice: Choice;
  readonly randoms: Randoms;
  readonly agreement: KeyAgreement;
}

/** The client's certificate; nothing where none was asked for. */
interface Client {
  readonly chain: readonly Uint8Array[];
  readonly key: CertificateKey | undefined;
}

type State =
  | { readonly kind: 'want-client-hello' }
  | { readonly kind: 'want-certificate'; readonly agreed: Agreed }
  | { readonly kind: 'want-key-exchange'; readonly agreed: Agreed; readonly client: Client }
  | { readonly kind: 'want-proof'; readonly key: CertificateKey; readonly result: HandshakeResult }
  | { readonly kind: 'want-finished'; readonly result: HandshakeResult }
  | { readonly kind: 'done'; readonly result: HandshakeResult };

export class ServerHandshake implements Handshake {
  readonly #host: HandshakeHost;
  readonly #conversation: Conversation;
  #state: State = { kind: 'want-client-hello' };

  /** `firstSequence`: message_seq of the ClientHello; ServerHello has the same (RFC 6347 §4.2.2). */
  constructor(host: HandshakeHost, firstSequence: number) {
    this.#host = host;
    this.#conversation = new Conversation(firstSequence);
  }

  get result(): HandshakeResult | undefined {
    return this.#state.kind === 'done' ? this.#state.result : undefined;
  }

  handleMessage(message: HandshakeMessage): DtlsFault | undefined {
    const state = this.#state;
    switch (state.kind) {
      case 'want-client-hello':
        if (message.type === HANDSHAKE_TYPE.CLIENT_HELLO) return this.#handleHello(message);
        break;
      case 'want-certificate':
        if (message.type === HANDSHAKE_TYPE.CERTIFICATE) {
          return this.#handleCertificate(message, state.agreed);
        }
        break;
      case 'want-key-exchange':
        if (message.type === HANDSHAKE_TYPE.CLIENT_KEY_EXCHANGE) {
          return this.#handleKeyExchange(message, state.agreed, state.client);
        }
        break;
      case 'want-proof':
        if (message.type === HANDSHAKE_TYPE.CERTIFICATE_VERIFY) {
          return this.#handleProof(message, state.key, state.result);
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
    return violation('The client sent a handshake message that was not due.', 'unexpected_message');
  }

  /** Flight 4. */
  #handleHello(message: HandshakeMessage): DtlsFault | undefined {
    const { crypto, random, options } = this.#host;
    const hello = decodeClientHello(message.body);
    if (!hello) return malformed('ClientHello');
    const choice = chooseForClient(options, hello);
    if ('code' in choice) return choice;
    this.#conversation.hear(message);
    const { suite, group, identity, scheme } = choice;
    const randoms = { client: hello.random.slice(), server: random.bytes(RANDOM_BYTES) };
    const agreement = crypto.createKeyAgreement(group, random);

    const flight: FlightItem[] = [];
    const say = (type: number, body: Uint8Array): void => {
      flight.push({ kind: 'message', epoch: 0, message: this.#conversation.say(type, body) });
    };
    const answer = {
      version: VERSION.DTLS_1_2,
      random: randoms.server,
      sessionId: new Uint8Array(0), // RFC 5246 §7.4.1.3: the session cannot be resumed
      suite: suite.id,
      compression: NULL_COMPRESSION,
      extensions: choice.extensions,
    };
    say(HANDSHAKE_TYPE.SERVER_HELLO, encodeServerHello(answer));
    say(HANDSHAKE_TYPE.CERTIFICATE, encodeCertificate(identity.chain));
    const params = encodeEcdhParams(groupId(group), agreement.publicKey);
    const signature = identity.key.sign(scheme.scheme, signedParams(randoms, params));
    const exchange = encodeServerKeyExchange(params, { scheme: scheme.id, signature });
    say(HANDSHAKE_TYPE.SERVER_KEY_EXCHANGE, exchange);
    const agreed = { choice, randoms, agreement };
    if (options.peer.kind === 'none') {
      const client = { chain: [], key: undefined };
      this.#state = { kind: 'want-key-exchange', agreed, client };
    } else {
      say(HANDSHAKE_TYPE.CERTIFICATE_REQUEST, encodeCertificateRequest(SIGNATURE_SCHEME_IDS));
      this.#state = { kind: 'want-certificate', agreed };
    }
    say(HANDSHAKE_TYPE.SERVER_HELLO_DONE, new Uint8Array(0));
    this.#host.sendFlight(flight, 'awaits-answer');
    return undefined;
  }

  #handleCertificate(message: HandshakeMessage, agreed: Agreed): DtlsFault | undefined {
    const chain = decodeCertificate(message.body);
    if (!chain) return malformed('Certificate');
    const key = judgePeer(this.#host, chain);
    if (isFault(key)) return key;
    this.#conversation.hear(message);
    this.#state = { kind: 'want-key-exchange', agreed, client: { chain, key } };
    return undefined;
  }

  #handleKeyExchange(
    message: HandshakeMessage,
    { choice, randoms, agreement }: Agreed,
    client: Client,
  ): DtlsFault | undefined {
    const { crypto } = this.#host;
    const publicKey = decodeClientKeyExchange(message.body);
    if (!publicKey) return malformed('ClientKeyExchange');
    const secret = agreement.agree(publicKey);
    if (!secret) return violation('The client sent a key that is no point of the group.');
    this.#conversation.hear(message);
    const { suite, group, extendedMasterSecret, srtpProfile, applicationProtocol, serverName } = choice;
    // RFC 7627 §3: the session hash covers everything up to and including ClientKeyExchange.
    const transcript = this.#conversation.transcript;
    const sessionHash = extendedMasterSecret ? crypto.hash(suite.hash, transcript) : undefined;
    const schedule = new KeySchedule(crypto, suite, randoms, secret, sessionHash);
    const result = {
      suite,
      group,
      schedule,
      extendedMasterSecret,
      srtpProfile,
      applicationProtocol,
      serverName,
      peerChain: client.chain,
    };
    const { key } = client;
    this.#state = key ? { kind: 'want-proof', key, result } : { kind: 'want-finished', result };
    this.#host.useKeys(suite, schedule);
    return undefined;
  }

  /** RFC 5246 §7.4.8: over all messages so far. */
  #handleProof(
    message: HandshakeMessage,
    key: CertificateKey,
    result: HandshakeResult,
  ): DtlsFault | undefined {
    const signed = decodeDigitallySigned(message.body);
    if (!signed) return malformed('CertificateVerify');
    const fault = checkSignature(key, signed, this.#conversation.transcript);
    if (fault) return fault;
    this.#conversation.hear(message);
    this.#state = { kind: 'want-finished', result };
    return undefined;
  }

  /** Flight 6. */
  #handleFinished(message: HandshakeMessage, result: HandshakeResult): DtlsFault | undefined {
    const { schedule } = result;
    const expected = schedule.verifyData('client', this.#conversation.transcript);
    const fault = checkFinished(this.#host.crypto, message, expected);
    if (fault) return fault;
    this.#conversation.hear(message);
    const verifyData = schedule.verifyData('server', this.#conversation.transcript);
    const finished = this.#conversation.say(HANDSHAKE_TYPE.FINISHED, verifyData);
    this.#conversation.forget();
    this.#state = { kind: 'done', result };
    this.#host.sendFlight(
      [
        { kind: 'change-cipher-spec', epoch: 0 },
        { kind: 'message', epoch: 1, message: finished },
      ],
      'last',
    );
    return undefined;
  }
}
