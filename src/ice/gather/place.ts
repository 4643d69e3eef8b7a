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
}

export interface PlaceEvents {
  onUdpOpened(now: Millis, base: UdpBase): void;
  onUdpLost(now: Millis, base: UdpBase): void;
  onCandidate(candidate: NewCandidate): void;
  onPathLost(path: LocalCandidate['path']): void;
}

export interface TcpWish {
  readonly active: boolean;
  readonly passive: boolean;
}

export class Place {
  readonly ip: string;
  readonly rank: number;
  readonly #mdnsName: () => string | undefined;
  readonly #around: Surroundings;
  readonly #events: PlaceEvents;
  #udp: UdpBase | undefined;
  #active: ActiveBase | undefined;
  #passive: PassiveBase | undefined;
  #wish: TcpWish = { active: false, passive: false };
  #triedPassive = false;
  #closed = false;

  /** Opens a UDP socket at once. */
  constructor(around: Surroundings, { ip, rank, ports, mdnsName }: PlaceOptions, events: PlaceEvents) {
    this.ip = ip;
    this.rank = rank;
    this.#mdnsName = mdnsName;
    this.#around = around;
    this.#events = events;
    const udp: UdpBase = new UdpBase(around, ip, ports, {
      onOpened: (now) => {
        this.#tellHost(udp.facts, hostPreference(rank));
        events.onUdpOpened(now, udp);
        this.#openTcp();
      },
      onLost: (now) => {
        this.#udp = undefined;
        events.onUdpLost(now, udp);
        if (udp.opened) events.onPathLost(udp.facts);
        this.#openTcp();
      },
    });
    this.#udp = udp;
  }

  /** Nothing is being opened. */
  get settled(): boolean {
    return (this.#udp?.opened ?? true) && (this.#passive?.opened ?? true);
  }

  /** What is there already stays; what is not comes after UDP, so that datagrams are tried first. */
  wantTcp(wish: TcpWish): void {
    this.#wish = wish;
    if (this.#udp?.opened ?? true) this.#openTcp();
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
    const [udp, active, passive] = [this.#udp, this.#active, this.#passive];
    this.#udp = undefined;
    this.#active = undefined;
    this.#passive = undefined;
    if (udp) {
      this.#events.onUdpLost(now, udp);
      if (udp.opened) this.#events.onPathLost(udp.facts);
    }
    if (active) this.#events.onPathLost(active.facts);
    if (passive?.opened) this.#events.onPathLost(passive.facts);
    udp?.close();
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
        if (passive.opened) this.#events.onPathLost(passive.facts);
      },
    });
    this.#passive = passive;
  }

  #tellHost(path: LocalCandidate['path'], localPreference: number): void {
    const mdnsName = this.#mdnsName();
    this.#events.onCandidate({ type: 'host', path, address: path.base, localPreference, mdnsName });
  }
}
