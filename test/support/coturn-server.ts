/** coturn's server as a child process on free ports of the loopback, with a certificate of ours. Judges nothing. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { silentLog } from '../../src/base/index.ts';
import { nodeEnv, openTurnLink } from '../../src/node/index.ts';
import { type Authority, issueLeaf, makeAuthority } from '../../src/server/tls/local-ca.ts';
import { findProgram } from './programs.ts';

const START_WITHIN_MS = 15_000;
const END_WITHIN_MS = 10_000;
const HOSTS = ['127.0.0.1', '::1'];

export interface CoturnServer {
  /** UDP and TCP. */
  readonly port: number;
  /** TLS and DTLS. */
  readonly tlsPort: number;
  /** PEM. */
  readonly ca: string;
  readonly output: () => string;
  stop(): Promise<void>;
}

export const COTURN_USER = { username: 'mina', password: 'a-secret' };

/** Rejects with what it printed when it does not begin in time. */
export async function startCoturn(args: readonly string[] = []): Promise<CoturnServer> {
  const file = findProgram('turnserver');
  if (file === undefined) {
    throw new Error(
      'turnserver is missing: run `npm run provision`, or install coturn (Debian: apt-get install coturn).',
    );
  }
  const folder = mkdtempSync(path.join(tmpdir(), 'coturn-'));
  const authority: Authority = await makeAuthority(HOSTS, Date.now());
  const leaf = await issueLeaf(authority, HOSTS, Date.now());
  writeFileSync(path.join(folder, 'cert.pem'), leaf.cert);
  writeFileSync(path.join(folder, 'key.pem'), leaf.key);
  const [port, tlsPort] = [await freePort(), await freePort()];
  const child = spawn(
    file,
    [
      ...['-n', '--no-cli', '--log-file=stdout', '--simple-log', '--verbose', '--lt-cred-mech'],
      ...[`--user=${COTURN_USER.username}:${COTURN_USER.password}`, '--realm=example.test'],
      ...HOSTS.flatMap((host) => [`--listening-ip=${host}`, `--relay-ip=${host}`]),
      ...[`--listening-port=${port}`, `--tls-listening-port=${tlsPort}`],
      ...['--min-port=20000', '--max-port=24999', '--allow-loopback-peers', '--mobility'],
      ...[`--cert=${path.join(folder, 'cert.pem')}`, `--pkey=${path.join(folder, 'key.pem')}`],
      ...[`--userdb=${path.join(folder, 'db')}`, `--pidfile=${path.join(folder, 'pid')}`],
      ...args,
    ],
    { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  let output = '';
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const stop = async (): Promise<void> => {
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), END_WITHIN_MS);
    await ended;
    clearTimeout(timer);
    rmSync(folder, { recursive: true, force: true });
  };
  child.once('error', (error) => {
    output += String(error);
  });
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  // Its log comes in blocks, so it does not tell in time: ask it.
  const deadline = Date.now() + START_WITHIN_MS;
  while (!(await answers(port))) {
    if (child.exitCode === null && child.pid !== undefined && Date.now() < deadline) continue;
    await stop();
    throw new Error(`turnserver did not begin in time. It printed:\n${output}`);
  }
  return { port, tlsPort, ca: authority.cert, output: () => output, stop };
}

/** Whether it answers over UDP within a moment. */
async function answers(port: number): Promise<boolean> {
  const env = nodeEnv({ log: silentLog });
  const link = await openTurnLink(env, {
    server: { ip: '127.0.0.1', port },
    transport: 'udp',
    patienceMs: 200,
  });
  const answered = await link.bind().then(
    () => true,
    () => false,
  );
  await link.close();
  return answered;
}

/** Of TCP; UDP of that number is then free too, as a rule. */
function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}
