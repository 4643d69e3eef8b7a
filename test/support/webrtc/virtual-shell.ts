/** The W3C surface on a host of the virtual network. Promises run between the actions of the world. */
import { nodeCrypto } from '../../../src/node/crypto.ts';
import { createSelfSigned } from '../../../src/node/self-signed.ts';
import type { Host, World } from '../../../src/vnet/index.ts';
import { createWebRtc, type WebRtc, type WebRtcShell } from '../../../src/webrtc/index.ts';

const DAY_MS = 24 * 60 * 60 * 1000;

export function webRtcOn(host: Host): WebRtc {
  const { world } = host;
  const env = world.newEnv(nodeCrypto);
  const createIdentity: WebRtcShell['createIdentity'] = ({ kind, expires }) => {
    const notBefore = env.wallClock() - DAY_MS;
    const made = createSelfSigned(env.random, { kind, commonName: host.name, notBefore, notAfter: expires });
    return { chain: [made.certificate], key: made.key };
  };
  const shell: WebRtcShell = {
    env,
    platform: host,
    now: () => world.now,
    setTimer: (delayMs, fire) => world.after(delayMs, fire),
    queueTask: (task) => void world.after(0, task),
    createIdentity,
    generateIdentity: async (wish) => createIdentity(wish),
  };
  return createWebRtc(shell);
}

/** Lets virtual time pass until `done`, at most `ms`; whether `done` came true. */
export async function runUntil(
  world: World,
  ms: number,
  done: () => boolean = () => false,
): Promise<boolean> {
  const end = world.now + ms;
  while (!done()) {
    await settled();
    if (done()) break;
    let acted = false;
    world.runUntil(end, () => {
      const stop = acted;
      acted = true;
      return stop;
    });
    if (world.now >= end) {
      await settled();
      return done();
    }
  }
  return true;
}

/** All promises that can be followed have been. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
