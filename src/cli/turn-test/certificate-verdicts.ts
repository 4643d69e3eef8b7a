/** What browsers will say to a TURN server's certificate. They ask nobody: a bad one is simply no way to the server. RFC 8446, RFC 7443. */
import type { SecureFacts } from '../../node/index.ts';
import { type Finding, fail, warn } from '../doctor/finding.ts';

const DAY_MS = 86_400_000;
/** Whoever renews by hand needs some days. */
const SOON_MS = 14 * DAY_MS;

export interface CertificateContext {
  /** What the certificate must be for. */
  readonly host: string;
  /** Milliseconds since 1970. */
  readonly atMs: number;
}

export function certificateFindings(secure: SecureFacts, { host, atMs }: CertificateContext): Finding[] {
  const { certificate } = secure;
  if (!certificate)
    return [fail('The server shows no certificate that can be read.', 'Give it one: --cert and --key.')];
  const until = new Date(certificate.validToMs).toISOString().slice(0, 10);
  if (certificate.fault !== undefined)
    return [fault(certificate.fault, host, certificate.issuer, certificate.names, until)];
  if (certificate.validToMs - atMs < SOON_MS) {
    return [warn(`The certificate ends on ${until}.`, 'Renew it before: nobody can connect afterwards.')];
  }
  return [];
}

function fault(code: string, host: string, issuer: string, names: string, until: string): Finding {
  switch (code) {
    case 'CERT_HAS_EXPIRED':
      return fail(`The certificate has ended on ${until}.`, 'Renew it.');
    case 'CERT_NOT_YET_VALID':
      return fail(
        'The certificate is not valid yet.',
        'Look at the clocks of this machine and of the server.',
      );
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
      return fail(
        `The certificate is not for ${host}, but for ${names || 'no name at all'}.`,
        'Use the name that is in it, or get one with this name.',
      );
    case 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY':
    case 'UNABLE_TO_VERIFY_LEAF_SIGNATURE':
      return fail(
        `The certificate is not trusted here: ${issuer} has issued it, and nobody vouches for that.`,
        'If it is a public one, let the server send its chain (fullchain.pem). If it is your own authority, trust it on each device, and give it to this test by --ca FILE.',
      );
    default:
      return fail(
        `The certificate is not trusted here (${code}), issued by ${issuer}.`,
        'Browsers offer no way to accept it for TURN by hand: use one of a public authority, or trust its authority on each device (this test: --ca FILE).',
      );
  }
}
