/** Clients that allocate, give back and go: challenge, Allocate, Refresh with lifetime 0; then the next one comes. */
import { nowUs } from './clock.ts';
import type { DatagramPort } from './datagram-port.ts';
import { sendFrom } from './datagram-set-up.ts';
import type { CyclesJob, CyclesReport } from './jobs.ts';
import { cpuUsOf } from './process-facts.ts';
import { Session } from './session.ts';
import { readAnswer } from './turn-messages.ts';

const REPEAT_AFTER_US = 500_000;
const MOST_REPEATS = 8;
/** The servers refuse nothing to a client without a peer, so any address does. */
const NO_PEER = { ip: 0, port: 0 } as const;

interface Client {
  readonly session: Session;
  request: Buffer;
  askedUs: number;
  repeats: number;
}

export function runCycles(port: DatagramPort, job: CyclesJob): CyclesReport {
  const clients = new Map<number, Client>();
  const windowFromUs = nowUs() + job.warmUpUs;
  const windowToUs = windowFromUs + job.windowUs;
  let nextIp = job.firstClientIp;
  let cycles = 0;
  let repeated = 0;
  let now = nowUs();
  const ask = (ip: number, client: Client): void => {
    client.askedUs = now;
    sendFrom(port, ip, job.server, client.request);
  };
  const begin = (): void => {
    const session = new Session(job.credentials, 'cycle', NO_PEER);
    const client = { session, request: session.begin(), askedUs: now, repeats: 0 };
    clients.set(nextIp, client);
    ask(nextIp, client);
    nextIp += 1;
  };
  const handle = (offset: number, length: number, toIp: number): void => {
    const client = clients.get(toIp);
    const answer = client && readAnswer(port.received.subarray(offset, offset + length));
    if (!client || !answer) return;
    const request = client.session.next(answer);
    if (request) {
      client.request = request;
      ask(toIp, client);
      return;
    }
    clients.delete(toIp);
    if (now >= windowFromUs && now < windowToUs) cycles += 1;
    if (now < windowToUs) begin();
  };
  let atStart: readonly [number, number] | undefined;
  const readTimes = (): readonly [number, number] => [cpuUsOf(job.serverPid), cpuUsOf(process.pid)];
  while (clients.size < job.concurrency) begin();
  while (now < windowToUs) {
    if (!atStart && now >= windowFromUs) atStart = readTimes();
    port.flush();
    const count = port.receive(handle);
    now = nowUs();
    if (count > 0) continue;
    port.wait(1000);
    now = nowUs();
    for (const [ip, client] of clients) {
      if (now - client.askedUs < REPEAT_AFTER_US) continue;
      client.repeats += 1;
      repeated += 1;
      if (client.repeats > MOST_REPEATS) throw new Error('The server answers nothing more.');
      ask(ip, client);
    }
  }
  const [serverFrom, ownFrom] = atStart ?? [Number.NaN, Number.NaN];
  const [serverTo, ownTo] = readTimes();
  // What is still under way is given back, so that nothing of it is left in the server.
  while (clients.size > 0 && now < windowToUs + REPEAT_AFTER_US) {
    port.flush();
    if (port.receive(handle) === 0) port.wait(1000);
    now = nowUs();
  }
  return { cycles, serverCpuUs: serverTo - serverFrom, ownCpuUs: ownTo - ownFrom, repeated };
}
