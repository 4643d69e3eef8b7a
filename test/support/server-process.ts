/**
 * The real server as a child process on free loopback ports, with a state folder of its own. Can be killed and started
 * again on the same ports, as a crash and a restart are. Speaks no protocol with it.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { get } from 'node:https';
import { tmpdir } from 'node:os';
import path from 'node:path';

const ROOT = path.resolve(import.meta.dirname, '../..');
const PROGRAM = path.join(ROOT, 'dist/cli/main.js');
/** The first start makes a certificate authority, secrets and a certificate; on a busy machine that is seconds. */
const START_WITHIN_MS = 20_000;
const END_WITHIN_MS = 10_000;

interface ServerPorts {
  /** HTTPS, WebSocket, TURN over TCP and TLS. */
  readonly web: number;
  /** STUN and TURN over UDP and TCP. */
  readonly turn: number;
}

export interface ServerProcess {
  /** `https://127.0.0.1:PORT` */
  readonly url: string;
  readonly ports: ServerPorts;
  readonly stateDir: string;
  /** PEM of the authority that signed its certificate. */
  readonly ca: string;
  /** All that it has printed so far, for the message of a failing test. */
  readonly output: () => string;
  readonly pid: () => number;
  /** SIGKILL, as a crash or the out-of-memory killer ends it. Resolves when it is gone. */
  kill(): Promise<void>;
  /** Starts it anew on the same ports with the same state. Resolves when it listens. */
  restart(): Promise<void>;
  /** SIGTERM, and the state folder is removed. Resolves with the exit code. */
  stop(): Promise<number>;
}

export async function startServerProcess(args: readonly string[] = []): Promise<ServerProcess> {
  const stateDir = mkdtempSync(path.join(tmpdir(), 'ieum-server-'));
  let running = await launch(stateDir, { web: 0, turn: 0 }, args);
  const { ports } = running;
  const url = `https://127.0.0.1:${ports.web}`;
  const ca = await download(`${url}/ca.crt`);
  return {
    url,
    ports,
    stateDir,
    ca,
    output: () => running.output(),
    pid: () => running.child.pid ?? 0,
    async kill() {
      await end(running.child, 'SIGKILL');
    },
    async restart() {
      running = await launch(stateDir, ports, args);
    },
    async stop() {
      const code = await end(running.child, 'SIGTERM');
      rmSync(stateDir, { recursive: true, force: true });
      return code;
    },
  };
}

interface Launched {
  readonly child: ChildProcess;
  readonly ports: ServerPorts;
  readonly output: () => string;
}

function launch(stateDir: string, ports: ServerPorts, args: readonly string[]): Promise<Launched> {
  if (!existsSync(PROGRAM)) throw new Error('dist/cli/main.js is missing: run `npm run build` first.');
  const child = spawn(
    process.execPath,
    [
      PROGRAM,
      'serve',
      ...['--host', '127.0.0.1'],
      ...['--port', String(ports.web)],
      ...['--turn-port', String(ports.turn)],
      ...['--state-dir', stateDir],
      ...['--log-format', 'json'],
      '--no-qr',
      ...args,
    ],
    { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  let output = '';
  return new Promise((resolve, reject) => {
    const failed = (why: string): void => {
      clearTimeout(timer);
      child.kill('SIGKILL');
      reject(new Error(`The server ${why}. It printed:\n${output}`));
    };
    const timer = setTimeout(() => failed(`did not listen within ${START_WITHIN_MS} ms`), START_WITHIN_MS);
    const read = (text: string): void => {
      output += text;
      const found = readBanner(output);
      if (found === undefined) return;
      clearTimeout(timer);
      child.removeListener('exit', exited);
      resolve({ child, ports: found, output: () => output });
    };
    const exited = (code: number | null): void => failed(`ended with code ${code}`);
    child.stdout?.setEncoding('utf8').on('data', read);
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
    child.once('exit', exited);
    child.once('error', (error) => failed(`could not be started: ${error.message}`));
  });
}

/** The ports out of the banner; `undefined` until it is whole. */
function readBanner(output: string): ServerPorts | undefined {
  const web = /server is listening on https:\/\/\S+?:(\d+)/.exec(output)?.[1];
  const turn = /\b(?:stun|turn):\S+?:(\d+)/.exec(output)?.[1];
  return web === undefined || turn === undefined ? undefined : { web: Number(web), turn: Number(turn) };
}

function end(child: ChildProcess, signal: NodeJS.Signals): Promise<number> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve(child.exitCode ?? -1);
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      reject(new Error(`The server did not end within ${END_WITHIN_MS} ms of ${signal}.`));
    }, END_WITHIN_MS);
    child.once('exit', (code) => {
      clearTimeout(timer);
      resolve(code ?? -1);
    });
    child.kill(signal);
  });
}

/** The CA is fetched before anything trusts it; it is then trusted because it is this test's own server. */
function download(url: string): Promise<string> {
  return new Promise((resolve, reject) => {
    get(url, { rejectUnauthorized: false, agent: false }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (part: string) => {
        text += part;
      });
      response.on('end', () => {
        if (response.statusCode === 200) resolve(text);
        else reject(new Error(`${url} answered ${response.statusCode}`));
      });
    }).once('error', reject);
  });
}
