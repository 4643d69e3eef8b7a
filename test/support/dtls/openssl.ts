/** OpenSSL's DTLS client and server as child processes, and certificates made by OpenSSL. */
import { type ChildProcessWithoutNullStreams, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { SignatureKeyKind } from '../../../src/base/index.ts';
import type { DtlsIdentity } from '../../../src/dtls/index.ts';
import { readPemIdentity } from '../../../src/node/index.ts';
import { findProgram } from '../programs.ts';

/** For what takes milliseconds on a quiet machine. */
const SAYS_WITHIN_MS = 30_000;

function opensslProgram(): string {
  const file = findProgram('openssl');
  if (file === undefined) throw new Error('openssl is missing: run `npm run provision`, or install OpenSSL.');
  return file;
}

interface PemFiles {
  readonly certificate: string;
  readonly key: string;
  readonly identity: DtlsIdentity;
}

export interface Certificates {
  readonly files: Readonly<Record<SignatureKeyKind, PemFiles>>;
  remove(): void;
}

/** Self-signed, in a folder of their own. */
export function makeCertificates(): Certificates {
  const folder = mkdtempSync(path.join(tmpdir(), 'ieum-dtls-'));
  const make = (kind: SignatureKeyKind): PemFiles => {
    const certificate = path.join(folder, `${kind}.pem`);
    const key = path.join(folder, `${kind}.key`);
    const newKey = kind === 'rsa' ? ['rsa:2048'] : ['ec', '-pkeyopt', 'ec_paramgen_curve:P-256'];
    const subject = ['-subj', `/CN=${kind}.test`, '-days', '2'];
    const files = ['-keyout', key, '-out', certificate];
    const args = ['req', '-x509', '-nodes', '-newkey', ...newKey, ...subject, ...files];
    const { status, stderr } = spawnSync(opensslProgram(), args, { encoding: 'utf8' });
    if (status !== 0) throw new Error(`openssl made no certificate: ${stderr}`);
    const identity = readPemIdentity(readFileSync(certificate, 'utf8'), readFileSync(key, 'utf8'));
    return { certificate, key, identity };
  };
  return {
    files: { ecdsa: make('ecdsa'), rsa: make('rsa') },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** One openssl process: what it prints, and its standard input. */
export class Openssl {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #ended: Promise<void>;
  #output = '';
  #wake: () => void = () => {};

  constructor(args: readonly string[]) {
    this.#child = spawn(opensslProgram(), [...args]);
    this.#ended = new Promise((resolve) => this.#child.once('close', () => resolve()));
    void this.#ended.then(() => this.#wake());
    this.#child.stdin.on('error', () => {}); // it ended first; what it printed tells
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        this.#output += text;
        this.#wake();
      });
    }
  }

  get output(): string {
    return this.#output;
  }

  say(text: string): void {
    this.#child.stdin.write(text);
  }

  /** Until it has printed `pattern`. */
  async says(pattern: RegExp): Promise<void> {
    const deadline = Date.now() + SAYS_WITHIN_MS;
    while (!pattern.test(this.#output)) {
      const left = deadline - Date.now();
      if (left <= 0 || this.#child.exitCode !== null) {
        throw new Error(`openssl did not print ${pattern}, but: ${this.#output}`);
      }
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  async stop(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#ended;
  }
}
