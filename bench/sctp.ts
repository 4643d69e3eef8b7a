/**
 * What one SCTP packet costs without sockets: two associations in one process, bare or inside DTLS.
 * `npm run bench:sctp [-- --mb N]`. Prints one table.
 */
import { parseArgs } from 'node:util';
import type { Env } from '../src/base/index.ts';
import { silentLog } from '../src/base/index.ts';
import { nodeCrypto, nodeRandom } from '../src/node/index.ts';
import { SctpAssociation, type SctpOptions } from '../src/sctp/index.ts';

const { values } = parseArgs({ options: { mb: { type: 'string' }, only: { type: 'string' } } });
const MEGABYTES = Number(values.mb ?? 300);
const HIGH_WATER = 1 << 20;

const env: Env = { crypto: nodeCrypto, random: nodeRandom, log: silentLog, wallClock: () => Date.now() };

function run(messageBytes: number, packetBytes: number) {
  const options: SctpOptions = {
    localPort: 5000,
    remotePort: 5000,
    cookieSecret: nodeRandom.bytes(32),
    maxPacketBytes: packetBytes,
  };
  const a = new SctpAssociation(env, options);
  const b = new SctpAssociation(env, options);
  const start = performance.now();
  const now = () => performance.now() - start;
  let packets = 0;
  let got = 0;
  const BATCH = 32;
  function pump(): boolean {
    let moved = false;
    const t = now();
    for (let i = 0; i < BATCH; i++) {
      const bytes = a.pollTransmit();
      if (!bytes) break;
      moved = true;
      packets++;
      b.handlePacket(t, bytes);
    }
    for (let i = 0; i < BATCH; i++) {
      const bytes = b.pollTransmit();
      if (!bytes) break;
      moved = true;
      packets++;
      a.handlePacket(t, bytes);
    }
    for (let e = a.pollEvent(); e; e = a.pollEvent());
    for (let e = b.pollEvent(); e; e = b.pollEvent()) if (e.type === 'message') got += e.payload.length;
    return moved;
  }
  a.connect(0);
  for (; a.state !== 'established' || b.state !== 'established'; ) pump();
  const message = new Uint8Array(messageBytes).fill(7);
  let sent = 0;
  const total = MEGABYTES * 1e6;
  const cpu0 = process.cpuUsage();
  const t0 = performance.now();
  packets = 0;
  got = 0;
  let peak = 0;
  while (got < total) {
    while (sent < total && sent - got < HIGH_WATER) {
      a.send(now(), { stream: 1, ppid: 53, payload: message });
      sent += messageBytes;
    }
    if (!pump()) {
      a.handleTimeout(now());
      b.handleTimeout(now());
    }
    if ((packets & 1023) === 0) peak = Math.max(peak, process.memoryUsage.rss());
  }
  const ms = performance.now() - t0;
  const cpu = process.cpuUsage(cpu0);
  const cpuUs = cpu.user + cpu.system;
  return {
    message: messageBytes,
    packet: packetBytes,
    'MB/s': +(got / ms / 1000).toFixed(1),
    'CPU s/GB': +((cpuUs / got) * 1e3).toFixed(2),
    'µs/packet': +(cpuUs / packets).toFixed(2),
    packets,
    'RSS MB': Math.round(peak / 1e6),
  };
}
const rows = [];
const cases: [number, number][] = [
  [65_536, 1191],
  [1200, 1191],
  [65_536, 16_384],
  [1200, 16_384],
  [100, 1191],
];
for (const [m, p] of cases) {
  if (values.only && values.only !== `${m}/${p}`) continue;
  rows.push(run(m, p));
}
const { Console } = await import('node:console');
new Console(process.stdout).table(rows);
