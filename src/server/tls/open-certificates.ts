/** Chooses between given certificates and our own. */
import type { Log } from '../../base/index.ts';
import type { Settings } from '../settings/options.ts';
import type { StateDir } from '../state-dir.ts';
import { openCertificateFiles } from './certificate-files.ts';
import type { CertificateSource, CredentialsListener } from './certificate-source.ts';
import { openLocalCertificates } from './local-certificates.ts';
import { machineNames } from './machine-names.ts';

/** `CERTIFICATE_UNREADABLE` for `--cert` and `--key`, `STATE_UNUSABLE` for our own. */
export function openCertificates(
  { cert, key, publicIp }: Pick<Settings, 'cert' | 'key' | 'publicIp'>,
  state: StateDir,
  log: Log,
  onChange: CredentialsListener,
): Promise<CertificateSource> {
  if (cert !== undefined && key !== undefined) return openCertificateFiles({ cert, key, log, onChange });
  return openLocalCertificates({
    state,
    names: () => machineNames(publicIp),
    wallClock: () => Date.now(),
    log,
    onChange,
  });
}
