/** Whether relays find free ports in the range that they are given. */
import { type Random, randomBelow } from '../../base/index.ts';
import { bindUdp } from '../../node/index.ts';
import type { Settings } from '../../server/index.ts';
import { type Finding, fail, ok, warn } from './finding.ts';

/** Tells a range that is half taken from one that is free, in a few milliseconds. */
const SAMPLES = 20;

/** `host`: where relays are bound. The server tries some ports for each allocation before it gives up. */
export async function checkRelayPorts(
  random: Random,
  host: string,
  { min, max }: Settings['relayPorts'],
): Promise<Finding> {
  let free = 0;
  for (let i = 0; i < SAMPLES; i++) {
    const port = min + randomBelow(random, max - min + 1);
    const socket = await bindUdp({ ip: host, port }).catch(() => undefined); // taken: that is what is counted
    if (socket) free += 1;
    await socket?.close();
  }
  const text = `--relay-ports ${min}-${max} (UDP): ${free} of ${SAMPLES} tried are free.`;
  if (free === 0) return fail(text, 'Choose a range that other programs leave alone.');
  return free < SAMPLES / 2
    ? warn(text, 'Choose a wider range, or one that other programs use less.')
    : ok(text);
}
