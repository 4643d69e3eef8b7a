/**
 * The door of the TURN server: who gets in, and what strangers hear. Strangers leave nothing behind but a count in a
 * table of fixed size. Knows no allocations. RFC 8489 §9.2.4.
 */
import { BucketTable, type Env, encodeUtf8, type Millis, type Queue, subscriberOf } from '../base/index.ts';
import { decodeMessage, StunAttribute, type StunMessage } from '../stun/index.ts';
import type { Answers } from './answers.ts';
import { AskedCredentials, type FoundCredentials } from './asked-credentials.ts';
import { type AuthenticatedUser, Authenticator, type Verdict } from './authenticator.ts';
import { type AcceptedCredentials, CredentialBook } from './credential-book.ts';
import { isReliable, type Leg } from './leg.ts';
import type { LiveSettings } from './live-settings.ts';
import { NonceMint } from './nonce.ts';
import type { Replies } from './replies.ts';
import type { TurnServerEvent } from './server-events.ts';
import type { OauthKey, TurnServerChanges, TurnServerOptions } from './server-options.ts';
import { ThirdParty } from './third-party.ts';
import { type WaitingRequest, WaitingRequests } from './waiting-requests.ts';

/** What becomes of a request at the door. */
export type Admission =
  | { readonly kind: 'admitted'; readonly user: AuthenticatedUser }
  /** Without an answer: this address has had enough of them, or the request has to wait. */
  | { readonly kind: 'turned-away'; readonly answer: Uint8Array | undefined };

/** SHA-256 first: who knows of the choice should make the better one. */
const DEFAULT_ALGORITHMS = ['sha256', 'md5'] as const;

/** A client over UDP asks for 39.5 s (RFC 8489 §6.2.1); who has heard nothing for so long may as well hear of it. */
const WAIT_MS = 10_000;

/** A minute: a user who was shut out stays in for no longer. Ten seconds: somebody new is let in as soon. */
const ASKED_LIFETIMES = { foundSeconds: 60, unknownSeconds: 10 } as const;

export class Gate {
  readonly #env: Env;
  readonly #realm: string;
  readonly #options: TurnServerOptions;
  readonly #settings: LiveSettings;
  readonly #answers: Answers;
  readonly #replies: Replies;
  readonly #nonces: NonceMint;
  readonly #strangers: BucketTable;
  readonly #events: Queue<TurnServerEvent>;
  readonly #questions: BucketTable;
  readonly #waiting: WaitingRequests;
  readonly #asked: AskedCredentials | undefined;
  #thirdParty: ThirdParty | undefined;
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
    events: Queue<TurnServerEvent>,
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
    this.#events = events;
    this.#questions = new BucketTable(limits.questions, limits.rateTableKeys);
    this.#waiting = new WaitingRequests(limits.waitingNames, WAIT_MS);
    this.#asked = options.wantCredentials
      ? new AskedCredentials(env.crypto, realm, limits.rememberedNames, ASKED_LIFETIMES)
      : undefined;
    this.#thirdParty = this.#newThirdParty(options.oauthKeys ?? []);
    this.#accepted = { users: options.users ?? [], restSecrets: options.restSecrets ?? [] };
    this.#authenticator = this.#newAuthenticator(this.#accepted);
  }

  /** Throws `StackError` `TURN_USER_INVALID`, and has changed nothing then. */
  reconfigure({ users, restSecrets, oauthKeys }: TurnServerChanges): void {
    if (!users && !restSecrets && !oauthKeys) return;
    const accepted = {
      users: users ?? this.#accepted.users,
      restSecrets: restSecrets ?? this.#accepted.restSecrets,
    };
    const before = this.#thirdParty;
    if (oauthKeys) this.#thirdParty = this.#newThirdParty(oauthKeys);
    try {
      this.#authenticator = this.#newAuthenticator(accepted);
    } catch (error) {
      this.#thirdParty = before;
      throw error;
    }
    this.#accepted = accepted;
  }

  /** `holder` is who made the allocation on this 5-tuple, if there is one. */
  admit(now: Millis, leg: Leg, request: StunMessage, holder: AuthenticatedUser | undefined): Admission {
    const clocks = { now, wallNow: this.#env.wallClock() };
    const verdict = this.#authenticator.check(clocks, leg, request, holder);
    if (verdict.kind === 'user') return { kind: 'admitted', user: verdict.user };
    const answer =
      verdict.kind === 'ask'
        ? this.#ask(now, leg, request, verdict.username)
        : this.#turnAway(now, leg, request, verdict);
    return { kind: 'turned-away', answer };
  }

  /**
   * What was found out about a name after `want-credentials`. Returns the requests that waited for it, to be handled
   * anew. `unavailable`, or credentials that cannot be used: they are answered with 500, and nothing is learnt.
   */
  learn(
    now: Millis,
    username: string,
    found: FoundCredentials | undefined | 'unavailable',
  ): readonly WaitingRequest[] {
    const waiting = this.#waiting.take(username);
    if (
      found !== 'unavailable' &&
      this.#asked?.learn({ now, wallNow: this.#env.wallClock() }, username, found)
    )
      return waiting;
    for (const request of waiting) this.#giveUp(request);
    return [];
  }

  /** Answers those who have waited too long. */
  sweep(now: Millis): void {
    for (const request of this.#waiting.takeOverdue(now)) this.#giveUp(request);
  }

  get earliestDeadline(): Millis {
    return this.#waiting.earliestDeadline;
  }

  forgetLeg(leg: Leg): void {
    this.#waiting.forgetLeg(leg.id);
  }

  clear(): void {
    this.#waiting.clear();
  }

  /**
   * A stream's source address is proven by its handshake; a datagram's may be a victim's. `guessing`: with credentials
   * that are wrong, which is limited on streams too.
   */
  mayAnswerStranger(now: Millis, leg: Leg, guessing = false): boolean {
    if ((isReliable(leg) && !guessing) || this.#strangers.take(subscriberOf(leg.client.ip), now)) return true;
    this.rateLimited += 1;
    return false;
  }

  #turnAway(
    now: Millis,
    leg: Leg,
    request: StunMessage,
    verdict: Exclude<Verdict, { kind: 'user' | 'ask' }>,
  ): Uint8Array | undefined {
    const guessing = verdict.kind !== 'challenge' || !verdict.firstTry;
    if (!this.mayAnswerStranger(now, leg, guessing)) return undefined;
    if (verdict.kind === 'bad-request') {
      this.#replies.note(leg, request.method, 400);
      return this.#answers.bareError(request, 400);
    }
    if (verdict.kind === 'unexpected-token') {
      this.#replies.note(leg, request.method, 420);
      return this.#answers.bareError(request, 420, [StunAttribute.ACCESS_TOKEN]);
    }
    if (verdict.firstTry) this.challenges += 1;
    else this.#replies.note(leg, request.method, verdict.code);
    const { features, offer } = this.#authenticator;
    const nonce = this.#nonces.issue(this.#env.wallClock(), leg, features);
    return this.#answers.challenge(request, verdict.code, nonce, offer, this.#thirdParty?.serverName);
  }

  /** Nobody here knows the name. Who asks too often waits in vain, as for any answer over UDP; a stream is told. */
  #ask(now: Millis, leg: Leg, request: StunMessage, name: string): Uint8Array | undefined {
    const mayAsk = this.#waiting.has(name) || this.#questions.take(subscriberOf(leg.client.ip), now);
    const admitted = mayAsk ? this.#waiting.add(now, name, leg, request.bytes) : 'full';
    if (admitted === 'first') this.#events.push({ type: 'want-credentials', name, realm: this.#realm });
    if (admitted !== 'full') return undefined;
    this.#replies.note(leg, request.method, 500);
    return isReliable(leg) ? this.#answers.bareError(request, 500) : undefined;
  }

  /** Without integrity, since there is no key to seal it with. */
  #giveUp({ leg, bytes }: WaitingRequest): void {
    const request = decodeMessage(bytes);
    if (!request) return;
    this.#replies.note(leg, request.method, 500);
    this.#replies.send(leg, this.#answers.bareError(request, 500));
  }

  #newThirdParty(keys: readonly OauthKey[]): ThirdParty | undefined {
    const serverName = this.#options.oauthServerName ?? this.#realm;
    return keys.length > 0 ? new ThirdParty(this.#env.crypto, keys, serverName) : undefined;
  }

  #newAuthenticator(accepted: AcceptedCredentials): Authenticator {
    const { crypto, random } = this.#env;
    const book = new CredentialBook(crypto, this.#realm, accepted, this.#settings.limits.rememberedNames);
    return new Authenticator(crypto, {
      realm: encodeUtf8(this.#realm),
      nonces: this.#nonces,
      book,
      ...(this.#asked && { asked: this.#asked }),
      ...(this.#thirdParty && { thirdParty: this.#thirdParty }),
      decoyKey: random.bytes(16),
      algorithms: this.#options.passwordAlgorithms ?? DEFAULT_ALGORITHMS,
      usernameAnonymity:
        this.#options.usernameAnonymity ?? (book.knowsEveryHash && !this.#asked && !this.#thirdParty),
      settings: this.#settings,
    });
  }
}
