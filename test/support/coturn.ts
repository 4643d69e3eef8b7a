/**
 * coturn's client tools, run against a server of ours. Its client ends with 0 even when every message was lost, so what
 * it prints is read. Judges nothing.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { findProgram } from './programs.ts';

/** 2 to 13 s of its own for 20 messages (it begins after a random wait), 17 when something is lost. */
const END_WITHIN_MS = 60_000;
const PEER_WITHIN_MS = 5_000;

export interface ClientReport {
  readonly exitCode: number;
  readonly sent: number;
  readonly received: number;
  /** "Total lost packets", as the tool counts. */
  readonly lost: number;
  readonly output: string;
}

/** The full path, or an error of one sentence. */
function coturnTool(
  name: 'turnutils_uclient' | 'turnutils_peer' | 'turnutils_stunclient' | 'turnutils_natdiscovery',
): string {
  const file = findProgram(name);
  if (file === undefined) {
    throw new Error(
      `${name} is missing: run \`npm run provision\`, or install coturn (Debian: apt-get install coturn).`,
    );
  }
  return file;
}

/** Runs the load client to its end. */
export async function runClient(args: readonly string[]): Promise<ClientReport> {
  const { exitCode, output } = await runTool(coturnTool('turnutils_uclient'), args);
  // The last line of this kind is the sum over all its clients.
  const counts = [...output.matchAll(/start_mclient: tot_send_msgs=(\d+), tot_recv_msgs=(\d+)/g)].at(-1);
  const lost = /Total lost packets (\d+)/.exec(output)?.[1];
  return {
    exitCode,
    sent: Number(counts?.[1] ?? 0),
    received: Number(counts?.[2] ?? 0),
    lost: Number(lost ?? Number.NaN),
    output,
  };
}

/** `address:port` as the server saw the tool. */
export async function runStunClient(host: string, port: number): Promise<string> {
  const { output } = await runTool(coturnTool('turnutils_stunclient'), ['-p', String(port), host]);
  return /reflexive addr: (\S+)/.exec(output)?.[1] ?? output;
}

/** What the tool finds out about mapping and filtering, a sentence each, and all that it printed. */
export async function runNatDiscovery(
  args: readonly string[],
): Promise<{ verdicts: readonly string[]; output: string }> {
  const { output } = await runTool(coturnTool('turnutils_natdiscovery'), args);
  return { verdicts: [...output.matchAll(/^(NAT with .*|No NAT.*)$/gm)].map(([line]) => line), output };
}

export interface EchoPeer {
  /** It answers on this one and on the next. */
  readonly port: number;
  stop(): Promise<void>;
}

/** coturn's echo, on a port of `host` that is free. */
export async function startPeer(host: string): Promise<EchoPeer> {
  const tool = coturnTool('turnutils_peer');
  for (;;) {
    const port = await freePort(host);
    const child = spawn(tool, ['-L', host, '-p', String(port)], { stdio: 'ignore' });
    const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    if (await echoes(host, port)) {
      return {
        port,
        async stop() {
          child.kill('SIGKILL');
          await ended;
        },
      };
    }
    // Somebody was quicker on the next port: try another.
    child.kill('SIGKILL');
    await ended;
  }
}

function runTool(file: string, args: readonly string[]): Promise<{ exitCode: number; output: string }> {
  return new Promise((resolve, reject) => {
    const child: ChildProcess = spawn(file, [...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        output += text;
      });
    }
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      reject(new Error(`${file} ${args.join(' ')} did not end within ${END_WITHIN_MS} ms:\n${output}`));
    }, END_WITHIN_MS);
    child.once('error', reject);
    child.once('close', (code) => {
      clearTimeout(timer);
      resolve({ exitCode: code ?? -1, output });
    });
  });
}

function freePort(host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4');
    socket.once('error', reject);
    socket.bind(0, host, () => {
      const { port } = socket.address();
      socket.close(() => resolve(port));
    });
  });
}

/** Whether both ports answer within some seconds. */
async function echoes(host: string, port: number): Promise<boolean> {
  const deadline = Date.now() + PEER_WITHIN_MS;
  const answered = new Set<number>();
  const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4');
  socket.on('message', (_bytes, from) => answered.add(from.port));
  while (answered.size < 2 && Date.now() < deadline) {
    for (const to of [port, port + 1]) socket.send('are you there?', to, host);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  socket.close();
  return answered.size === 2;
}
