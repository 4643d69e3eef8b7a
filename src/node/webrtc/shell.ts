/** This process as the shell of a W3C surface. */
import { type Log, silentLog } from '../../base/index.ts';
import type { DtlsIdentity } from '../../dtls/index.ts';
import type { IdentityWish, WebRtcShell } from '../../webrtc/index.ts';
import { monotonicNow } from '../clock.ts';
import { nodeEnv } from '../env.ts';
import { announceName, nodePlatform } from '../platform.ts';
import { nodeRandom } from '../random.ts';
import {
  createSelfSigned,
  generateSelfSigned,
  type SelfSigned,
  type SelfSignedOptions,
} from '../self-signed.ts';
import { IdentityReserve } from './identity-reserve.ts';

/** RFC 5280 §4.1.2.5: a clock that is a day behind still takes it. */
const BACKDATED_MS = 24 * 60 * 60 * 1000;

/** webrtc.html §4.9.1: nothing that could be linked to somebody. */
const NAME_BYTES = 8;

export function nodeShell({ log = silentLog }: { readonly log?: Log } = {}): WebRtcShell {
  const env = nodeEnv({ log });
  const certificateOf = ({ kind, expires }: IdentityWish): SelfSignedOptions => {
    const notBefore = env.wallClock() - BACKDATED_MS;
    return {
      kind,
      commonName: Buffer.from(nodeRandom.bytes(NAME_BYTES)).toString('hex'),
      notBefore,
      notAfter: Math.max(expires, notBefore),
    };
  };
  const setTimer: WebRtcShell['setTimer'] = (delayMs, fire) => {
    const timer = setTimeout(fire, delayMs).unref();
    return { cancel: () => clearTimeout(timer) };
  };
  const make = (wish: IdentityWish): DtlsIdentity =>
    identityOf(createSelfSigned(nodeRandom, certificateOf(wish)));
  const identities = new IdentityReserve({ make, setTimer });
  return {
    env,
    platform: nodePlatform,
    now: monotonicNow,
    setTimer,
    queueTask: (task) => void setImmediate(task),
    announceName,
    createIdentity: (wish) => identities.take(wish),
    generateIdentity: async (wish) => identityOf(await generateSelfSigned(nodeRandom, certificateOf(wish))),
  };
}

function identityOf({ certificate, key }: SelfSigned): DtlsIdentity {
  return { chain: [certificate], key };
}
