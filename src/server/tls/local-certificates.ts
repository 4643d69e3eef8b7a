/** The certificate that is made here: kept in the state folder, made anew when a name is missing or its end is near. */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { type Log, StackError } from '../../base/index.ts';
import type { StateDir } from '../state-dir.ts';
import type { CertificateSource, CredentialsListener } from './certificate-source.ts';
import {
  type Authority,
  authorityServes,
  type Credentials,
  coverable,
  issueLeaf,
  leafCovers,
  makeAuthority,
} from './local-ca.ts';

const AUTHORITY_FILE = 'authority.pem';
const LEAF_FILE = 'certificate.pem';
/** A laptop that changes its network should not wait long for a certificate with its new address. */
const CHECK_MS = 15_000;

export interface LocalCertificateOptions {
  readonly state: StateDir;
  /** Asked again at each check. */
  readonly names: () => readonly string[];
  readonly wallClock: () => number;
  readonly log: Log;
  readonly onChange: CredentialsListener;
}

/** `STATE_UNUSABLE` when the state folder cannot be used. */
export async function openLocalCertificates(options: LocalCertificateOptions): Promise<CertificateSource> {
  const { state, names, wallClock, log, onChange } = options;
  let authority = await openAuthority(options);
  let current = await openLeaf(options, authority);
  let checking = false;

  const check = async (): Promise<void> => {
    const now = wallClock();
    const wanted = coverable(authority, names());
    if (checking || leafCovers(current, authority, wanted, now)) return;
    checking = true;
    try {
      authority = await openAuthority(options);
      current = await issueLeaf(authority, wanted, now);
      state.write(LEAF_FILE, joinPem(current));
      log.info('made a new certificate', { names: wanted });
      onChange(current);
    } finally {
      checking = false;
    }
  };
  const timer = setInterval(() => {
    check().catch((error: unknown) => log.warn('cannot renew the certificate', { error: String(error) }));
  }, CHECK_MS);
  timer.unref();
  return {
    get current() {
      return current;
    },
    get authority() {
      return authority.cert;
    },
    check,
    close: () => clearInterval(timer),
  };
}

async function openAuthority({ state, names, wallClock, log }: LocalCertificateOptions): Promise<Authority> {
  const now = wallClock();
  const text = state.read(AUTHORITY_FILE);
  if (text !== undefined) {
    const kept = splitPem(text);
    if (!kept || !isReadable(kept)) {
      throw new StackError(
        'STATE_UNUSABLE',
        `--state-dir: ${AUTHORITY_FILE} in ${state.path} is damaged; restore it, or delete it to make a new authority, which every device must trust again.`,
      );
    }
    if (authorityServes(kept, now)) return kept;
    const made = await makeAuthority(names(), now);
    state.write(AUTHORITY_FILE, joinPem(made));
    log.warn('made a new certificate authority, because the old one is near its end: trust it again');
    return made;
  }
  const made = await makeAuthority(names(), now);
  return splitPem(state.writeOnce(AUTHORITY_FILE, joinPem(made))) ?? made;
}

async function openLeaf(options: LocalCertificateOptions, authority: Authority): Promise<Credentials> {
  const { state, names, wallClock, log } = options;
  const wanted = coverable(authority, names());
  const refused = names().filter((name) => !wanted.includes(name));
  if (refused.length > 0) {
    log.warn('the certificate leaves out names that the authority was not made for', { names: refused });
  }
  const kept = splitPem(state.read(LEAF_FILE) ?? '');
  // A damaged leaf costs nothing: another is made.
  if (kept && isReadable(kept) && leafCovers(kept, authority, wanted, wallClock())) return kept;
  const made = await issueLeaf(authority, wanted, wallClock());
  state.write(LEAF_FILE, joinPem(made));
  return made;
}

function isReadable(pair: Credentials): boolean {
  try {
    const certificate = new X509Certificate(pair.cert);
    return certificate.checkPrivateKey(createPrivateKey(pair.key));
  } catch {
    return false;
  }
}

/** One file for both, so that they never come from two different makings. */
function joinPem({ cert, key }: Credentials): string {
  return `${key}${cert}`;
}

function splitPem(text: string): Credentials | undefined {
  const key = /-----BEGIN PRIVATE KEY-----[^-]+-----END PRIVATE KEY-----\n/.exec(text)?.[0];
  const certs = text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----\n/g);
  return key && certs ? { key, cert: certs.join('') } : undefined;
}
