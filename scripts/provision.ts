/**
 * Brings what the browser and black-box tests need and npm cannot bring: Chromium, certutil (to trust a certificate),
 * coturn's client tools, OpenSSL. Installs them on Debian and Ubuntu as root; elsewhere says what to install. `npm run provision`.
 */
import { existsSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { findChromium, findProgram } from '../test/support/programs.ts';
import { run } from './process.ts';

interface Need {
  /** What it is called in a sentence. */
  readonly name: string;
  /** The package of Debian and Ubuntu. */
  readonly debian: string;
  readonly elsewhere: string;
  find(): string | undefined;
}

const NEEDS: readonly Need[] = [
  {
    name: 'Chromium',
    debian: 'chromium',
    elsewhere: 'install Google Chrome or Chromium, or set CHROME_PATH to its program file',
    find: findChromium,
  },
  {
    name: 'certutil',
    debian: 'libnss3-tools',
    elsewhere: 'install the NSS tools (macOS: brew install nss; Fedora: nss-tools)',
    find: () => (process.platform === 'linux' ? findProgram('certutil') : 'not needed'),
  },
  {
    name: 'turnutils_uclient',
    debian: 'coturn',
    elsewhere: 'install coturn (macOS: brew install coturn)',
    find: () => (process.platform === 'win32' ? 'not available' : findProgram('turnutils_uclient')),
  },
  {
    name: 'openssl',
    debian: 'openssl',
    elsewhere: 'install OpenSSL 3 (macOS: brew install openssl)',
    find: () => (process.platform === 'win32' ? 'not available' : findProgram('openssl')),
  },
];

/** Package mirrors fail for moments; a third failure is no moment any more. */
const TRIES = 3;
const BETWEEN_TRIES_MS = 3000;

const missing = (): readonly Need[] => NEEDS.filter((need) => need.find() === undefined);

async function aptGet(...args: readonly string[]): Promise<boolean> {
  const env = { DEBIAN_FRONTEND: 'noninteractive' };
  for (let attempt = 1; attempt <= TRIES; attempt += 1) {
    const { code } = await run('apt-get', ['-qq', '-y', ...args], { env });
    if (code === 0) return true;
    if (attempt < TRIES) await wait(BETWEEN_TRIES_MS);
  }
  return false;
}

/** Installs what is missing. Returns one sentence that says what to do when something is missing still. */
export async function provision(): Promise<string | undefined> {
  const wanted = missing();
  if (wanted.length === 0) return undefined;
  if (process.platform === 'linux' && process.getuid?.() === 0 && existsSync('/usr/bin/apt-get')) {
    process.stdout.write(`Installing ${wanted.map((need) => need.debian).join(', ')} …\n`);
    const packages = wanted.map((need) => need.debian);
    if (await aptGet('update')) await aptGet('--no-install-recommends', 'install', ...packages);
  }
  const still = missing();
  if (still.length === 0) return undefined;
  return still
    .map((need) => `${need.name} is missing: ${need.elsewhere}, Debian: apt-get install ${need.debian}`)
    .join('; ');
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const problem = await provision();
  for (const need of NEEDS) process.stdout.write(`${need.name}: ${need.find() ?? 'missing'}\n`);
  if (problem !== undefined) {
    process.stderr.write(`${problem}.\n`);
    process.exitCode = 1;
  }
}
