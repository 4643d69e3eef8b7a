/** The ICE servers that the signaling server mints, and the RTCConfiguration made of them. RFC 7064, RFC 7065. */
import type { IceConfiguration } from '../signaling/index.ts';
import type { IcePolicy, RelayTransport } from './state.ts';

export interface IcePreferences {
  readonly icePolicy: IcePolicy;
  readonly relayTransport: RelayTransport | undefined;
}

export class IceServers {
  readonly #preferences: IcePreferences;
  #configuration: IceConfiguration = { iceServers: [], ttlSeconds: 0 };

  constructor(preferences: IcePreferences) {
    this.#preferences = preferences;
  }

  update(configuration: IceConfiguration): void {
    this.#configuration = configuration;
  }

  rtcConfiguration(): RTCConfiguration {
    return {
      iceServers: filterServers(this.#configuration, this.#preferences.relayTransport),
      iceTransportPolicy: this.#preferences.icePolicy,
      bundlePolicy: 'max-bundle',
      rtcpMuxPolicy: 'require',
    };
  }
}

/** With a relay transport only the TURN URLs of that transport stay; STUN is of no use then. */
export function filterServers(
  configuration: IceConfiguration,
  transport: RelayTransport | undefined,
): RTCIceServer[] {
  const servers: RTCIceServer[] = [];
  for (const server of configuration.iceServers) {
    const urls = server.urls.filter((url) => transport === undefined || relayTransportOf(url) === transport);
    if (urls.length === 0) continue;
    servers.push({
      urls,
      ...(server.username === undefined ? {} : { username: server.username }),
      ...(server.credential === undefined ? {} : { credential: server.credential }),
    });
  }
  return servers;
}

/** RFC 7065 §3.1: `turn` without a transport is UDP, `turns` is TLS over TCP. `undefined` for STUN. */
export function relayTransportOf(url: string): RelayTransport | undefined {
  if (url.startsWith('turns:')) return 'tls';
  if (!url.startsWith('turn:')) return undefined;
  return /[?&]transport=tcp\b/.test(url) ? 'tcp' : 'udp';
}
