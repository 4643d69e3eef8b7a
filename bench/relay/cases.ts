/** What is relayed in each case that measures traffic. The numbers are those of docs/benchmarks.md. */
import type { Transport } from './jobs.ts';
import type { Wish } from './session.ts';
import type { Shape } from './shape.ts';

export interface TrafficCase {
  readonly name: string;
  readonly title: string;
  readonly transport: Exclude<Transport, 'direct'>;
  readonly wish: Extract<Wish, 'channel' | 'permission'>;
  readonly sessions: number;
  readonly shape: Shape;
  /** `up`: from clients to peers. `halves`: the first half of the sessions up, the other half down. */
  readonly direction: 'up' | 'both' | 'halves';
  /** coturn ÷ ours in processor time per packet that is to be reached. */
  readonly wanted?: number;
}

export function hotCase(perSecond: number): TrafficCase {
  return {
    name: 'hot',
    title: 'one hot session, 1,000 bytes',
    transport: 'udp',
    wish: 'channel',
    sessions: 1,
    shape: { kind: 'single', bytes: 1000, perSecond },
    direction: 'up',
    wanted: 2.5,
  };
}

export const TRAFFIC_CASES = {
  hot: hotCase(100_000),
  video: {
    name: 'video',
    title: '100 sessions of video, both ways',
    transport: 'udp',
    wish: 'channel',
    sessions: 100,
    shape: { kind: 'video', perSecond: 30 },
    direction: 'both',
    wanted: 1.5,
  },
  audio: {
    name: 'audio',
    title: '1,000 sessions of audio, one side speaks',
    transport: 'udp',
    wish: 'channel',
    sessions: 1000,
    shape: { kind: 'single', bytes: 100, perSecond: 50 },
    direction: 'halves',
    wanted: 1.2,
  },
  indications: {
    name: 'indications',
    title: '10 sessions, Send and Data indications',
    transport: 'udp',
    wish: 'permission',
    sessions: 10,
    shape: { kind: 'single', bytes: 1000, perSecond: 2000 },
    direction: 'both',
  },
  tcp: {
    name: 'tcp',
    title: '40 TCP clients, video both ways',
    transport: 'tcp',
    wish: 'channel',
    sessions: 40,
    shape: { kind: 'video', perSecond: 30 },
    direction: 'both',
    wanted: 1.0,
  },
  tls: {
    name: 'tls',
    title: '20 TLS clients, video both ways',
    transport: 'tls',
    wish: 'channel',
    sessions: 20,
    shape: { kind: 'video', perSecond: 30 },
    direction: 'both',
  },
} as const satisfies Record<string, TrafficCase>;

/** The same case with `factor` times as many packets. */
export function scaled(wanted: TrafficCase, factor: number): TrafficCase {
  return { ...wanted, shape: { ...wanted.shape, perSecond: wanted.shape.perSecond * factor } };
}
