/** Username fragments and passwords: how they are drawn, and as the keys that checks need. RFC 8445 §5.3, RFC 8839 §5.4. */
import { encodeUtf8, type Random } from '../base/index.ts';
import { usernamePrefix } from './check-message.ts';

/** What the sides tell each other. */
export interface IceCredentials {
  /** 4 … 256 ice-chars. */
  readonly usernameFragment: string;
  /** 22 … 256 ice-chars. */
  readonly password: string;
}

const ICE_CHARACTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
/** RFC 8445 §5.3: at least 24 bits. 48, so that ufrags of many agents on one port do not meet. */
const FRAGMENT_CHARACTERS = 8;
/** RFC 8445 §5.3: at least 128 bits; 24 × 6 = 144. */
const PASSWORD_CHARACTERS = 24;

export function createIceCredentials(random: Random): IceCredentials {
  return {
    usernameFragment: iceText(random, FRAGMENT_CHARACTERS),
    password: iceText(random, PASSWORD_CHARACTERS),
  };
}

function iceText(random: Random, characters: number): string {
  let text = '';
  for (const byte of random.bytes(characters)) text += ICE_CHARACTERS[byte & 63];
  return text;
}

/** Of our side: what requests to us must name and be sealed with. */
export class LocalCredentials implements IceCredentials {
  readonly usernameFragment: string;
  readonly password: string;
  readonly key: Uint8Array;
  /** What USERNAME begins with. */
  readonly prefix: Uint8Array;

  constructor({ usernameFragment, password }: IceCredentials) {
    this.usernameFragment = usernameFragment;
    this.password = password;
    this.key = encodeUtf8(password);
    this.prefix = usernamePrefix(usernameFragment);
  }
}

/** Of the peer: what our checks must name and are sealed with. */
export class RemoteCredentials implements IceCredentials {
  readonly usernameFragment: string;
  readonly password: string;
  readonly lite: boolean;
  readonly key: Uint8Array;
  /** USERNAME of our checks. RFC 8445 §7.2.2. */
  readonly username: Uint8Array;

  constructor({ usernameFragment, password }: IceCredentials, lite: boolean, local: IceCredentials) {
    this.usernameFragment = usernameFragment;
    this.password = password;
    this.lite = lite;
    this.key = encodeUtf8(password);
    this.username = encodeUtf8(`${usernameFragment}:${local.usernameFragment}`);
  }

  is(other: IceCredentials): boolean {
    return this.usernameFragment === other.usernameFragment && this.password === other.password;
  }
}
