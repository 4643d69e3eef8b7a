/**
 * Starts a Chromium with fake devices that trusts one local CA, the way a person trusts it: in the certificate store.
 * Chromium checks the certificates of TURN over TLS too, and Playwright's `ignoreHTTPSErrors` does not reach these.
 */
import { execFileSync } from 'node:child_process';
import { createHash, X509Certificate } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type Browser, chromium } from 'playwright-core';
import { findChromium } from '../programs.ts';

export interface RunningBrowser {
  readonly browser: Browser;
  close(): Promise<void>;
}

export interface BrowserOptions {
  /** PEM of the CA to trust. */
  readonly ca?: string;
  readonly args?: readonly string[];
}

const ARGS: readonly string[] = [
  '--headless=new',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  // Fake camera (a moving picture) and microphone (a beep each second), granted without asking.
  '--use-fake-ui-for-media-stream',
  '--use-fake-device-for-media-stream',
  '--autoplay-policy=no-user-gesture-required',
  // Everything here happens on one machine: its loopback addresses are candidates, under their own names.
  '--allow-loopback-in-peer-connection',
  '--disable-features=WebRtcHideLocalIpsWithMdns',
  // Several participants are pages of one browser, and only one of them is in front.
  '--disable-background-timer-throttling',
  '--disable-backgrounding-occluded-windows',
  '--disable-renderer-backgrounding',
];

export async function launchChromium(options: BrowserOptions = {}): Promise<RunningBrowser> {
  const executablePath = findChromium();
  if (executablePath === undefined) {
    throw new Error('No Chromium was found: run `npm run provision`, or set CHROME_PATH.');
  }
  const home = mkdtempSync(path.join(tmpdir(), 'ieum-browser-'));
  const trust = options.ca === undefined ? [] : trustCa(home, options.ca);
  const browser = await chromium.launch({
    executablePath,
    args: [...ARGS, ...trust, ...(options.args ?? [])],
    env: { ...process.env, HOME: home },
  });
  return {
    browser,
    async close() {
      await browser.close();
      rmSync(home, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

/** Puts the CA into the NSS store of `home` on Linux; elsewhere names its key to Chromium, whose stores are the system's. */
function trustCa(home: string, ca: string): readonly string[] {
  if (process.platform !== 'linux') {
    const spki = new X509Certificate(ca).publicKey.export({ type: 'spki', format: 'der' });
    return [`--ignore-certificate-errors-spki-list=${createHash('sha256').update(spki).digest('base64')}`];
  }
  const file = path.join(home, 'ca.crt');
  writeFileSync(file, ca);
  const store = path.join(home, '.pki', 'nssdb');
  mkdirSync(store, { recursive: true });
  const certutil = (...args: readonly string[]): void => {
    execFileSync('certutil', ['-d', `sql:${store}`, ...args], { stdio: ['ignore', 'ignore', 'pipe'] });
  };
  certutil('-N', '--empty-password');
  certutil('-A', '-t', 'C,,', '-n', 'Ieum test CA', '-i', file);
  return [];
}
