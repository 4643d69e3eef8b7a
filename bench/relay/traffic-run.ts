/** One run of traffic through one server, or through none: sets up, sends, counts, gives back. */
import { FIRST_CLIENT_IP, FIRST_PEER_IP, ipNumber, SERVER_IP } from './addresses.ts';
import type { TrafficCase } from './cases.ts';
import { nowUs } from './clock.ts';
import type { Generator } from './generators.ts';
import { Histogram } from './histogram.ts';
import type { TrafficJob } from './jobs.ts';
import { residentBytesOf } from './process-facts.ts';
import { CREDENTIALS, type Server } from './servers.ts';

export interface Pair {
  readonly clients: Generator;
  readonly peers: Generator;
}

export interface RunTimes {
  readonly warmUpSeconds: number;
  readonly seconds: number;
}

export interface TrafficResult {
  /** Really received at the far end, in the window. */
  readonly packetsPerSecond: number;
  readonly cpuUsPerPacket: number;
  /** Share of what was sent that never came, without what the generator itself lost. */
  readonly loss: number;
  readonly p50Us: number;
  readonly p99Us: number;
  readonly residentBytes: number;
  /** Share of what was due that the generator did not send, or lost itself: above some percent a run says little. */
  readonly generatorFault: number;
  /** Of one processor. */
  readonly serverLoad: number;
  readonly generatorLoad: number;
}

/** Both processes must have heard of the job by then. */
const LEAD_US = 60_000;
/** What is under way at the end of the window arrives within that. */
const DRAIN_US = 300_000;

/** 127.16.0.0 … 127.199.255.255: every run takes clients that no server has seen before. */
let nextClientIp = FIRST_CLIENT_IP;

export function takeClientIps(count: number): number {
  const first = nextClientIp;
  nextClientIp += count;
  if (nextClientIp >= FIRST_PEER_IP) nextClientIp = FIRST_CLIENT_IP;
  return first;
}

export async function runCase(
  { clients, peers }: Pair,
  server: Server | 'direct',
  wanted: TrafficCase,
  times: RunTimes,
): Promise<TrafficResult> {
  const { sessions, direction } = wanted;
  const direct = server === 'direct';
  const { relayed } = await clients.perform(
    {
      kind: 'set-up',
      server: direct
        ? { ip: ipNumber(SERVER_IP), port: 0 }
        : wanted.transport === 'tls'
          ? server.tlsAddress
          : server.address,
      transport: direct ? 'direct' : wanted.transport,
      credentials: CREDENTIALS,
      wish: wanted.wish,
      sessions,
      firstClientIp: takeClientIps(sessions),
      firstPeerIp: FIRST_PEER_IP,
      peerPort: peers.port,
    },
    'set-up',
  );
  await peers.perform({ kind: 'peer-set-up', firstPeerIp: FIRST_PEER_IP, targets: relayed }, 'done');
  const startUs = nowUs() + LEAD_US;
  const windowFromUs = startUs + times.warmUpSeconds * 1e6;
  const windowToUs = windowFromUs + times.seconds * 1e6;
  const common = {
    kind: 'traffic',
    startUs,
    windowFromUs,
    windowToUs,
    endUs: windowToUs + DRAIN_US,
  } as const;
  const half = sessions >> 1;
  const up: TrafficJob = {
    ...common,
    shape: wanted.shape,
    from: 0,
    to: direction === 'halves' ? half : sessions,
    serverPid: direct ? undefined : server.pid,
  };
  const down: TrafficJob = {
    ...common,
    shape: direction === 'up' ? undefined : wanted.shape,
    from: direction === 'halves' ? half : 0,
    to: sessions,
    serverPid: undefined,
  };
  const [ofClients, ofPeers] = await Promise.all([
    clients.perform(up, 'traffic'),
    peers.perform(down, 'traffic'),
  ]);
  const residentBytes = direct ? Number.NaN : residentBytesOf(server.pid);
  await clients.perform({ kind: 'release' }, 'done');
  if (!direct && server.ended() !== undefined) throw new Error(server.ended());
  const sent = ofClients.sent + ofPeers.sent;
  const received = ofClients.received + ofPeers.received;
  const dropped = ofClients.dropped + ofPeers.dropped;
  const inWindow = ofClients.receivedInWindow + ofPeers.receivedInWindow;
  const latency = new Histogram().merge(ofClients.latency).merge(ofPeers.latency);
  const windowUs = times.seconds * 1e6;
  return {
    packetsPerSecond: inWindow / times.seconds,
    cpuUsPerPacket: ofClients.serverCpuUs / inWindow,
    loss: Math.max(0, sent - received - dropped) / sent,
    p50Us: latency.percentile(0.5),
    p99Us: latency.percentile(0.99),
    residentBytes,
    generatorFault: (dropped + ofClients.skipped + ofPeers.skipped) / sent,
    serverLoad: ofClients.serverCpuUs / windowUs,
    generatorLoad: Math.max(ofClients.ownCpuUs, ofPeers.ownCpuUs) / windowUs,
  };
}
