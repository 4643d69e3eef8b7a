/** Makes the ICE configuration of a participant: addresses as its browser knows this server, and short-lived credentials. */
import type { Env } from '../base/index.ts';
import type { IceConfiguration } from '../signaling/index.ts';
import { mintRestCredentials } from '../turn/index.ts';
import type { AskedHost } from './signaling/attach-signaling.ts';

interface MintingTerms {
  /** Behind the TURN REST scheme. */
  readonly secret: string;
  readonly lifetimeSeconds: number;
}

export interface IceMinterOptions {
  /** Asked at each minting, since a reload may change it. */
  readonly terms: () => MintingTerms;
  /** STUN and TURN over UDP and TCP. */
  readonly turnPort: number;
  /** Whether clients can reach the one TCP port themselves, with TURN over TCP and TLS on it. */
  readonly webPortIsOpen: boolean;
}

export class IceMinter {
  readonly #env: Env;
  readonly #options: IceMinterOptions;

  constructor(env: Env, options: IceMinterOptions) {
    this.#env = env;
    this.#options = options;
  }

  /** `id` names whom quotas count. */
  mint(id: string, asked: AskedHost): IceConfiguration {
    const { terms, turnPort, webPortIsOpen } = this.#options;
    const { secret, lifetimeSeconds } = terms();
    const { crypto } = this.#env;
    const { username, password } = mintRestCredentials(
      crypto,
      secret,
      this.#env.wallClock(),
      lifetimeSeconds,
      id,
    );
    const { name } = asked;
    // Only the port that the browser asked is known to lead here: containers and routers map ports.
    const tcpPort = webPortIsOpen && !asked.proxied ? asked.port : undefined;
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
