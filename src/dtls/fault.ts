/** Why an association cannot be: a stable code, a sentence, and the alert that tells the other side. */
import type { AlertName } from './alert.ts';

/** docs/errors.md says what each means and what to do. */
export type DtlsErrorCode =
  | 'DTLS_TIMED_OUT'
  | 'DTLS_NOTHING_IN_COMMON'
  | 'DTLS_PEER_VIOLATED'
  | 'DTLS_CERTIFICATE_MISSING'
  | 'DTLS_CERTIFICATE_REFUSED'
  | 'DTLS_FINGERPRINT_MISMATCH'
  | 'DTLS_SIGNATURE_INVALID'
  | 'DTLS_ALERT_RECEIVED'
  | 'DTLS_EXHAUSTED';

export interface DtlsFault {
  readonly code: DtlsErrorCode;
  /** What happened, what was expected. */
  readonly message: string;
  /** What to tell the other side; nothing where it has told us, or where nobody listens. */
  readonly alert?: AlertName;
}

/** A message that does not have the form of its RFC. */
export function malformed(what: string): DtlsFault {
  return {
    code: 'DTLS_PEER_VIOLATED',
    message: `The other side sent a malformed ${what}.`,
    alert: 'decode_error',
  };
}

/** A message that has its form, but says what it must not say. */
export function violation(message: string, alert: AlertName = 'illegal_parameter'): DtlsFault {
  return { code: 'DTLS_PEER_VIOLATED', message, alert };
}

export function nothingInCommon(what: string, alert: AlertName = 'handshake_failure'): DtlsFault {
  return { code: 'DTLS_NOTHING_IN_COMMON', message: `Both sides have no ${what} in common.`, alert };
}
