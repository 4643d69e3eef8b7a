/** From settings to what the TURN machine is told. */
import { decodeBase64, encodeUtf8 } from '../base/index.ts';
import { ownAddresses, scopeOf } from '../node/index.ts';
import type { TurnServerOptions } from '../turn/index.ts';
import type { Secrets } from './secrets.ts';
import type { Settings } from './settings/options.ts';

/** What depends on settings only; addresses are the shell's to know. */
export type TurnPolicy = Omit<TurnServerOptions, 'relayAddresses' | 'peerPolicy'> & {
  readonly peerPolicy: Omit<TurnServerOptions['peerPolicy'], 'ownServices'>;
};

export function turnPolicy(settings: Settings, secrets: Secrets): TurnPolicy {
  const { realm, turnSecret, user, relayPorts, userQuota, totalQuota } = settings;
  return {
    realm,
    nonceSecret: decodeBase64(secrets.nonce) ?? encodeUtf8(secrets.nonce),
    restSecrets: turnSecret.length > 0 ? turnSecret : [secrets.turn],
    users: user.map(({ name, password }) => ({ username: name, password })),
    relayPorts,
    quotas: { perUser: userQuota, total: totalQuota },
    peerPolicy: {
      loopback: settings.allowLoopbackPeers,
      private: settings.privatePeers,
      serverHasPublicAddress: hasPublicAddress(settings.publicIp),
    },
  };
}

function hasPublicAddress(publicIps: readonly string[]): boolean {
  return publicIps.length > 0 || ownAddresses().some(({ ip }) => scopeOf(ip) === 'public');
}

/** Where STUN and TURN listen when nobody says. */
export function turnHost({ turnHost: given, host, mode }: Settings): string {
  // In production the web server sits behind a proxy of this machine, which cannot carry UDP: TURN has to face the world.
  return given ?? (mode === 'production' ? '0.0.0.0' : host);
}
