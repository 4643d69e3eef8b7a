/** From the shared secret to keys, Finished and exported material. RFC 5246 §6.3, §8.1, RFC 7627 §4, RFC 5705 §4. */
import { ByteWriter, type CryptoProvider, concatBytes } from '../base/index.ts';
import type { CipherSuite } from './cipher-suites.ts';
import { prf } from './prf.ts';

const MASTER_SECRET_BYTES = 48;

/** RFC 5246 §7.4.9. */
const VERIFY_DATA_BYTES = 12;

export interface Randoms {
  readonly client: Uint8Array;
  readonly server: Uint8Array;
}

export interface DirectionKeys {
  readonly key: Uint8Array;
  readonly iv: Uint8Array;
}

export class KeySchedule {
  readonly #crypto: CryptoProvider;
  readonly #suite: CipherSuite;
  readonly #randoms: Randoms;
  readonly #masterSecret: Uint8Array;

  /** `sessionHash`: RFC 7627 §3, where both sides know the extended master secret. */
  constructor(
    crypto: CryptoProvider,
    suite: CipherSuite,
    randoms: Randoms,
    sharedSecret: Uint8Array,
    sessionHash: Uint8Array | undefined,
  ) {
    this.#crypto = crypto;
    this.#suite = suite;
    this.#randoms = randoms;
    const label = sessionHash ? 'extended master secret' : 'master secret';
    const seed = sessionHash ?? concatBytes(randoms.client, randoms.server);
    this.#masterSecret = prf(crypto, suite.hash, sharedSecret, label, seed, MASTER_SECRET_BYTES);
  }

  /** RFC 5246 §6.3; an AEAD has no MAC keys. */
  keys(): { readonly client: DirectionKeys; readonly server: DirectionKeys } {
    const { keyBytes, ivBytes } = this.#suite;
    const seed = concatBytes(this.#randoms.server, this.#randoms.client);
    const block = this.#prf('key expansion', seed, 2 * (keyBytes + ivBytes));
    const ivs = 2 * keyBytes;
    return {
      client: { key: block.slice(0, keyBytes), iv: block.slice(ivs, ivs + ivBytes) },
      server: { key: block.slice(keyBytes, ivs), iv: block.slice(ivs + ivBytes) },
    };
  }

  /** RFC 5246 §7.4.9: what `side` proves with its Finished. */
  verifyData(side: 'client' | 'server', transcript: Uint8Array): Uint8Array {
    const hash = this.#crypto.hash(this.#suite.hash, transcript);
    return this.#prf(`${side} finished`, hash, VERIFY_DATA_BYTES);
  }

  /** RFC 5705 §4; without a context the seed has no length either. */
  exportKeyingMaterial(label: string, length: number, context?: Uint8Array): Uint8Array {
    const seed = new ByteWriter(128).bytes(this.#randoms.client).bytes(this.#randoms.server);
    if (context) seed.u16(context.length).bytes(context);
    return this.#prf(label, seed.finish(), length);
  }

  #prf(label: string, seed: Uint8Array, length: number): Uint8Array {
    return prf(this.#crypto, this.#suite.hash, this.#masterSecret, label, seed, length);
  }
}
