/** Whether Finished proves that both sides have seen the same handshake. RFC 5246 §7.4.9. */
import type { CryptoProvider } from '../base/index.ts';
import type { DtlsFault } from './fault.ts';
import type { HandshakeMessage } from './handshake-message.ts';

export function checkFinished(
  crypto: CryptoProvider,
  { body }: HandshakeMessage,
  expected: Uint8Array,
): DtlsFault | undefined {
  if (crypto.equal(body, expected)) return undefined;
  const message = 'Finished does not fit: both sides have not seen the same handshake.';
  return { code: 'DTLS_SIGNATURE_INVALID', message, alert: 'decrypt_error' };
}
