/** The certificate of the other side: who it must be, and whether it holds the key. RFC 8122 §6.2, RFC 5246 §4.7. */
import { type CertificateKey, concatBytes } from '../base/index.ts';
import type { DigitallySigned } from './certificate-messages.ts';
import { type DtlsFault, violation } from './fault.ts';
import { matchesFingerprint } from './fingerprint.ts';
import type { HandshakeHost } from './handshake.ts';
import type { Randoms } from './key-schedule.ts';
import { signatureSchemeOf } from './signature-schemes.ts';

/** Its public key, or why it will not do. May ask the host, who then waits for a verdict. */
export function judgePeer(host: HandshakeHost, chain: readonly Uint8Array[]): CertificateKey | DtlsFault {
  const [own] = chain;
  if (!own) {
    const message = 'The other side has no certificate, and one is needed.';
    return { code: 'DTLS_CERTIFICATE_MISSING', message, alert: 'handshake_failure' };
  }
  const key = host.crypto.readCertificate(own);
  if (!key) {
    const message =
      'The certificate of the other side cannot be read, or its key is neither ECDSA nor strong RSA.';
    return { code: 'DTLS_CERTIFICATE_REFUSED', message, alert: 'unsupported_certificate' };
  }
  const { peer } = host.options;
  if (peer.kind === 'fingerprints' && !matchesFingerprint(host.crypto, peer.fingerprints, own)) {
    const message = 'The certificate of the other side does not have the fingerprint that was announced.';
    return { code: 'DTLS_FINGERPRINT_MISMATCH', message, alert: 'bad_certificate' };
  }
  if (peer.kind === 'ask') host.askAboutPeer(chain);
  return key;
}

export function isFault(value: CertificateKey | DtlsFault): value is DtlsFault {
  return 'code' in value;
}

/** Why a signature does not prove what it should. */
export function checkSignature(
  key: CertificateKey,
  { scheme: id, signature }: DigitallySigned,
  data: Uint8Array,
): DtlsFault | undefined {
  const scheme = signatureSchemeOf(id);
  // RFC 5246 §7.4.3: it must be one that was offered.
  if (!scheme) return violation('The other side signed with an algorithm that was not offered.');
  if (key.verify(scheme, data, signature)) return undefined;
  const message = 'The signature of the other side does not fit its certificate.';
  return { code: 'DTLS_SIGNATURE_INVALID', message, alert: 'decrypt_error' };
}

/** RFC 8422 §5.4: what the server signs in ServerKeyExchange. */
export function signedParams(randoms: Randoms, params: Uint8Array): Uint8Array {
  return concatBytes(randoms.client, randoms.server, params);
}
