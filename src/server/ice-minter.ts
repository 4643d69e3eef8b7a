/** Makes the ICE configuration of a participant: addresses as its browser knows this server, and short-lived credentials. */
import type { Env } from '../base/index.ts';
import type { IceConfiguration } from '../signaling/index.ts';
import { mintRestCredentials } from '../turn/index.ts';
import { inUrl } from './links.ts';

export interface IceMinterOptions {
  /** Behind the TURN REST scheme. */
  readonly secret: string;
  readonly lifetimeSeconds: number;
  /** STUN and TURN over UDP and TCP. */
  readonly turnPort: number;
  /** The one TCP port, with TURN over TCP and TLS on it; `undefined` when clients cannot reach it themselves. */
  readonly webPort: number | undefined;
}

export class IceMinter {
  readonly #env: Env;
  readonly #options: IceMinterOptions;

  constructor(env: Env, options: IceMinterOptions) {
    this.#env = env;
    this.#options = options;
  }

  /**
   * `id` names whom quotas count. `host` is how the browser asked for the page, without port and with the brackets of an
   * IPv6 address. `askedPort` is the port it asked: where ports are mapped, only that one leads to the web port.
   */
  mint(id: string, host: string, askedPort: number | undefined): IceConfiguration {
    const { secret, lifetimeSeconds, turnPort, webPort } = this.#options;
    const { crypto } = this.#env;
    const { username, password } = mintRestCredentials(
      crypto,
      secret,
      this.#env.wallClock(),
      lifetimeSeconds,
      id,
    );
    const name = inUrl(host);
    const tcpPort = webPort === undefined ? undefined : (askedPort ?? webPort);
    // RFC 7065 §3.1. Browsers slow down, and warn, beyond four or five URLs.
    const urls = [
      `turn:${name}:${turnPort}?transport=udp`,
      `turn:${name}:${tcpPort ?? turnPort}?transport=tcp`,
      ...(tcpPort === undefined ? [] : [`turns:${name}:${tcpPort}?transport=tcp`]),
    ];
    return {
      iceServers: [{ urls: [`stun:${name}:${turnPort}`] }, { urls, username, credential: password }],
      ttlSeconds: lifetimeSeconds,
    };
  }
}
