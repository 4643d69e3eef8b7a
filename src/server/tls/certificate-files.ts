/** The certificate that `--cert` and `--key` name: read at the start, and again whenever a file changes. */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { createSecureContext } from 'node:tls';
import { type Log, StackError } from '../../base/index.ts';
import type { CertificateSource, CredentialsListener } from './certificate-source.ts';
import type { Credentials } from './local-ca.ts';

/** Looking beats watching: `fs.watch` misses changes behind links, mounts and network file systems. */
const CHECK_MS = 5000;

export interface CertificateFileOptions {
  /** Paths. */
  readonly cert: string;
  readonly key: string;
  readonly log: Log;
  readonly onChange: CredentialsListener;
}

/** `CERTIFICATE_UNREADABLE` when a file cannot be read, is no PEM, or the key is not the certificate's. */
export async function openCertificateFiles(options: CertificateFileOptions): Promise<CertificateSource> {
  const { cert, key, log, onChange } = options;
  let seen = await stampOf(cert, key);
  let current = await readCredentials(cert, key);
  let checking = false;

  const check = async (): Promise<void> => {
    if (checking) return;
    checking = true;
    try {
      const stamp = await stampOf(cert, key);
      if (stamp === seen) return;
      seen = stamp;
      const fresh = await readCredentials(cert, key);
      if (fresh.cert === current.cert && fresh.key === current.key) return;
      current = fresh;
      log.info('read the new certificate', { file: cert });
      onChange(current);
    } catch (error) {
      // One file is often written before the other: the next change is looked at again.
      log.warn('kept the old certificate, because the new one cannot be used', {
        reason: error instanceof Error ? error.message : String(error),
      });
    } finally {
      checking = false;
    }
  };
  const timer = setInterval(() => void check(), CHECK_MS);
  timer.unref();
  return {
    get current() {
      return current;
    },
    authority: undefined,
    check,
    close: () => clearInterval(timer),
  };
}

/** Changes when one of the files does. A missing file has a stamp too. */
async function stampOf(...paths: readonly string[]): Promise<string> {
  const stamps = await Promise.all(
    paths.map((path) =>
      stat(path).then(
        ({ ino, size, mtimeMs }) => `${ino}:${size}:${mtimeMs}`,
        () => 'missing',
      ),
    ),
  );
  return stamps.join(' ');
}

async function readCredentials(certPath: string, keyPath: string): Promise<Credentials> {
  const cert = await readPem('--cert', certPath);
  const key = await readPem('--key', keyPath);
  const certificate = parsed('--cert', certPath, 'PEM certificate', () => new X509Certificate(cert));
  const privateKey = parsed('--key', keyPath, 'PEM private key without a passphrase', () =>
    createPrivateKey(key),
  );
  if (!certificate.checkPrivateKey(privateKey)) {
    throw new StackError(
      'CERTIFICATE_UNREADABLE',
      `--key: ${keyPath} does not belong to the certificate in ${certPath}.`,
    );
  }
  // What else TLS may not like, such as a key that is too short or a broken chain.
  parsed('--cert', certPath, 'certificate that TLS accepts', () => createSecureContext({ cert, key }));
  return { cert, key };
}

async function readPem(flag: string, path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code;
    throw new StackError('CERTIFICATE_UNREADABLE', `${flag}: ${path} cannot be read (${code}).`, { cause });
  }
}

function parsed<T>(flag: string, path: string, what: string, parse: () => T): T {
  try {
    return parse();
  } catch (cause) {
    throw new StackError('CERTIFICATE_UNREADABLE', `${flag}: ${path} holds no ${what}.`, { cause });
  }
}
