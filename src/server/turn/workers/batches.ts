/** Whether relay workers can be had on this machine, and how many, in words too. docs/adr/0008. */
import type { Log } from '../../../base/index.ts';
import { checkBatches, DatagramPost, isKernel, type Kernel, openKernel } from '../../../node/index.ts';
import type { TurnServerOptions } from '../../../turn/index.ts';

export interface Batches {
  readonly kernel: Kernel;
  /** Whether the kernel cuts runs of datagrams apart (UDP_SEGMENT). */
  readonly segments: boolean;
  /** At least 1. */
  readonly workers: number;
  /** Asked for, and too few relay ports for them. */
  readonly missing: number;
}

/** Each machine, that of the main thread too, needs an even port and the one after it. */
const PORTS_PER_MACHINE = 4;

/** A plain number was asked for by somebody, who is told when it cannot be had. */
export type RelayWorkersWish = number | { readonly atMost: number };

/** The main thread relays. */
interface NoBatches {
  readonly reason: string;
  /** Somebody wanted workers, and is to be told. */
  readonly asked: boolean;
}

export type DataPath = Batches | NoBatches;

/** Never rejects. */
export async function findBatches(
  wish: RelayWorkersWish,
  { min, max }: TurnServerOptions['relayPorts'],
): Promise<DataPath> {
  const asked = typeof wish === 'number' && wish > 0;
  const wanted = typeof wish === 'number' ? wish : wish.atMost;
  const without = (reason: string): NoBatches => ({ reason, asked });
  if (wanted < 1) return without('no workers are wanted');
  const workers = Math.min(wanted, Math.floor((max - min + 1) / PORTS_PER_MACHINE) - 1);
  if (workers < 1) return without(`relay ports ${min}-${max} are too few to share`);
  const kernel = await openKernel();
  if (!isKernel(kernel)) return without(kernel.reason);
  const check = checkBatches(kernel);
  if (!check.works) return without(check.reason);
  return { kernel, segments: check.segments, workers, missing: asked ? wanted - workers : 0 };
}

/** Once everything listens: who cannot listen says that alone. */
export function tellDataPath(log: Log, found: DataPath): void {
  if ('kernel' in found) {
    const { workers, segments, missing } = found;
    log.info('Relay workers move datagrams in batches.', { workers, segments });
    if (missing === 0) return;
    log.warn('There are fewer relay workers than asked for: there are too few relay ports.', {
      wanted: workers + missing,
      workers,
    });
  } else if (found.asked) {
    log.warn(
      'The relay workers that were asked for cannot be had: the main thread relays. Mend the reason, or set --relay-workers to auto or 0.',
      { reason: found.reason },
    );
  } else log.info('The main thread relays, one datagram at a time.', { reason: found.reason });
}

/** For the relays of the main thread, which serves clients over TCP, TLS and DTLS. */
export function postOf(batches: Batches | undefined): DatagramPost | undefined {
  return batches && new DatagramPost(batches.kernel, batches.segments);
}
