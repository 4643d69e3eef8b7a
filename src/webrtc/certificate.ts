/** A certificate of ours, with the key that only connections use. webrtc.html §4.9.2. */
import { encodeHex, type Millis } from '../base/index.ts';
import { type DtlsIdentity, fingerprintOf } from '../dtls/index.ts';
import { exposeInterface, givenInside, type OnlyInside } from './idl/interface.ts';
import type { WebRtcShell } from './shell.ts';

export interface RTCDtlsFingerprint {
  algorithm?: string;
  value?: string;
}

interface Held {
  readonly identity: DtlsIdentity;
  /** Milliseconds since 1970. */
  readonly expires: Millis;
  readonly shell: WebRtcShell;
}

let identityInside: (certificate: RTCCertificate) => DtlsIdentity;

export class RTCCertificate {
  readonly #held: Held;

  static {
    identityInside = (certificate) => certificate.#held.identity;
  }

  /** Scripts get theirs from `RTCPeerConnection.generateCertificate`. */
  constructor(...given: OnlyInside<Held>) {
    this.#held = givenInside(given);
  }

  /** Milliseconds since 1970. */
  get expires(): number {
    return this.#held.expires;
  }

  /** One, of the hash that signs the certificate. */
  getFingerprints(): RTCDtlsFingerprint[] {
    const { identity, shell } = this.#held;
    return identity.chain.slice(0, 1).map((der) => {
      const { hash, value } = fingerprintOf(shell.env.crypto, 'sha-256', der);
      return { algorithm: hash, value: encodeHex(value).replace(/..(?=.)/g, '$&:') };
    });
  }
}

exposeInterface(RTCCertificate);

export function identityOf(certificate: RTCCertificate): DtlsIdentity {
  return identityInside(certificate);
}
