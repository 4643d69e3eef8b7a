/** One address of this host and all that is open on it: a UDP socket, and for ICE-TCP a listener and outgoing connections. */
import { type Millis, NEVER } from '../../base/index.ts';
import type { LocalCandidate } from '../gatherer-port.ts';
import { ActiveBase } from './active-base.ts';
import type { NewCandidate } from './candidate-book.ts';
import { PassiveBase } from './passive-base.ts';
import { hostPreference, tcpPreference } from './preferences.ts';
import type { Surroundings } from './surroundings.ts';
import { type PortRange, UdpBase } from './udp-base.ts';

export interface PlaceOptions {
  readonly ip: string;
  /** 0 is the best; unique among the places that there are. */
  readonly rank: number;
  readonly ports: PortRange | undefined;
  /** What the other side is told in place of the address; asked for once there is a candidate. */
  readonly mdnsName: () => string | undefined;
  /** The port of the host candidate is one that other agents have too. */
  readonly udpMux: boolean;
}

export interface PlaceEvents {
  /** Servers can be asked from there. */
  onServerBase(now: Millis, base: UdpBase): void;
  onServerBaseLost(now: Millis, base: UdpBase): void;
  onCandidate(candidate: NewCandidate): void;
}

export interface TcpWish {
  readonly active: boolean;
  readonly passive: boolean;
}

export class Place {
  readonly ip: string;
  readonly rank: number;
  readonly #around: Surroundings;
  readonly #events: PlaceEvents;
  readonly #options: PlaceOptions;
  #udp: UdpBase | undefined;
  /** For servers, where `#udp` is shared: to them a port is one client. */
  #own: UdpBase | undefined;
  #active: ActiveBase | undefined;
  #passive: PassiveBase | undefined;
  #wish: TcpWish = { active: false, passive: false };
  #triedPassive = false;
  #closed = false;

  /** Opens a UDP socket at once. */
  constructor(around: Surroundings, options: PlaceOptions, events: PlaceEvents) {
    const { ip, rank, ports, udpMux } = options;
    this.ip = ip;
    this.rank = rank;
    this.#options = options;
    this.#around = around;
    this.#events = events;
    const shape = { ip, ports: udpMux ? undefined : ports, shared: udpMux };
    const udp: UdpBase = new UdpBase(around, shape, {
      onOpened: (now) => {
        this.#tellHost(udp.facts, hostPreference(rank));
        if (!udpMux) events.onServerBase(now, udp);
        this.#openTcp();
      },
      onLost: (now) => {
        this.#udp = undefined;
        events.onServerBaseLost(now, udp);
        this.#openTcp();
      },
    });
    this.#udp = udp;
  }

  /** Nothing is being opened. */
  get settled(): boolean {
    return [this.#udp, this.#own, this.#passive].every((it) => it?.opened ?? true);
  }

  /** What is there already stays; what is not comes after UDP, so that datagrams are tried first. */
  wantTcp(wish: TcpWish): void {
    this.#wish = wish;
    if (this.#udp?.opened ?? true) this.#openTcp();
  }

  /** There are servers to ask. */
  wantServers(): void {
    const { ip, ports, udpMux } = this.#options;
    if (!udpMux || this.#own) return;
    const own: UdpBase = new UdpBase(
      this.#around,
      { ip, ports, shared: false },
      {
        onOpened: (now) => this.#events.onServerBase(now, own),
        onLost: (now) => {
          this.#own = undefined;
          this.#events.onServerBaseLost(now, own);
        },
      },
    );
    this.#own = own;
  }

  handleTimeout(now: Millis): void {
    this.#active?.streams.handleTimeout(now);
    this.#passive?.streams.handleTimeout(now);
  }

  nextTimeout(): Millis {
    const active = this.#active?.streams.nextTimeout() ?? NEVER;
    return Math.min(active, this.#passive?.streams.nextTimeout() ?? NEVER);
  }

  /** The address is gone, or nobody needs it. */
  close(now: Millis): void {
    this.#closed = true;
    const [udp, own, active, passive] = [this.#udp, this.#own, this.#active, this.#passive];
    this.#udp = undefined;
    this.#own = undefined;
    this.#active = undefined;
    this.#passive = undefined;
    if (udp) this.#events.onServerBaseLost(now, udp);
    if (own) this.#events.onServerBaseLost(now, own);
    udp?.close();
    own?.close();
    active?.close();
    passive?.close();
  }

  #openTcp(): void {
    if (this.#closed) return;
    if (this.#wish.active && !this.#active) {
      this.#active = new ActiveBase(this.#around, this.ip);
      this.#tellHost(this.#active.facts, tcpPreference(this.rank, 'active'));
    }
    if (this.#wish.passive && !this.#triedPassive) this.#openPassive();
  }

  #openPassive(): void {
    this.#triedPassive = true;
    const passive: PassiveBase = new PassiveBase(this.#around, this.ip, {
      onOpened: () => this.#tellHost(passive.facts, tcpPreference(this.rank, 'passive')),
      onLost: () => {
        this.#passive = undefined;
      },
    });
    this.#passive = passive;
  }

  #tellHost(path: LocalCandidate['path'], localPreference: number): void {
    const mdnsName = this.#options.mdnsName();
    this.#events.onCandidate({ type: 'host', path, address: path.base, localPreference, mdnsName });
  }
}
