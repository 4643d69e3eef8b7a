/** The clients' side over TCP and TLS, with Node's own streams: one connection for each session, one write a packet. */
import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { ipText } from './addresses.ts';
import { nowUs } from './clock.ts';
import { Histogram } from './histogram.ts';
import type { SetUpJob, TrafficJob, TrafficReport } from './jobs.ts';
import { cpuUsOf } from './process-facts.ts';
import { CHANNEL, Session } from './session.ts';
import { Schedule } from './shape.ts';
import { StreamFrames } from './stream-frames.ts';
import { type Address, readAnswer } from './turn-messages.ts';

const READY_WITHIN_MS = 20_000;
const TICK_MS = 1;

/** What one traffic job counts. */
interface Counting {
  sent: number;
  received: number;
  receivedInWindow: number;
  readonly latency: Histogram;
  readonly job: TrafficJob;
}

interface Client {
  readonly socket: Socket;
  readonly session: Session;
}

export class StreamClients {
  #clients: Client[] = [];
  #counting: Counting | undefined;
  #closed = 0;

  get active(): boolean {
    return this.#clients.length > 0;
  }

  get relayed(): readonly Address[] {
    return this.#clients.flatMap(({ session }) => session.relayed ?? []);
  }

  async setUp(job: SetUpJob): Promise<void> {
    this.#closed = 0;
    for (let index = 0; index < job.sessions; index += 1) this.#clients.push(await this.#open(job, index));
  }

  async #open(job: SetUpJob, index: number): Promise<Client> {
    const target = {
      host: ipText(job.server.ip),
      port: job.server.port,
      localAddress: ipText(job.firstClientIp + index),
    };
    const socket =
      job.transport === 'tls'
        ? // The certificate is made for this run; who the server is, is not the question here.
          connectTls({ ...target, rejectUnauthorized: false })
        : connectTcp({ ...target, noDelay: true });
    socket.setNoDelay(true);
    const session = new Session(job.credentials, job.wish, {
      ip: job.firstPeerIp + index,
      port: job.peerPort,
    });
    const frames = new StreamFrames();
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error('A stream client got no answer.')), READY_WITHIN_MS);
      socket.on('error', reject);
      socket.once('close', () => {
        this.#closed += 1;
        reject(new Error('The server has closed a connection.'));
      });
      socket.once(job.transport === 'tls' ? 'secureConnect' : 'connect', () => socket.write(session.begin()));
      socket.on('data', (chunk) => {
        const now = nowUs();
        frames.push(chunk, (frame) => {
          if (session.ready) {
            this.#count(frame, now);
            return;
          }
          const answer = readAnswer(frame);
          if (!answer) return;
          try {
            const request = session.next(answer);
            if (request) socket.write(request);
            else {
              clearTimeout(timer);
              resolve();
            }
          } catch (error) {
            reject(error);
          }
        });
      });
    });
    return { socket, session };
  }

  #count(frame: Buffer, now: number): void {
    const counting = this.#counting;
    if (!counting || frame.readUInt16BE(0) >> 14 !== 1) return;
    counting.received += 1;
    if (now < counting.job.windowFromUs || now >= counting.job.windowToUs) return;
    counting.receivedInWindow += 1;
    counting.latency.add(now - frame.readDoubleLE(4));
  }

  run(job: TrafficJob): Promise<TrafficReport> {
    const counting: Counting = { sent: 0, received: 0, receivedInWindow: 0, latency: new Histogram(), job };
    this.#counting = counting;
    const schedule = job.shape && new Schedule(job.shape, job.from, job.to, job.startUs);
    const emit = (index: number, bytes: number): void => {
      const packet = Buffer.alloc(4 + bytes + (-bytes & 3));
      packet.writeUInt16BE(CHANNEL, 0);
      packet.writeUInt16BE(bytes, 2);
      packet.writeDoubleLE(nowUs(), 4);
      this.#clients[index]?.socket.write(packet);
      counting.sent += 1;
    };
    const readTimes = (): readonly [number, number] => [
      job.serverPid === undefined ? Number.NaN : cpuUsOf(job.serverPid),
      cpuUsOf(process.pid),
    ];
    let atStart: readonly [number, number] | undefined;
    let atEnd: readonly [number, number] | undefined;
    return new Promise((resolve, reject) => {
      const tick = (): void => {
        const now = nowUs();
        if (this.#closed > 0) {
          reject(new Error(`The server has closed ${this.#closed} connections.`));
          return;
        }
        if (!atStart && now >= job.windowFromUs) atStart = readTimes();
        if (!atEnd && now >= job.windowToUs) atEnd = readTimes();
        if (schedule && now >= job.startUs && now < job.windowToUs) schedule.emitDue(now, emit);
        if (now < job.endUs) {
          setTimeout(tick, TICK_MS);
          return;
        }
        const [serverFrom, ownFrom] = atStart ?? [Number.NaN, Number.NaN];
        const [serverTo, ownTo] = atEnd ?? [Number.NaN, Number.NaN];
        resolve({
          sent: counting.sent,
          received: counting.received,
          receivedInWindow: counting.receivedInWindow,
          dropped: 0,
          skipped: schedule?.skipped ?? 0,
          latency: counting.latency.data,
          serverCpuUs: serverTo - serverFrom,
          ownCpuUs: ownTo - ownFrom,
        });
      };
      tick();
    });
  }

  /** The end of a connection is the end of its allocation. RFC 8656 §3.1. */
  async release(): Promise<void> {
    const clients = this.#clients;
    this.#clients = [];
    this.#counting = undefined;
    await Promise.all(
      clients.map(
        ({ socket }) =>
          new Promise<void>((resolve) => {
            socket.once('close', () => resolve());
            socket.destroy();
          }),
      ),
    );
  }
}
