/** A virtual internet with a STUN and TURN server, and people at home behind routers of any kind. */
import {
  Host,
  type LinkOptions,
  NAT_PRESETS,
  Nat,
  type NatKind,
  type NatOptions,
  type World,
} from '../../../src/vnet/index.ts';
import { type CallOptions, IceCall } from './call.ts';
import { GatherScene, STUN, TURN } from './gather-scene.ts';

export type Place = 'open' | NatKind | NatOptions;

export interface Home {
  readonly host: Host;
  readonly nat: Nat | undefined;
}

export const NAT_KINDS: readonly NatKind[] = ['full-cone', 'restricted', 'port-restricted', 'symmetric'];

const ACCESS_LATENCY_MS = 10;

export class Internet {
  readonly scene: GatherScene;
  readonly #homes: Home[] = [];

  constructor(seed = 1) {
    this.scene = new GatherScene({ seed });
  }

  get world(): World {
    return this.scene.world;
  }

  /** A host of its own, behind a router of its own unless it is `open`. */
  home(place: Place, link: Partial<LinkOptions> = {}): Home {
    const n = this.#homes.length + 1;
    const options = { latencyMs: ACCESS_LATENCY_MS, ...link };
    const home = place === 'open' ? this.#openHome(n, options) : this.#natHome(n, place, options);
    this.#homes.push(home);
    return home;
  }

  /** Another host behind the same router. */
  neighbour({ inner }: Nat): Host {
    const n = this.#homes.length;
    return new Host(inner, `neighbour ${n}`, [`192.168.${n}.3`], { latencyMs: 0 });
  }

  /** A call that knows the STUN server; with `turn`, the TURN server too. */
  call(
    a: Host,
    b: Host,
    { turn = false, ...options }: CallOptions & { readonly turn?: boolean } = {},
  ): IceCall {
    const servers = turn ? [STUN, TURN] : [STUN];
    return new IceCall(a, b, {
      ...options,
      a: { servers, ...options.a },
      b: { servers, ...options.b },
    });
  }

  #openHome(n: number, link: Partial<LinkOptions>): Home {
    return { host: new Host(this.scene.internet, `host ${n}`, [`203.0.113.${n}`], link), nat: undefined };
  }

  #natHome(n: number, place: NatKind | NatOptions, link: Partial<LinkOptions>): Home {
    const behaviour = typeof place === 'string' ? NAT_PRESETS[place] : place;
    const nat = new Nat(this.scene.internet, `nat ${n}`, [`203.0.113.${n}`], behaviour, link);
    // Different inner addresses: what one home's host candidate means in the other is a test of its own.
    return { host: new Host(nat.inner, `host ${n}`, [`192.168.${n}.2`], { latencyMs: 0 }), nat };
  }
}
