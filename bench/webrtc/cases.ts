/** What is measured, each on a fresh pair. docs/benchmarks.md says how. */
import { setTimeout as wait } from 'node:timers/promises';
import type { Pair } from './pair.ts';

export type CaseName = 'connect' | 'bulk' | 'small' | 'latency' | 'idle';

/** Everything that any case measures; a case fills in its own. */
export interface Figures {
  readonly connectP50Ms?: number;
  readonly connectP95Ms?: number;
  readonly bulkMegabytesPerSecond?: number;
  readonly bulkCpuSecondsPerGigabyte?: number;
  readonly smallMegabytesPerSecond?: number;
  readonly smallCpuSecondsPerGigabyte?: number;
  readonly roundTripP50Us?: number;
  readonly roundTripP99Us?: number;
  readonly idleKibPerPair?: number;
}

export type FigureName = keyof Figures;

/** 64 KiB less one: pion's data channels read into 65,535 bytes, and one byte more ends them. */
const BULK_BYTES = 65_535;
const SMALL_BYTES = 1200;
const CONNECTIONS = 20;
const BETWEEN_CONNECTIONS_MS = 30;
const WARM_UP_SECONDS = 1.5;
const PING_BYTES = 100;
/** Until just-in-time compilers are done: before, they take the processors from whoever waits for an answer. */
const PINGS_BEFORE = 3000;
const PINGS = 3000;
const IDLE_PAIRS = 50;

export interface CaseLengths {
  /** Of a window in which bytes are counted. */
  readonly seconds: number;
  /** Before memory is read: until timers of the first second are done, and once more after the collector. */
  readonly settleSeconds: number;
}

export const CASES: Readonly<Record<CaseName, (pair: Pair, lengths: CaseLengths) => Promise<Figures>>> = {
  async connect(pair) {
    await openAndClose(pair, 'before');
    const ms: number[] = [];
    for (let i = 0; i < CONNECTIONS; i++) {
      ms.push(await openAndClose(pair, `connect-${i}`));
      await wait(BETWEEN_CONNECTIONS_MS);
    }
    return { connectP50Ms: quantile(ms, 0.5), connectP95Ms: quantile(ms, 0.95) };
  },

  async bulk(pair, { seconds }) {
    const { megabytesPerSecond, cpuSecondsPerGigabyte } = await flood(pair, BULK_BYTES, seconds);
    return { bulkMegabytesPerSecond: megabytesPerSecond, bulkCpuSecondsPerGigabyte: cpuSecondsPerGigabyte };
  },

  async small(pair, { seconds }) {
    const { megabytesPerSecond, cpuSecondsPerGigabyte } = await flood(pair, SMALL_BYTES, seconds);
    return { smallMegabytesPerSecond: megabytesPerSecond, smallCpuSecondsPerGigabyte: cpuSecondsPerGigabyte };
  },

  async latency(pair) {
    const key = 'latency';
    await pair.open(key);
    await pair.call('answerer', 'echo', { key });
    await pair.call('offerer', 'pingPong', { key, bytes: PING_BYTES, count: PINGS_BEFORE });
    const ms = await pair.call('offerer', 'pingPong', { key, bytes: PING_BYTES, count: PINGS });
    return { roundTripP50Us: quantile(ms, 0.5) * 1000, roundTripP99Us: quantile(ms, 0.99) * 1000 };
  },

  async idle(pair, { settleSeconds }) {
    for (let i = 0; i < 3; i++) await openAndClose(pair, `before-${i}`);
    const before = await settledBytes(pair, settleSeconds);
    for (let i = 0; i < IDLE_PAIRS; i++) await pair.open(`idle-${i}`);
    const after = await settledBytes(pair, settleSeconds);
    return { idleKibPerPair: (after - before) / 1024 / IDLE_PAIRS };
  },
};

async function openAndClose(pair: Pair, key: string): Promise<number> {
  const ms = await pair.open(key);
  await pair.close(key);
  return ms;
}

/** Counted at the receiver; the time is that of all processes of both ends. */
async function flood(
  pair: Pair,
  bytes: number,
  seconds: number,
): Promise<{ megabytesPerSecond: number; cpuSecondsPerGigabyte: number }> {
  const key = `flood-${bytes}`;
  await pair.open(key);
  const whole = WARM_UP_SECONDS + seconds + 1;
  const sending = pair.call('offerer', 'flood', { key, bytes, seconds: whole }, whole);
  sending.catch(() => {});
  await wait(WARM_UP_SECONDS * 1000);
  const cpuBefore = pair.cpuSeconds();
  const before = await pair.call('answerer', 'received', { key });
  await wait(seconds * 1000);
  const after = await pair.call('answerer', 'received', { key });
  const cpuSeconds = pair.cpuSeconds() - cpuBefore;
  await sending;
  const received = after.bytes - before.bytes;
  return {
    megabytesPerSecond: received / 1e6 / ((after.atMs - before.atMs) / 1000),
    cpuSecondsPerGigabyte: cpuSeconds / (received / 1e9),
  };
}

async function settledBytes(pair: Pair, seconds: number): Promise<number> {
  await wait(seconds * 1000);
  await pair.collectGarbage();
  await wait(seconds * 1000);
  return pair.residentBytes();
}

export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}
