/** Credentials of the TURN REST scheme for somebody outside: from the secret that the server has, or will have. */
import { silentLog } from '../base/index.ts';
import { nodeEnv, ownAddresses } from '../node/index.ts';
import { mintRestCredentials } from '../turn/index.ts';
import { relayLinks } from './links.ts';
import { openSecrets } from './secrets.ts';
import type { Settings } from './settings/options.ts';
import { StateDir } from './state-dir.ts';
import { listeningIps } from './turn/listening-ips.ts';
import { turnHost } from './turn-options.ts';

/** As programs that know the TURN REST scheme expect it. */
export interface MintedCredentials {
  readonly username: string;
  readonly password: string;
  /** Seconds. */
  readonly ttl: number;
  readonly uris: readonly string[];
}

/** `STATE_UNUSABLE` where the secret has to come from the state folder and cannot. */
export async function mintCredentials(
  settings: Settings,
  user: string,
  lifetimeSeconds: number,
): Promise<MintedCredentials> {
  const secret = settings.turnSecret[0] ?? openSecrets(new StateDir(settings.stateDir)).turn;
  const { crypto, wallClock } = nodeEnv({ log: silentLog });
  const { username, password } = mintRestCredentials(crypto, secret, wallClock(), lifetimeSeconds, user);
  return { username, password, ttl: lifetimeSeconds, uris: await urisOf(settings) };
}

/** The best address alone. Ports that the system chose at the start cannot be known here. RFC 7064, RFC 7065. */
async function urisOf(settings: Settings): Promise<readonly string[]> {
  const { turnPort, turnTlsPort, publicIp } = settings;
  if (turnPort === 0) return [];
  const ips = await listeningIps(turnHost(settings), ownAddresses());
  const [best] = relayLinks(ips, publicIp, turnPort, turnTlsPort === 0 ? undefined : turnTlsPort);
  if (!best) return [];
  const { stun, turn, turns } = best;
  return [
    stun,
    `${turn}?transport=udp`,
    `${turn}?transport=tcp`,
    ...(turns === undefined ? [] : [`${turns}?transport=tcp`]),
  ];
}
