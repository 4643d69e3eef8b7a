/** From settings to what the TURN service is told, at the start and at a reload. Opens nothing. */
import { availableParallelism } from 'node:os';
import { decodeBase64, encodeUtf8, type IpRange } from '../base/index.ts';
import type { Secrets } from './secrets.ts';
import type { Settings } from './settings/options.ts';
import { MOST_WORKERS } from './settings/relay-shapes.ts';
import type { NamedRange } from './settings/shapes.ts';
import type { TurnServiceChanges, TurnServiceOptions } from './turn/turn-service.ts';

export function turnServiceOptions(settings: Settings, secrets: Secrets) {
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
    ...(settings.oauthServerName !== undefined && { oauthServerName: settings.oauthServerName }),
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
  } satisfies TurnServiceOptions;
}

/** What a reload can change while the relay runs. */
export function turnServiceChanges(settings: Settings, secrets: Secrets): TurnServiceChanges {
  const { users, restSecrets, oauthKeys, strictExpiry, mobility, tcpRelay, ...rest } = turnServiceOptions(
    settings,
    secrets,
  );
  const { quotas, limits, alternateServers, peers, clients, proxies } = rest;
  return {
    ...{ users, restSecrets, oauthKeys, strictExpiry, mobility, tcpRelay },
    ...{ quotas, limits, alternateServers, peers, clients, proxies },
  };
}

/** More threads than cores only take turns. */
function workersOf(wanted: Settings['relayWorkers']): NonNullable<TurnServiceOptions['relayWorkers']> {
  return wanted === 'auto' ? { atMost: Math.min(MOST_WORKERS, availableParallelism()) } : wanted;
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
