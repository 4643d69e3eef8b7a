/**
 * What one SCTP packet costs without sockets: two associations in one process, bare and inside DTLS, in batches as a socket
 * hands them over. `npm run bench:sctp [-- --mb N] [--only NAME]`. Prints one table.
 */
import { Console } from 'node:console';
import { parseArgs } from 'node:util';
import { type Env, silentLog } from '../src/base/index.ts';
import { DTLS_RECORD_ROOM, DtlsConnection } from '../src/dtls/index.ts';
import { createSelfSigned, nodeCrypto, nodeRandom } from '../src/node/index.ts';
import { SctpAssociation } from '../src/sctp/index.ts';

/** As much as a batched socket takes from the kernel at a time. */
const BATCH = 32;
/** The sender waits with more while so much is under way, as a careful user does. */
const HIGH_WATER_BYTES = 2 ** 20;
const DAY_MS = 86_400_000;

interface Case {
  readonly name: string;
  readonly messageBytes: number;
  readonly ceilingBytes: number;
  readonly sealed: boolean;
}

const CASES: readonly Case[] = [false, true].flatMap((sealed) =>
  [1191, 16_384].flatMap((ceilingBytes) =>
    [65_536, 1200, 100].map((messageBytes) => ({
      name: `${messageBytes}/${ceilingBytes}${sealed ? '/dtls' : ''}`,
      messageBytes,
      ceilingBytes,
      sealed,
    })),
  ),
);

const env: Env = { crypto: nodeCrypto, random: nodeRandom, log: silentLog, wallClock: () => Date.now() };
const origin = performance.now();
const now = () => performance.now() - origin;

/** One end: packets in, packets out, sealed or bare. */
class End {
  readonly sctp = new SctpAssociation(env, {
    localPort: 5000,
    remotePort: 5000,
    cookieSecret: nodeRandom.bytes(32),
    packetRoom: DTLS_RECORD_ROOM,
  });
  readonly #dtls: DtlsConnection | undefined;
  gotBytes = 0;

  constructor(role: 'client' | 'server', sealed: boolean) {
    if (!sealed) return;
    const { certificate, key } = createSelfSigned(nodeRandom, {
      kind: 'ecdsa',
      commonName: 'bench',
      notBefore: Date.now() - DAY_MS,
      notAfter: Date.now() + DAY_MS,
    });
    this.#dtls = new DtlsConnection(env, {
      identities: [{ chain: [certificate], key }],
      peer: { kind: 'none' },
    });
    if (role === 'client') this.#dtls.connect(now());
    else this.#dtls.accept(now());
  }

  get isReady(): boolean {
    return this.#dtls?.connected ?? true;
  }

  /** Up to a batch. */
  take(): Uint8Array[] {
    const t = now();
    const batch: Uint8Array[] = [];
    if (this.isReady) {
      while (batch.length < BATCH) {
        const packet = this.sctp.pollTransmit();
        if (!packet) break;
        if (this.#dtls) this.#dtls.sendInPlace(t, packet);
        else batch.push(packet);
        if (this.#dtls) batch.push(this.#dtls.pollTransmit() ?? packet);
      }
    }
    for (let out = this.#dtls?.pollTransmit(); out; out = this.#dtls?.pollTransmit()) batch.push(out);
    return batch;
  }

  give(batch: readonly Uint8Array[]): void {
    const t = now();
    for (const bytes of batch) {
      if (this.#dtls) this.#dtls.handleDatagram(t, bytes);
      else this.sctp.handlePacket(t, bytes);
    }
    for (let event = this.#dtls?.pollEvent(); event; event = this.#dtls?.pollEvent()) {
      if (event.type === 'data') this.sctp.handlePacket(t, event.bytes);
    }
    for (let event = this.sctp.pollEvent(); event; event = this.sctp.pollEvent()) {
      if (event.type === 'message') this.gotBytes += event.payload.length;
    }
  }

  wake(): void {
    const t = now();
    if (this.sctp.nextTimeout() <= t) this.sctp.handleTimeout(t);
  }
}

function run({ name, messageBytes, ceilingBytes, sealed }: Case, totalBytes: number) {
  const a = new End('client', sealed);
  const b = new End('server', sealed);
  let packets = 0;
  const pump = () => {
    const there = a.take();
    b.give(there);
    const back = b.take();
    a.give(back);
    packets += there.length + back.length;
    a.wake();
    b.wake();
  };
  while (!a.isReady || !b.isReady) pump();
  a.sctp.connect(now());
  while (a.sctp.state !== 'established' || b.sctp.state !== 'established') pump();
  a.sctp.handlePathChanged(now(), { ceilingBytes });
  b.sctp.handlePathChanged(now(), { ceilingBytes });

  const payload = new Uint8Array(messageBytes).fill(7);
  const transfer = (bytes: number) => {
    const end = b.gotBytes + bytes;
    let sent = b.gotBytes;
    while (b.gotBytes < end) {
      for (; sent < end && sent - b.gotBytes < HIGH_WATER_BYTES; sent += messageBytes) {
        a.sctp.send(now(), { stream: 1, ppid: 53, payload });
      }
      pump();
    }
  };
  transfer(totalBytes / 10);
  packets = 0;
  const before = process.cpuUsage();
  const startedAt = performance.now();
  transfer(totalBytes);
  const tookMs = performance.now() - startedAt;
  const { user, system } = process.cpuUsage(before);
  return {
    'message/packet': name,
    'MB/s': Math.round(totalBytes / tookMs / 1000),
    'CPU s/GB': Number((((user + system) / totalBytes) * 1000).toFixed(2)),
    'CPU µs/packet': Number(((user + system) / packets).toFixed(2)),
    packets,
    'RSS MB': Math.round(process.memoryUsage.rss() / 1e6),
  };
}

const { values } = parseArgs({ options: { mb: { type: 'string' }, only: { type: 'string' } } });
const megabytes = Number(values.mb ?? 300);
const rows = CASES.filter(({ name }) => values.only === undefined || values.only === name).map((one) =>
  run(one, (one.messageBytes < 1000 ? megabytes / 10 : megabytes) * 1e6),
);
new Console(process.stdout).table(rows);
