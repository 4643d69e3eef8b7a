/**
 * The STUN server of an agent: lets in what is sealed with our password, answers it, settles who has which role. What
 * follows from a check is the checker's. Answers nobody who does not know the password, so it amplifies nothing.
 * RFC 8445 §7.3.
 */
import { type Millis, type SocketAddress, TokenBucket } from '../base/index.ts';
import { checkFingerprint, type StunMessage, verifyIntegrity } from '../stun/index.ts';
import {
  isFor,
  type ReceivedCheck,
  ROLE_CONFLICT,
  readCheck,
  unknownAttributesOf,
  writeError,
  writeSuccess,
} from './check-message.ts';
import type { IceContext } from './context.ts';
import type { LocalCredentials } from './credentials.ts';

/**
 * Seals that are looked into, of addresses that have not shown the password before: an HMAC costs 5 µs, and an honest peer
 * has a few dozen addresses.
 */
const STRANGERS = { perSecond: 200, burst: 200 };

export interface RefusalCounts {
  /** USERNAME names nobody here, or FINGERPRINT is wrong. */
  foreign: number;
  /** MESSAGE-INTEGRITY is wrong, or was not looked into any more. */
  forged: number;
}

export class CheckResponder {
  readonly refused: RefusalCounts = { foreign: 0, forged: 0 };
  readonly #context: IceContext;
  readonly #strangers: TokenBucket;

  constructor(context: IceContext) {
    this.#context = context;
    this.#strangers = new TokenBucket(STRANGERS, 0);
  }

  /** Cheap: whether a request names this fragment and is whole. */
  isFor(message: StunMessage, credentials: LocalCredentials): boolean {
    if (isFor(message, credentials.prefix) && checkFingerprint(message) !== 'wrong') return true;
    this.refused.foreign += 1;
    return false;
  }

  /** `trusted`: who sends from there has shown the password before. */
  authenticate(now: Millis, message: StunMessage, { key }: LocalCredentials, trusted: boolean): boolean {
    const mayLook = trusted || this.#strangers.take(now);
    if (mayLook && verifyIntegrity(this.#context.env.crypto, message, key)) return true;
    this.refused.forged += 1;
    return false;
  }

  /** Reads and answers an authentic request. `undefined`: it was refused; `answer` tells the peer in either case. */
  respond(
    message: StunMessage,
    from: SocketAddress,
    { key }: LocalCredentials,
  ): { check: ReceivedCheck | undefined; switched: boolean; answer: Uint8Array } {
    const { env, role } = this.#context;
    const { crypto } = env;
    const unknown = unknownAttributesOf(message);
    if (unknown.length > 0) {
      return { check: undefined, switched: false, answer: writeError(crypto, message, 420, key, unknown) };
    }
    const check = readCheck(message);
    if (!check) return { check, switched: false, answer: writeError(crypto, message, 400, key) };
    const verdict = role.judge(check.role, check.tieBreaker);
    if (verdict === 'reject') {
      return { check: undefined, switched: false, answer: writeError(crypto, message, ROLE_CONFLICT, key) };
    }
    return { check, switched: verdict === 'switched', answer: writeSuccess(crypto, message, from, key) };
  }
}
