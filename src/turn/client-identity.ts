/**
 * Who a TURN client says it is: a user with a password, or whoever an authorization server vouches for. Knows no nonce.
 * RFC 8489 §9.2.2, RFC 7635 §5.
 */
import { type CryptoProvider, StackError } from '../base/index.ts';
import {
  longTermKey,
  type MessageWriter,
  type PasswordAlgorithm,
  prepareOpaqueString,
  StunAttribute,
  userHash,
} from '../stun/index.ts';
import { TurnMethod } from './code-points.ts';

export type ClientCredentials = PasswordCredentials | TokenCredentials;

export interface PasswordCredentials {
  readonly username: string;
  readonly password: string;
}

/** As an authorization server gives them out, for one TURN server. RFC 7635 appendix B. */
export interface TokenCredentials {
  /** Which of its keys the token was sealed with. */
  readonly kid: string;
  /** ACCESS-TOKEN: opaque to the client. Borrowed for as long as the client lives, as is `macKey`. */
  readonly token: Uint8Array;
  /** 20 bytes for HMAC-SHA-1, 32 for both. */
  readonly macKey: Uint8Array;
}

export interface ClientIdentity {
  /** Whether the first 401 must say that tokens are taken. */
  readonly needsThirdParty: boolean;
  /** `undefined`: the request is sealed with MESSAGE-INTEGRITY, and no algorithm was chosen. */
  key(realm: string, algorithm: PasswordAlgorithm | undefined): Uint8Array;
  /** Writes who it is: by hash where the server wants it so and it can be. */
  write(writer: MessageWriter, method: number, hash: Uint8Array | undefined): void;
  hash(realm: string): Uint8Array | undefined;
}

/** HMAC-SHA-1 wants so many. RFC 7635 §6.2. */
const SHA1_BYTES = 20;

/** Throws `StackError` `TURN_USER_INVALID` for what OpaqueString forbids. */
export function clientIdentity(crypto: CryptoProvider, credentials: ClientCredentials): ClientIdentity {
  return 'token' in credentials ? tokenIdentity(crypto, credentials) : userIdentity(crypto, credentials);
}

function userIdentity(crypto: CryptoProvider, credentials: PasswordCredentials): ClientIdentity {
  const username = prepareOpaqueString(credentials.username);
  const password = prepareOpaqueString(credentials.password);
  if (username === undefined || password === undefined) {
    throw new StackError(
      'TURN_USER_INVALID',
      'The TURN user name or password is empty or holds control characters (RFC 8265). Give another.',
    );
  }
  return {
    needsThirdParty: false,
    key: (realm, algorithm) => longTermKey(crypto, username, realm, password, algorithm ?? 'md5'),
    hash: (realm) => userHash(crypto, username, realm),
    write(writer, _method, hash) {
      if (hash) writer.attribute(StunAttribute.USERHASH, hash);
      else writer.text(StunAttribute.USERNAME, username);
    },
  };
}

function tokenIdentity(crypto: CryptoProvider, { kid, token, macKey }: TokenCredentials): ClientIdentity {
  const tooLong = macKey.length > SHA1_BYTES;
  return {
    needsThirdParty: true,
    // RFC 7635 §5: no password is hashed. Appendix B: a key for HMAC-SHA-256 is hashed down for HMAC-SHA-1.
    key: (_realm, algorithm) => (algorithm === undefined && tooLong ? crypto.hash('sha1', macKey) : macKey),
    // §5: the kid goes into USERNAME. It names a key, not a person.
    hash: () => undefined,
    write(writer, method) {
      writer.text(StunAttribute.USERNAME, kid);
      // §9: only in Allocate and Refresh.
      if (method === TurnMethod.ALLOCATE || method === TurnMethod.REFRESH) {
        writer.attribute(StunAttribute.ACCESS_TOKEN, token);
      }
    },
  };
}
