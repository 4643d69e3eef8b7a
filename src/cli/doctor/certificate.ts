/** The certificate that the server shows: how long it lives, for which names, and who can trust it. */
import type { X509Certificate } from 'node:crypto';
import { connect } from 'node:tls';
import { canonicalIp, familyOf, type SocketAddress } from '../../base/index.ts';
import { type OwnAddress, ownAddresses } from '../../node/index.ts';
import { type Finding, fail, ok, warn } from './finding.ts';

export interface ShownCertificate {
  readonly leaf: X509Certificate;
  /** Why a client with the usual authorities would not trust it; `undefined` when it would. */
  readonly distrust: string | undefined;
}

const DAY_MS = 86_400_000;
/** Who renews by hand or by ACME has to have done so by then. */
const WARN_DAYS = 14;
const PATIENCE_MS = 5_000;

/** `given`: it came from --cert; else it is of our own authority. */
export async function checkCertificate(server: SocketAddress, given: boolean): Promise<Finding[]> {
  try {
    return judgeCertificate(await readCertificate(server), given, Date.now(), ownAddresses());
  } catch (error) {
    return [fail(`Certificate: no TLS connection to the server (${String(error)}).`)];
  }
}

export function judgeCertificate(
  { leaf, distrust }: ShownCertificate,
  given: boolean,
  nowMs: number,
  own: readonly OwnAddress[],
): Finding[] {
  const names = namesOf(leaf).join(', ');
  const endsMs = Date.parse(leaf.validTo);
  const days = Math.floor((endsMs - nowMs) / DAY_MS);
  const until = new Date(endsMs).toISOString().slice(0, 10);
  const findings: Finding[] = [];
  if (Date.parse(leaf.validFrom) > nowMs) {
    findings.push(fail(`Certificate: it begins ${leaf.validFrom} only.`, 'Look whether the clock is right.'));
  } else if (days < 0) {
    findings.push(
      fail(`Certificate: it has ended on ${until}.`, 'Renew it; a changed file is read by itself.'),
    );
  } else if (given && days < WARN_DAYS) {
    findings.push(warn(`Certificate: it ends on ${until}, in ${days} days.`, 'Renew it now.'));
  } else findings.push(ok(`Certificate: valid until ${until}, for ${names}.`));

  if (given) findings.push(judgeGiven(distrust));
  else findings.push(...judgeOwn(leaf, own));
  return findings;
}

/** `DNS:localhost, IP Address:0:0:0:0:0:0:0:1` is how node:crypto writes them. */
function namesOf({ subjectAltName }: X509Certificate): string[] {
  return (subjectAltName ?? '')
    .split(', ')
    .map((entry) => entry.replace(/^(DNS|IP Address):/, ''))
    .map((name) => canonicalIp(name) ?? name);
}

function judgeGiven(distrust: string | undefined): Finding {
  switch (distrust) {
    case undefined:
      return ok('Certificate chain: complete, and trusted by every device.');
    case 'UNABLE_TO_VERIFY_LEAF_SIGNATURE':
    case 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY':
      return warn(
        `Certificate chain: it does not lead to a known authority (${distrust}).`,
        'Give the whole chain with --cert (Let’s Encrypt: fullchain.pem). For an authority of your own, install it on the devices.',
      );
    default:
      return warn(
        `Certificate chain: not trusted (${distrust}).`,
        'Browsers will warn. Use a certificate of a public authority, or install its authority on the devices.',
      );
  }
}

function judgeOwn(leaf: X509Certificate, own: readonly OwnAddress[]): Finding[] {
  const missing = own
    .filter(({ scope, ip }) => scope !== 'loopback' && !(scope === 'link-local' && familyOf(ip) === 6))
    .filter(({ ip }) => leaf.checkIP(ip) === undefined)
    .map(({ ip }) => ip);
  const trust = ok(
    'Certificate chain: our own authority, made on this machine.',
    'Browsers warn once; the page /trust of the server says how to trust it on each device.',
  );
  if (missing.length === 0) return [trust];
  return [
    trust,
    warn(`Certificate: ${missing.join(', ')} is not in it.`, 'Start the server again; it makes a new one.'),
  ];
}

/** Rejects when no TLS connection can be made. */
function readCertificate({ ip, port }: SocketAddress): Promise<ShownCertificate> {
  return new Promise((resolve, reject) => {
    const socket = connect({
      host: ip,
      port,
      ALPNProtocols: ['stun.turn'],
      // It is read to be judged, whatever it is; names are judged here too.
      rejectUnauthorized: false,
      checkServerIdentity: () => undefined,
    });
    socket.setTimeout(PATIENCE_MS, () => socket.destroy(new Error('no answer')));
    socket.once('error', reject);
    socket.once('secureConnect', () => {
      const leaf = socket.getPeerX509Certificate();
      const distrust = socket.authorized ? undefined : String(socket.authorizationError);
      socket.destroy();
      if (leaf) resolve({ leaf, distrust });
      else reject(new Error('the server showed no certificate'));
    });
  });
}
