/** From settings to open STUN and TURN listeners. */
import { decodeBase64, type Env, encodeUtf8 } from '../base/index.ts';
import { listenError } from './listen-error.ts';
import type { Secrets } from './secrets.ts';
import type { Settings } from './settings/options.ts';
import {
  openTurnService,
  type TurnFact,
  type TurnService,
  type TurnServiceOptions,
} from './turn/turn-service.ts';

/** Rejects with a StackError whose sentence names the option. */
export async function openTurn(
  env: Env,
  settings: Settings,
  secrets: Secrets,
  onFact: (fact: TurnFact) => void,
): Promise<TurnService> {
  try {
    return await openTurnService(env, { ...turnServiceOptions(settings, secrets), onFact });
  } catch (cause) {
    const address = { ip: turnHost(settings), port: settings.turnPort };
    throw listenError('UDP', address, { host: hostOptionOf(settings), port: '--turn-port' }, cause);
  }
}

export function turnServiceOptions(settings: Settings, secrets: Secrets): TurnServiceOptions {
  const { turnSecret, user, userQuota, totalQuota } = settings;
  return {
    host: turnHost(settings),
    port: settings.turnPort,
    publicIps: settings.publicIp,
    realm: settings.realm,
    nonceSecret: decodeBase64(secrets.nonce) ?? encodeUtf8(secrets.nonce),
    restSecrets: turnSecret.length > 0 ? turnSecret : [secrets.turn],
    users: user.map(({ name, password }) => ({ username: name, password })),
    relayPorts: settings.relayPorts,
    quotas: { perUser: userQuota, total: totalQuota },
    peers: { loopback: settings.allowLoopbackPeers, private: settings.privatePeers },
  };
}

/** Where STUN and TURN listen when nobody says. */
export function turnHost({ turnHost: given, host, mode }: Settings): string {
  // In production the web server sits behind a proxy of this machine, which cannot carry UDP: TURN has to face the world.
  return given ?? (mode === 'production' ? '0.0.0.0' : host);
}

/** The option that `turnHost` comes from. */
export function hostOptionOf({ turnHost: given }: Settings): string {
  return given === undefined ? '--host' : '--turn-host';
}
