/**
 * The door of the TURN server: who gets in, and what strangers hear. Strangers leave nothing behind but a count in a
 * table of fixed size. Knows no allocations. RFC 8489 §9.2.4.
 */
import { BucketTable, type Env, encodeUtf8, type Millis } from '../base/index.ts';
import type { StunMessage } from '../stun/index.ts';
import type { Answers } from './answers.ts';
import { type AuthenticatedUser, Authenticator, type Verdict } from './authenticator.ts';
import { type AcceptedCredentials, CredentialBook } from './credential-book.ts';
import { isReliable, type Leg } from './leg.ts';
import type { LiveSettings } from './live-settings.ts';
import { NonceMint } from './nonce.ts';
import type { Replies } from './replies.ts';
import type { TurnServerChanges, TurnServerOptions } from './server-options.ts';
import { subscriberOf } from './subscriber.ts';

/** What becomes of a request at the door. */
export type Admission =
  | { readonly kind: 'admitted'; readonly user: AuthenticatedUser }
  /** Without an answer: this address has had enough of them. */
  | { readonly kind: 'turned-away'; readonly answer: Uint8Array | undefined };

/** SHA-256 first: who knows of the choice should make the better one. */
const DEFAULT_ALGORITHMS = ['sha256', 'md5'] as const;

export class Gate {
  readonly #env: Env;
  readonly #realm: string;
  readonly #options: TurnServerOptions;
  readonly #settings: LiveSettings;
  readonly #answers: Answers;
  readonly #replies: Replies;
  readonly #nonces: NonceMint;
  readonly #strangers: BucketTable;
  #accepted: AcceptedCredentials;
  #authenticator: Authenticator;
  /** First 401 of requests without credentials. */
  challenges = 0;
  /** Answers withheld. */
  rateLimited = 0;

  /** `realm` is prepared. Throws `RangeError`, or `StackError` `TURN_USER_INVALID`. */
  constructor(
    env: Env,
    realm: string,
    options: TurnServerOptions,
    settings: LiveSettings,
    answers: Answers,
    replies: Replies,
  ) {
    const { limits, lifetimes } = settings;
    this.#env = env;
    this.#realm = realm;
    this.#options = options;
    this.#settings = settings;
    this.#answers = answers;
    this.#replies = replies;
    this.#nonces = new NonceMint(env.crypto, options.nonceSecret, lifetimes.nonceSeconds);
    this.#strangers = new BucketTable(limits.unauthenticatedAnswers, limits.rateTableKeys);
    this.#accepted = { users: options.users ?? [], restSecrets: options.restSecrets ?? [] };
    this.#authenticator = this.#newAuthenticator(this.#accepted);
  }

  /** Throws `StackError` `TURN_USER_INVALID`, and has changed nothing then. */
  reconfigure({ users, restSecrets }: TurnServerChanges): void {
    if (!users && !restSecrets) return;
    const accepted = {
      users: users ?? this.#accepted.users,
      restSecrets: restSecrets ?? this.#accepted.restSecrets,
    };
    this.#authenticator = this.#newAuthenticator(accepted);
    this.#accepted = accepted;
  }

  /** `holder` is who made the allocation on this 5-tuple, if there is one. */
  admit(now: Millis, leg: Leg, request: StunMessage, holder: AuthenticatedUser | undefined): Admission {
    const verdict = this.#authenticator.check(this.#env.wallClock(), leg, request, holder);
    return verdict.kind === 'user'
      ? { kind: 'admitted', user: verdict.user }
      : { kind: 'turned-away', answer: this.#turnAway(now, leg, request, verdict) };
  }

  /** A stream's source address is proven by its handshake; a datagram's may be a victim's. */
  mayAnswerStranger(now: Millis, leg: Leg): boolean {
    if (isReliable(leg) || this.#strangers.take(subscriberOf(leg.client.ip), now)) return true;
    this.rateLimited += 1;
    return false;
  }

  #turnAway(
    now: Millis,
    leg: Leg,
    request: StunMessage,
    verdict: Exclude<Verdict, { kind: 'user' }>,
  ): Uint8Array | undefined {
    if (!this.mayAnswerStranger(now, leg)) return undefined;
    if (verdict.kind === 'bad-request') {
      this.#replies.note(leg, request.method, 400);
      return this.#answers.bareError(request, 400);
    }
    if (verdict.firstTry) this.challenges += 1;
    else this.#replies.note(leg, request.method, verdict.code);
    const { features, offer } = this.#authenticator;
    const nonce = this.#nonces.issue(this.#env.wallClock(), leg, features);
    return this.#answers.challenge(request, verdict.code, nonce, offer);
  }

  #newAuthenticator(accepted: AcceptedCredentials): Authenticator {
    const { crypto, random } = this.#env;
    const book = new CredentialBook(crypto, this.#realm, accepted, this.#settings.limits.rememberedNames);
    return new Authenticator(crypto, {
      realm: encodeUtf8(this.#realm),
      nonces: this.#nonces,
      book,
      decoyKey: random.bytes(16),
      algorithms: this.#options.passwordAlgorithms ?? DEFAULT_ALGORITHMS,
      usernameAnonymity: this.#options.usernameAnonymity ?? book.knowsEveryHash,
      settings: this.#settings,
    });
  }
}
