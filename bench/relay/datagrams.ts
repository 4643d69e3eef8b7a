/** The jobs of one process over UDP: remembers between them which sessions there are and how each is sent to. */
import { runCycles } from './cycles.ts';
import { DatagramPort } from './datagram-port.ts';
import { sendFrom, setUpSessions } from './datagram-set-up.ts';
import { type Flow, type Incoming, runTraffic } from './datagram-traffic.ts';
import type { Job, Outcome, PeerSetUpJob, SetUpJob } from './jobs.ts';
import { CHANNEL, type Session } from './session.ts';
import { type Address, sendIndicationHeader } from './turn-messages.ts';

export class Datagrams {
  readonly #port = new DatagramPort();
  #flows: readonly Flow[] = [];
  #incoming: Incoming = 'bare';
  #held: { readonly job: SetUpJob; readonly sessions: readonly Session[] } | undefined;

  get port(): number {
    return this.#port.port;
  }

  perform(job: Job): Outcome {
    switch (job.kind) {
      case 'set-up':
        return { kind: 'set-up', relayed: this.#setUp(job) };
      case 'peer-set-up':
        this.#setUpPeer(job);
        return { kind: 'done' };
      case 'traffic':
        return { kind: 'traffic', ...runTraffic(this.#port, job, this.#flows, this.#incoming) };
      case 'cycles':
        return { kind: 'cycles', ...runCycles(this.#port, job) };
      case 'release':
        this.#release();
        return { kind: 'done' };
    }
  }

  #setUp(job: SetUpJob): readonly Address[] {
    const { firstClientIp, firstPeerIp, peerPort, server } = job;
    const each = Array.from({ length: job.sessions }, (_, i) => i);
    if (job.transport === 'direct') {
      this.#incoming = 'bare';
      this.#flows = each.map((i) => ({
        fromIp: firstClientIp + i,
        toIp: firstPeerIp + i,
        toPort: peerPort,
        framing: { kind: 'bare' },
      }));
      return each.map((i) => ({ ip: firstClientIp + i, port: this.port }));
    }
    const sessions = setUpSessions(this.#port, job);
    this.#held = { job, sessions };
    this.#incoming = job.wish === 'permission' ? 'indication' : 'channel';
    this.#flows = each.map((i) => ({
      fromIp: firstClientIp + i,
      toIp: server.ip,
      toPort: server.port,
      framing:
        job.wish === 'permission'
          ? { kind: 'indication', header: sendIndicationHeader({ ip: firstPeerIp + i, port: peerPort }) }
          : { kind: 'channel', number: CHANNEL },
    }));
    return sessions.flatMap(({ relayed }) => relayed ?? []);
  }

  #setUpPeer({ firstPeerIp, targets }: PeerSetUpJob): void {
    this.#incoming = 'bare';
    this.#flows = targets.map(({ ip, port }, i) => ({
      fromIp: firstPeerIp + i,
      toIp: ip,
      toPort: port,
      framing: { kind: 'bare' },
    }));
  }

  /** Not waited for: what gets lost expires by itself. */
  #release(): void {
    const held = this.#held;
    this.#held = undefined;
    held?.sessions.forEach((session, i) => {
      sendFrom(this.#port, held.job.firstClientIp + i, held.job.server, session.release());
      // Small bursts, so that the server's socket buffer holds them.
      if (i % 32 === 31) {
        this.#port.flush();
        this.#port.wait(2000);
        while (this.#port.receive(() => {}) > 0);
      }
    });
    this.#port.flush();
  }
}
