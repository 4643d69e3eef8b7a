/** Whether relay workers can be had on this machine, and how many; says so in the log. docs/adr/0008. */
import type { Log } from '../../../base/index.ts';
import { checkBatches, DatagramPost, isKernel, type Kernel, openKernel } from '../../../node/index.ts';
import type { TurnServerOptions } from '../../../turn/index.ts';

export interface Batches {
  readonly kernel: Kernel;
  /** Whether the kernel cuts runs of datagrams apart (UDP_SEGMENT). */
  readonly segments: boolean;
  /** At least 1. */
  readonly workers: number;
}

/** Each machine, that of the main thread too, needs an even port and the one after it. */
const PORTS_PER_MACHINE = 4;

/** `undefined`: the main thread relays. Never rejects. */
export async function findBatches(
  log: Log,
  wanted: number,
  { min, max }: TurnServerOptions['relayPorts'],
): Promise<Batches | undefined> {
  if (wanted < 1) return undefined;
  const workers = Math.min(wanted, Math.floor((max - min + 1) / PORTS_PER_MACHINE) - 1);
  if (workers < 1) return without(log, 'there are too few relay ports to share');
  const kernel = await openKernel();
  if (!isKernel(kernel)) return without(log, kernel.reason);
  const check = checkBatches(kernel);
  if (!check.works) return without(log, check.reason);
  const { segments } = check;
  log.debug('Relay workers move datagrams in batches.', { workers, segments });
  return { kernel, segments, workers };
}

/** For the relays of the main thread, which serves clients over TCP, TLS and DTLS. */
export function postOf(batches: Batches | undefined): DatagramPost | undefined {
  return batches && new DatagramPost(batches.kernel, batches.segments);
}

function without(log: Log, reason: string): undefined {
  log.debug('The main thread relays, one datagram at a time.', { reason });
  return undefined;
}
