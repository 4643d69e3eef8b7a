/** Starts the two servers that are compared, alike as far as both can be, and ends them again. Measures nothing. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { findProgram } from '../../test/support/programs.ts';
import { ipNumber, SERVER_IP } from './addresses.ts';
import type { Address, Credentials } from './turn-messages.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');
const PROGRAM = path.join(ROOT, 'dist/cli/main.js');
const READY_WITHIN_MS = 20_000;
const END_WITHIN_MS = 12_000;
/** Room for ten thousand and more in each part, where a server divides the ports among its threads. */
const RELAY_PORTS = { min: 32_768, max: 65_535 } as const;

export const CREDENTIALS: Credentials = { username: 'bench', password: 'relay-bench' };
const REALM = 'bench.example';

export type ServerName = 'coturn' | 'ieum';

export interface Server {
  readonly name: ServerName;
  readonly pid: number;
  /** UDP and TCP. */
  readonly address: Address;
  /** TLS. */
  readonly tlsAddress: Address;
  /** How it ended, once it has; nobody asked it to. */
  readonly ended: () => string | undefined;
  stop(): Promise<void>;
}

export interface ServerOptions {
  /** One thread that relays, or as many as each server takes by itself. */
  readonly threads: 'one' | 'default';
  /** As nice(1) takes it. */
  readonly niceness: number;
  /** Where Node writes a profile of our server when it ends. */
  readonly profileDir?: string | undefined;
  /** The profile's folder inside that. */
  readonly profileName?: string | undefined;
  /** Another build of ours: its `dist/cli/main.js`. */
  readonly program?: string | undefined;
}

const running = new Set<Started>();

/** For the end of the benchmark, whatever the reason: nothing stays behind. Waits for nothing. */
export function killAllServers(): void {
  for (const server of running) server.kill();
}

/** What it says of itself, such as `4.6.1`. */
export function coturnVersion(): string {
  const file = findProgram('turnserver');
  if (file === undefined) return 'missing';
  const { stdout } = spawnSync(file, ['--version'], { encoding: 'utf8' });
  return /^\d+(\.\d+)+/m.exec(stdout)?.[0] ?? 'of unknown version';
}

export async function startServer(name: ServerName, options: ServerOptions): Promise<Server> {
  const port = await freePort();
  const tlsPort = await freePort();
  const dir = mkdtempSync(path.join(tmpdir(), `bench-${name}-`));
  const command =
    name === 'coturn'
      ? await coturnCommand(dir, port, tlsPort, options)
      : ieumCommand(dir, port, tlsPort, options);
  const started = new Started(name, dir, command, options.niceness);
  running.add(started);
  try {
    await started.answers(port);
  } catch (error) {
    await started.stop();
    throw error;
  }
  const ip = ipNumber(SERVER_IP);
  return {
    name,
    pid: started.pid,
    address: { ip, port },
    tlsAddress: { ip, port: tlsPort },
    ended: () => started.ended,
    stop: () => started.stop(),
  };
}

interface Command {
  readonly file: string;
  readonly args: readonly string[];
}

async function coturnCommand(
  dir: string,
  port: number,
  tlsPort: number,
  { threads }: ServerOptions,
): Promise<Command> {
  const file = findProgram('turnserver');
  if (file === undefined) {
    throw new Error(
      'turnserver is missing: run `npm run provision`, or install coturn (Debian: apt-get install coturn).',
    );
  }
  const certificate = await selfSigned(dir);
  return {
    file,
    args: [
      ...['-n', '-a', '--user', `${CREDENTIALS.username}:${CREDENTIALS.password}`, '--realm', REALM],
      ...['--listening-ip', SERVER_IP, '--relay-ip', SERVER_IP, '--allow-loopback-peers'],
      ...['--listening-port', String(port), '--tls-listening-port', String(tlsPort)],
      ...['--min-port', String(RELAY_PORTS.min), '--max-port', String(RELAY_PORTS.max)],
      ...(threads === 'one' ? ['-m', '1'] : []),
      ...['--cert', certificate, '--pkey', certificate, '--no-dtls', '--no-cli', '--no-software-attribute'],
      ...['--log-file', '/dev/null', '--no-stdout-log', '--simple-log'],
      ...['--pidfile', path.join(dir, 'pid'), '--userdb', path.join(dir, 'users.db')],
    ],
  };
}

function ieumCommand(
  dir: string,
  port: number,
  tlsPort: number,
  { threads, profileDir, profileName = '', program = PROGRAM }: ServerOptions,
): Command {
  if (!existsSync(program)) throw new Error(`${program} is missing: run \`npm run build\` first.`);
  return {
    file: process.execPath,
    args: [
      ...(profileDir === undefined
        ? []
        : ['--cpu-prof', '--cpu-prof-dir', path.resolve(profileDir, profileName)]),
      ...[program, 'turn', '--state-dir', dir, '--turn-host', SERVER_IP],
      ...['--turn-port', String(port), '--turn-tls-port', String(tlsPort)],
      ...['--relay-ports', `${RELAY_PORTS.min}-${RELAY_PORTS.max}`, '--allow-loopback-peers'],
      ...['--realm', REALM, '--user', `${CREDENTIALS.username}:${CREDENTIALS.password}`],
      ...['--user-quota', '10000', '--total-quota', '60000', '--log-level', 'warn', '--log-format', 'json'],
      ...(threads === 'one' && knowsWorkers(program) ? ['--relay-workers', '1'] : []),
    ],
  };
}

/** Whether this build has the option. */
function knowsWorkers(program: string): boolean {
  const options = path.resolve(path.dirname(program), '../server/settings/relay-options.js');
  return existsSync(options) && readFileSync(options, 'utf8').includes('relayWorkers');
}

/** For TLS, of the same kind that ours makes for itself: ECDSA P-256. Key and certificate in one file. */
async function selfSigned(dir: string): Promise<string> {
  const { createSelfSigned } = await import('./certificate.ts');
  return createSelfSigned(dir);
}

class Started {
  readonly #name: ServerName;
  readonly #dir: string;
  readonly #child: ChildProcess;
  #output = '';
  #stopping = false;
  ended: string | undefined;

  constructor(name: ServerName, dir: string, { file, args }: Command, niceness: number) {
    this.#name = name;
    this.#dir = dir;
    // Each relay holds a socket: as many as the system allows, for both alike.
    const script = 'ulimit -n 1048576 2>/dev/null || ulimit -n "$(ulimit -Hn)"; exec nice -n "$0" "$@"';
    this.#child = spawn('/bin/sh', ['-c', script, String(niceness), file, ...args], {
      cwd: dir,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.#output = (this.#output + text).slice(-4000);
      });
    }
    this.#child.once('exit', (code, signal) => {
      running.delete(this);
      rmSync(this.#dir, { recursive: true, force: true });
      if (!this.#stopping)
        this.ended = `${name} ended by itself (${signal ?? code}): ${this.#output.slice(-500)}`;
    });
  }

  get pid(): number {
    return this.#child.pid ?? -1;
  }

  /** Resolves when it answers a Binding request. */
  async answers(port: number): Promise<void> {
    const socket = createSocket('udp4');
    let answered = false;
    socket.on('message', () => {
      answered = true;
    });
    const request = Buffer.from('000100002112a442000102030405060708090a0b', 'hex');
    const deadline = Date.now() + READY_WITHIN_MS;
    while (!answered && this.ended === undefined && Date.now() < deadline) {
      socket.send(request, port, SERVER_IP);
      await wait(50);
    }
    socket.close();
    if (!answered)
      throw new Error(this.ended ?? `${this.#name} does not answer. It printed:\n${this.#output}`);
  }

  kill(): void {
    this.#stopping = true;
    this.#child.kill('SIGKILL');
    rmSync(this.#dir, { recursive: true, force: true });
  }

  stop(): Promise<void> {
    this.#stopping = true;
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.#child.kill('SIGKILL'), END_WITHIN_MS);
      this.#child.once('exit', () => {
        clearTimeout(timer);
        resolve();
      });
      this.#child.kill('SIGTERM');
    });
  }
}

/** For UDP and TCP, as far as can be told: below the ports of relays. */
async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < 50; attempt += 1) {
    const port = 10_000 + Math.floor(Math.random() * 9000);
    if (await isFree(port)) return port;
  }
  throw new Error('No free port was found between 10000 and 19000.');
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, SERVER_IP, () => server.close(() => resolve(true)));
  });
}
