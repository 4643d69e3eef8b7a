/** `ieum turn` as a child process on free ports, with a state folder of its own. Speaks no protocol with it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

const ROOT = path.resolve(import.meta.dirname, '../..');
const PROGRAM = path.join(ROOT, 'dist/cli/main.js');
/** The first start makes a certificate authority, secrets and a certificate; on a busy machine that is seconds. */
const START_WITHIN_MS = 20_000;
const END_WITHIN_MS = 10_000;

export interface TurnProcess {
  /** STUN and TURN over UDP and TCP. */
  readonly port: number;
  /** TURN over TLS, and over DTLS. */
  readonly tlsPort: number;
  readonly stateDir: string;
  /** `http://127.0.0.1:1234` where it was started with `--health-port`. */
  readonly healthUrl: string | undefined;
  /** All that it has printed so far, for the message of a failing test. */
  readonly output: () => string;
  signal(name: NodeJS.Signals): void;
  /** Resolves with the exit code once it has ended by itself or by a signal. */
  readonly ended: Promise<number | null>;
  /** SIGTERM; the state folder is removed. Resolves with the exit code. */
  stop(): Promise<number>;
}

/** Rejects with what it printed when it does not listen in time. */
export function startTurnProcess(host: string, args: readonly string[]): Promise<TurnProcess> {
  if (!existsSync(PROGRAM)) throw new Error('dist/cli/main.js is missing: run `npm run build` first.');
  const stateDir = mkdtempSync(path.join(tmpdir(), 'ieum-turn-'));
  const child = spawn(
    process.execPath,
    [
      ...[PROGRAM, 'turn', '--state-dir', stateDir, '--turn-host', host],
      ...['--turn-port', '0', '--turn-tls-port', '0', '--log-format', 'json'],
      ...args,
    ],
    { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  let output = '';
  const ended = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)));
  return new Promise((resolve, reject) => {
    const fail = (why: string): void => {
      clearTimeout(timer);
      child.kill('SIGKILL');
      rmSync(stateDir, { recursive: true, force: true });
      reject(new Error(`ieum turn ${why}. It printed:\n${output}`));
    };
    const timer = setTimeout(() => fail(`did not listen within ${START_WITHIN_MS} ms`), START_WITHIN_MS);
    const exited = (code: number | null): void => fail(`ended with code ${code}`);
    child.once('exit', exited);
    child.once('error', (error) => fail(`could not be started: ${error.message}`));
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      const port = /listening on turn:\S+:(\d+) \(UDP and TCP\)/.exec(output)?.[1];
      const tlsPort = /listening on turns:\S+:(\d+) \(TLS[^)]*\)/.exec(output)?.[1];
      if (port === undefined || tlsPort === undefined || !/\n=+\n/.test(output)) return;
      clearTimeout(timer);
      child.removeListener('exit', exited);
      resolve({
        port: Number(port),
        tlsPort: Number(tlsPort),
        stateDir,
        healthUrl: /listening on (http:\S+) \(health/.exec(output)?.[1],
        output: () => output,
        signal: (name) => void child.kill(name),
        ended,
        async stop() {
          const code = await end(child);
          rmSync(stateDir, { recursive: true, force: true });
          return code;
        },
      });
    });
  });
}

function end(child: ChildProcess): Promise<number> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve(child.exitCode ?? -1);
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      reject(new Error(`ieum turn did not end within ${END_WITHIN_MS} ms of SIGTERM.`));
    }, END_WITHIN_MS);
    child.once('exit', (code) => {
      clearTimeout(timer);
      resolve(code ?? -1);
    });
    child.kill('SIGTERM');
  });
}
