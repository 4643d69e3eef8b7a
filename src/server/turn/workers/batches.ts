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

/** A plain number was asked for by somebody, who is told when it cannot be had. */
export type RelayWorkersWish = number | { readonly atMost: number };

/** `undefined`: the main thread relays. Never rejects. */
export async function findBatches(
  log: Log,
  wish: RelayWorkersWish,
  { min, max }: TurnServerOptions['relayPorts'],
): Promise<Batches | undefined> {
  const wanted = typeof wish === 'number' ? wish : wish.atMost;
  if (wanted < 1) return undefined;
  const without = (reason: string): undefined => tellWithout(log, wish, reason);
  const workers = Math.min(wanted, Math.floor((max - min + 1) / PORTS_PER_MACHINE) - 1);
  if (workers < 1) return without(`relay ports ${min}-${max} are too few to share`);
  const kernel = await openKernel();
  if (!isKernel(kernel)) return without(kernel.reason);
  const check = checkBatches(kernel);
  if (!check.works) return without(check.reason);
  const { segments } = check;
  if (workers < wanted && wish === wanted) {
    log.warn('There are fewer relay workers than asked for: there are too few relay ports.', {
      wanted,
      workers,
    });
  }
  log.info('Relay workers move datagrams in batches.', { workers, segments });
  return { kernel, segments, workers };
}

/** For the relays of the main thread, which serves clients over TCP, TLS and DTLS. */
export function postOf(batches: Batches | undefined): DatagramPost | undefined {
  return batches && new DatagramPost(batches.kernel, batches.segments);
}

function tellWithout(log: Log, wish: RelayWorkersWish, reason: string): undefined {
  if (typeof wish === 'number') {
    log.warn(
      'The relay workers that were asked for cannot be had: the main thread relays. Mend the reason, or set --relay-workers to auto or 0.',
      { wanted: wish, reason },
    );
  } else log.info('The main thread relays, one datagram at a time.', { reason });
  return undefined;
}
