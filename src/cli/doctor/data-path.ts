/** How relayed packets will move on this machine, and how large a burst it can hold. Moves none. */
import { readFileSync } from 'node:fs';
import { checkBatches, isKernel, openKernel } from '../../node/index.ts';
import { type Finding, ok } from './finding.ts';

/** What the relay asks for; the kernel gives no more than this setting says, unless it is asked by root. */
const WANTED_BUFFER_BYTES = 4 * 2 ** 20;

/** `wanted`: threads, as `--relay-workers` says. Slower is no failure: calls of a small team never notice. */
export async function checkDataPath(wanted: number | 'auto'): Promise<Finding> {
  if (wanted === 0) return ok('Relaying: on the main thread, as --relay-workers 0 asks.');
  const kernel = await openKernel();
  const reason = isKernel(kernel) ? batchTrouble(checkBatches(kernel)) : kernel.reason;
  if (reason === undefined) return ok('Relaying: in batches, on threads of its own.');
  const advice = process.platform === 'linux' ? ['Install with optional dependencies (koffi) for it.'] : [];
  return ok(
    `Relaying: one datagram at a time, because ${reason}. Enough for some hundred streams.`,
    ...advice,
  );
}

function batchTrouble(check: ReturnType<typeof checkBatches>): string | undefined {
  return check.works ? undefined : check.reason;
}

/** `most`: the text of /proc/sys/net/core/rmem_max; `undefined` where there is none. */
export function checkReceiveBuffers(most: string | undefined): Finding {
  const bytes = Number(most);
  if (most === undefined || !Number.isFinite(bytes)) {
    return ok('Receive buffers: this system does not tell its limit.');
  }
  if (bytes >= WANTED_BUFFER_BYTES) return ok(`Receive buffers: up to ${Math.round(bytes / 1024)} KB.`);
  return ok(
    `Receive buffers: up to ${Math.round(bytes / 1024)} KB for each socket.`,
    `For hundreds of streams at once raise it: sysctl -w net.core.rmem_max=${WANTED_BUFFER_BYTES}.`,
  );
}

export function readReceiveBufferLimit(): string | undefined {
  try {
    return readFileSync('/proc/sys/net/core/rmem_max', 'utf8').trim();
  } catch {
    return undefined; // no Linux, or a container that hides it
  }
}
