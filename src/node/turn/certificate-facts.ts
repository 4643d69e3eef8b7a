/** What a server's certificate says, and whether it can be trusted for a name. Asks nobody on the network. RFC 5280, RFC 6125. */
import { X509Certificate } from 'node:crypto';
import { checkServerIdentity } from 'node:tls';
import { authorities } from '../authorities.ts';

export interface CertificateFacts {
  /** Why it is not to be trusted, as Node calls it (`CERT_HAS_EXPIRED` …); `undefined`: it is. */
  readonly fault: string | undefined;
  readonly subject: string;
  readonly issuer: string;
  /** `DNS:…, IP Address:…` */
  readonly names: string;
  /** Milliseconds since 1970. */
  readonly validFromMs: number;
  readonly validToMs: number;
}

export interface TrustQuestion {
  /** The name or address that it must be for. */
  readonly name: string;
  /** PEM of a further authority; Node's own are trusted too. */
  readonly ca?: string | undefined;
  /** PEM of all that are to be trusted, one each. Default: `ca`, and Node's own. */
  readonly roots?: readonly string[];
  /** Milliseconds since 1970. */
  readonly atMs: number;
}

/** No honest chain is longer; a hostile one could be a ring. */
const MAX_CHAIN = 10;

export function certificateFacts(certificate: X509Certificate, fault: string | undefined): CertificateFacts {
  return {
    fault,
    subject: oneLine(certificate.subject),
    issuer: oneLine(certificate.issuer),
    names: certificate.subjectAltName ?? '',
    validFromMs: Date.parse(certificate.validFrom),
    validToMs: Date.parse(certificate.validTo),
  };
}

/** DER, the server's own first. `undefined` for what is no certificate. For DTLS, which Node does not speak itself. */
export function judgeChain(
  chain: readonly Uint8Array[],
  question: TrustQuestion,
): CertificateFacts | undefined {
  try {
    const certificates = chain.slice(0, MAX_CHAIN).map((der) => new X509Certificate(der));
    const [own] = certificates;
    return own && certificateFacts(own, faultOf(own, certificates, question));
  } catch {
    return undefined; // no X.509, or a kind of key that this Node does not know
  }
}

function faultOf(
  own: X509Certificate,
  chain: readonly X509Certificate[],
  { name, ca, roots = authorities(ca === undefined ? [] : [ca]), atMs }: TrustQuestion,
): string | undefined {
  let last = own;
  for (let links = 0; ; links++) {
    if (atMs > Date.parse(last.validTo)) return 'CERT_HAS_EXPIRED';
    if (atMs < Date.parse(last.validFrom)) return 'CERT_NOT_YET_VALID';
    const root = roots.find((pem) => isIssuer(new X509Certificate(pem), last));
    if (root !== undefined) break;
    const next = chain.find((candidate) => candidate !== last && candidate.ca && isIssuer(candidate, last));
    if (!next || links >= MAX_CHAIN) {
      return isIssuer(last, last) ? 'SELF_SIGNED_CERT_IN_CHAIN' : 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY';
    }
    last = next;
  }
  return checkServerIdentity(name, own.toLegacyObject()) ? 'ERR_TLS_CERT_ALTNAME_INVALID' : undefined;
}

function isIssuer(issuer: X509Certificate, of: X509Certificate): boolean {
  return of.checkIssued(issuer) && of.verify(issuer.publicKey);
}

function oneLine(name: string): string {
  return name.split('\n').join(', ');
}
