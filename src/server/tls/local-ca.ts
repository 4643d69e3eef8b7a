/**
 * Our own certificate authority, and the leaves that it signs. Made once, kept in the state folder, trusted by hand on
 * each device. It may vouch for addresses, for private names
 * and for the name that this machine had when it was made; never for a public name of others. RFC 5280.
 */
import { X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { hostname } from 'node:os';
import { nameConstraints, permits, readNameConstraints } from './name-constraints.ts';
import { generateKeys, keyFromPem, keyToPem, SIGNATURE, serialNumber, x509 } from './x509.ts';

const DAY_MS = 86_400_000;
/** Long, because every device must be told to trust it by hand. */
const AUTHORITY_DAYS = 3650;
/** Apple's systems refuse more than 398 days from public authorities; some apply it to private ones. */
const LEAF_DAYS = 397;
/** Devices whose clock is behind must not find a certificate from the future. */
const BACKDATED_MS = DAY_MS;

/** RFC 6761 §6.3, RFC 6762, RFC 8375, and the names that home routers give. */
const PRIVATE_NAMES = ['localhost', 'local', 'home.arpa', 'internal', 'lan', 'home'];

/** PEM. */
export interface Authority {
  readonly cert: string;
  readonly key: string;
}

/** PEM; `cert` is the chain, the leaf first. */
export interface Credentials {
  readonly cert: string;
  readonly key: string;
}

export async function makeAuthority(names: readonly string[], now: number): Promise<Authority> {
  const keys = await generateKeys();
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serialNumber(),
    name: distinguishedName(`Ieum local CA (${hostname()})`),
    notBefore: new Date(now - BACKDATED_MS),
    notAfter: new Date(now + AUTHORITY_DAYS * DAY_MS),
    signingAlgorithm: SIGNATURE,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true), // signs leaves, no further authorities
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      nameConstraints(permittedFor(names)),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { cert: `${certificate.toString('pem')}\n`, key: `${await keyToPem(keys.privateKey)}\n` };
}

/** Whether an authority is one of ours and outlives any leaf that it signs now. */
export function authorityServes(authority: Authority, now: number): boolean {
  const certificate = new x509.X509Certificate(authority.cert);
  // A clock that starts in 1970 must not cost an authority that devices trust, so its beginning is not looked at.
  if (!readNameConstraints(certificate)) return false;
  return certificate.notAfter.getTime() >= now + LEAF_DAYS * DAY_MS;
}

/** Of `names` those that the authority may vouch for: every address, and the DNS names that it permits. */
export function coverable(authority: Authority, names: readonly string[]): string[] {
  const permitted = readNameConstraints(new x509.X509Certificate(authority.cert)) ?? [];
  return names.filter((name) => isIP(name) > 0 || permits(permitted, name));
}

export async function issueLeaf(
  authority: Authority,
  names: readonly string[],
  now: number,
): Promise<Credentials> {
  const issuer = new x509.X509Certificate(authority.cert);
  const keys = await generateKeys();
  const leaf = await x509.X509CertificateGenerator.create({
    serialNumber: serialNumber(),
    subject: distinguishedName('Ieum'),
    issuer: issuer.subjectName,
    notBefore: new Date(now - BACKDATED_MS),
    notAfter: new Date(now + LEAF_DAYS * DAY_MS - BACKDATED_MS),
    signingAlgorithm: SIGNATURE,
    publicKey: keys.publicKey,
    signingKey: await keyFromPem(authority.key),
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      new x509.SubjectAlternativeNameExtension(
        names.map((name) => ({ type: isIP(name) > 0 ? ('ip' as const) : ('dns' as const), value: name })),
      ),
      await x509.AuthorityKeyIdentifierExtension.create(issuer),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return {
    cert: `${leaf.toString('pem')}\n${authority.cert}`,
    key: `${await keyToPem(keys.privateKey)}\n`,
  };
}

/** Whether a leaf was signed by the authority, holds all names, and has more than a third of its life left. */
export function leafCovers(
  leaf: Credentials,
  authority: Authority,
  names: readonly string[],
  now: number,
): boolean {
  const certificate = new X509Certificate(leaf.cert);
  const issuer = new X509Certificate(authority.cert);
  if (!certificate.checkIssued(issuer) || !certificate.verify(issuer.publicKey)) return false;
  const from = Date.parse(certificate.validFrom);
  const until = Date.parse(certificate.validTo);
  if (now < from || until - now < (until - from) / 3) return false;
  return names.every((name) =>
    isIP(name) > 0
      ? certificate.checkIP(name) !== undefined
      : certificate.checkHost(name, { subject: 'never' }) !== undefined,
  );
}

/** Private names, and those of this machine at the time. */
function permittedFor(names: readonly string[]): string[] {
  const own = names.filter((name) => isIP(name) === 0 && !permits(PRIVATE_NAMES, name));
  return [...PRIVATE_NAMES, ...own];
}

/** As JSON, so that no character of a host name is taken for the syntax of RFC 4514. */
function distinguishedName(commonName: string): ConstructorParameters<typeof x509.Name>[0] {
  return [{ CN: [{ utf8String: commonName }] }, { O: [{ utf8String: 'Ieum' }] }];
}
