/** From settings to open STUN and TURN listeners. */
import { availableParallelism } from 'node:os';
import {
  type AccessRanges,
  decodeBase64,
  type Env,
  encodeUtf8,
  type IpRange,
  type SocketAddress,
  StackError,
} from '../base/index.ts';
import { listenError } from './listen-error.ts';
import type { Secrets } from './secrets.ts';
import type { Settings } from './settings/options.ts';
import { MOST_WORKERS, type OauthKey } from './settings/relay-shapes.ts';
import type { NamedRange } from './settings/shapes.ts';
import {
  openTurnService,
  type TurnFact,
  type TurnService,
  type TurnServiceChanges,
  type TurnServiceOptions,
} from './turn/turn-service.ts';

/** What settings say of STUN and TURN beyond what must be said. */
export interface TurnWishes {
  /** RFC 8016. */
  readonly mobility: boolean;
  /** RFC 6062. */
  readonly tcpRelay: boolean;
  readonly rfc3489: boolean;
  /** RFC 5780; `undefined`: off. */
  readonly behaviourDiscovery:
    | { readonly alternatePort: number; readonly alternateIp: string | undefined }
    | undefined;
  readonly strictExpiry: boolean;
  readonly alternateServers: readonly SocketAddress[];
  readonly relayWorkers: number;
  /** Whose word about the address of a TCP client is taken. */
  readonly proxies: readonly IpRange[];
  readonly clients: AccessRanges;
  readonly peers: TurnServiceOptions['peers'] & AccessRanges;
}

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
    if (cause instanceof StackError && cause.code === 'DISCOVERY_UNAVAILABLE') {
      const text = `--alternate-port, --alternate-host: ${cause.message}`;
      throw new StackError('DISCOVERY_UNAVAILABLE', text, { cause });
    }
    const address = { ip: turnHost(settings), port: settings.turnPort };
    throw listenError('UDP', address, { host: hostOptionOf(settings), port: '--turn-port' }, cause);
  }
}

export function turnServiceOptions(settings: Settings, secrets: Secrets): TurnServiceOptions & TurnWishes {
  const { turnSecret, user, userQuota, totalQuota, nonceSecret } = settings;
  return {
    host: turnHost(settings),
    port: settings.turnPort,
    publicIps: settings.publicIp,
    realm: settings.realm,
    nonceSecret:
      nonceSecret === undefined
        ? (decodeBase64(secrets.nonce) ?? encodeUtf8(secrets.nonce))
        : encodeUtf8(nonceSecret),
    restSecrets: turnSecret.length > 0 ? turnSecret : [secrets.turn],
    users: user.map(({ name, password }) => ({ username: name, password })),
    oauthKeys: settings.oauthKeys,
    strictExpiry: settings.strictExpiry,
    relayPorts: settings.relayPorts,
    quotas: { perUser: userQuota, total: totalQuota },
    limits: {
      bandwidth: {
        perAllocation: bytesPerSecond(settings.allocationKbps),
        total: bytesPerSecond(settings.totalKbps),
      },
    },
    alternateServers: settings.alternateServer,
    mobility: settings.mobility,
    tcpRelay: settings.tcpRelay,
    rfc3489: settings.rfc3489,
    behaviourDiscovery: settings.behaviourDiscovery
      ? { alternatePort: settings.alternatePort, alternateIp: settings.alternateHost }
      : undefined,
    relayWorkers: workersOf(settings.relayWorkers),
    proxies: rangesOf(settings.proxyProtocol),
    clients: { allow: rangesOf(settings.clientAllow), deny: rangesOf(settings.clientDeny) },
    peers: {
      loopback: settings.allowLoopbackPeers,
      private: settings.privatePeers,
      allow: rangesOf(settings.peerAllow),
      deny: rangesOf(settings.peerDeny),
    },
  };
}

/** What a reload can change while the relay runs. */
export function turnServiceChanges(settings: Settings, secrets: Secrets): TurnServiceChanges {
  const { users, restSecrets, strictExpiry, mobility, tcpRelay, quotas, limits, ...rest } =
    turnServiceOptions(settings, secrets);
  const { alternateServers, peers, clients } = rest;
  return {
    users: users ?? [],
    restSecrets: restSecrets ?? [],
    strictExpiry,
    mobility,
    tcpRelay,
    quotas,
    limits: limits ?? {},
    alternateServers,
    peers,
    clients,
  };
}

/** More threads than cores only take turns. */
function workersOf(wanted: Settings['relayWorkers']): number {
  return wanted === 'auto' ? Math.min(MOST_WORKERS, availableParallelism()) : wanted;
}

/** 1 kilobit a second is 125 bytes a second. */
function bytesPerSecond(kbps: number | undefined): number | undefined {
  return kbps === undefined ? undefined : kbps * 125;
}

function rangesOf(named: readonly NamedRange[]): readonly IpRange[] {
  return named.map(({ range }) => range);
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
