/**
 * Every STUN and TURN server asked from every place of this host, paced, and what is wrong told once. Knows no candidates.
 * RFC 8445 §5.1.1.2, §14.2; webrtc.html §4.8.1.3.
 */

import { familyOf, type IpFamily, type Millis, NEVER, type SocketAddress } from '../../base/index.ts';
import type { IceGatheringError } from '../candidate-types.ts';

import type { PathId } from '../gatherer-port.ts';
import { type Attempt, type AttemptEvents, type AttemptFailure, NOT_REACHED } from './attempt.ts';
import { Inquiry } from './inquiry.ts';
import { MAX_RELAY_BASES, MAX_SERVER_ADDRESSES, START_PACING_MS } from './limits.ts';
import type { Lookups } from './lookups.ts';
import { type ServerTarget, targetKey, type UnusableUrl } from './targets.ts';
import type { UdpBase } from './udp-base.ts';

export interface DeskHost {
  /** Asks `server`, which is `target` at one of its addresses, from `base`; over a stream from wherever. */
  start(
    now: Millis,
    target: ServerTarget,
    server: SocketAddress,
    base: UdpBase | undefined,
    events: AttemptEvents,
  ): Attempt;
  /** What a target has given from a base is lost. */
  onLost(target: ServerTarget, base: UdpBase | undefined): void;
  onError(error: IceGatheringError): void;
  /** Whether errors may name our addresses. */
  readonly mayTellAddresses: boolean;
}

/** One target of the present list. */
interface Desk {
  target: ServerTarget;
  /** `undefined` while they are looked up. */
  ips: readonly string[] | undefined;
  /** By base; over a stream there is one for all of them. */
  readonly inquiries: Map<UdpBase | 'stream', Inquiry>;
  /** Where the server had no relay to give, and was asked for a reflexive address in its place. */
  readonly fellBack: Set<UdpBase>;
  reached: boolean;
  /** An error has been told in this generation. */
  told: boolean;
}

/** RFC 8656 §19: Allocation Quota Reached, Insufficient Capacity. */
const LACKS_RESOURCES: ReadonlySet<number> = new Set([486, 508]);

export class ServerDesk {
  readonly #host: DeskHost;
  readonly #lookups: Lookups;
  readonly #desks = new Map<string, Desk>();
  readonly #bases = new Set<UdpBase>();
  /** Inquiries that wait for their turn. */
  #queue: Inquiry[] = [];
  #nextStart: Millis = 0;
  /** Of servers that are not in the list any more: what carries data at this moment. */
  #retired: Inquiry[] = [];
  #selected: PathId | undefined;
  /** Attempts of the past that have something to give back. */
  #leaving: Attempt[] = [];

  constructor(host: DeskHost, lookups: Lookups) {
    this.#host = host;
    this.#lookups = lookups;
  }

  /** Whether something may still come. */
  get pending(): boolean {
    for (const { ips, inquiries } of this.#desks.values()) {
      if (ips === undefined) return true;
      for (const inquiry of inquiries.values()) if (inquiry.pending) return true;
    }
    return false;
  }

  /** Whether there is anybody to ask, and so something to ask from. */
  get wantsBases(): boolean {
    return this.#desks.size > 0;
  }

  /** A new generation: what servers have given stays, what they have not is asked for again. */
  renew(now: Millis, targets: readonly ServerTarget[], unusable: readonly UnusableUrl[]): void {
    for (const { url, why } of unusable)
      this.#tellError(url, undefined, { errorCode: NOT_REACHED, errorText: why });
    const keys = new Set(targets.map(targetKey));
    for (const [key, desk] of this.#desks) {
      if (keys.has(key)) continue;
      this.#desks.delete(key);
      for (const inquiry of desk.inquiries.values()) this.#retire(now, inquiry);
    }
    for (const target of targets) this.#renewTarget(now, target);
  }

  /** Data goes by this path: what served data before, and is of a server of the past, is given back. */
  select(now: Millis, path: PathId): void {
    this.#selected = path;
    for (const inquiry of this.#retired) if (!inquiry.carries(path)) this.#close(now, inquiry);
    this.#retired = this.#retired.filter((inquiry) => inquiry.carries(path));
  }

  /** There is another place to ask from. */
  addBase(now: Millis, base: UdpBase): void {
    this.#bases.add(base);
    for (const desk of this.#desks.values()) this.#inquire(now, desk);
  }

  removeBase(now: Millis, base: UdpBase): void {
    this.#bases.delete(base);
    for (const { inquiries, fellBack } of this.#desks.values()) {
      const inquiry = inquiries.get(base);
      if (inquiry) this.#close(now, inquiry);
      inquiries.delete(base);
      fellBack.delete(base);
    }
  }

  /** Nobody else will come to ask from: who could be asked from nowhere was not reached. */
  concludeGeneration(): void {
    for (const { target, reached, ips, inquiries, told } of this.#desks.values()) {
      if (reached || told || inquiries.size > 0) continue;
      const families = [...new Set(ips?.map(familyOf))].map((family) => `IPv${family}`).join(' and ');
      const errorText = `No address of this host can reach the server, which has ${families} only.`;
      this.#tellError(target.url, undefined, { errorCode: NOT_REACHED, errorText });
    }
  }

  handleTimeout(now: Millis): void {
    this.#startDue(now);
    for (const { inquiries } of this.#desks.values()) {
      for (const inquiry of inquiries.values()) if (inquiry.nextTimeout() <= now) inquiry.handleTimeout(now);
    }
    for (const inquiry of this.#retired) inquiry.handleTimeout(now);
    for (const attempt of this.#leaving) attempt.handleTimeout(now);
    this.#leaving = this.#leaving.filter((attempt) => !attempt.over);
  }

  nextTimeout(): Millis {
    let next = this.#queue.length > 0 ? this.#nextStart : NEVER;
    for (const { inquiries } of this.#desks.values()) {
      for (const inquiry of inquiries.values()) next = Math.min(next, inquiry.nextTimeout());
    }
    for (const inquiry of this.#retired) next = Math.min(next, inquiry.nextTimeout());
    for (const attempt of this.#leaving) next = Math.min(next, attempt.nextTimeout());
    return next;
  }

  /** Gives everything back. */
  close(now: Millis): void {
    for (const { inquiries } of this.#desks.values()) {
      for (const inquiry of inquiries.values()) inquiry.close(now);
    }
    for (const inquiry of this.#retired) inquiry.close(now);
    this.#desks.clear();
    this.#retired = [];
    this.#queue = [];
    this.#leaving = [];
  }

  #renewTarget(now: Millis, target: ServerTarget): void {
    const key = targetKey(target);
    const known = this.#desks.get(key);
    if (known) {
      known.target = target;
      known.told = false;
      known.reached = [...known.inquiries.values()].some(({ held }) => held);
      for (const [place, inquiry] of known.inquiries) {
        const fellBack = place !== 'stream' && known.fellBack.delete(place);
        if (fellBack) this.#close(now, inquiry);
        if (fellBack || (!inquiry.pending && !inquiry.held)) known.inquiries.delete(place);
      }
      this.#lookUp(now, known);
      return;
    }
    const desk: Desk = {
      target,
      ips: undefined,
      inquiries: new Map(),
      fellBack: new Set(),
      reached: false,
      told: false,
    };
    this.#desks.set(key, desk);
    this.#lookUp(now, desk);
  }

  #lookUp(now: Millis, desk: Desk): void {
    const { url, host } = desk.target;
    desk.ips = undefined;
    this.#lookups.ask(now, host, (at, ips) => {
      desk.ips = ips ?? [];
      if (ips) this.#inquire(at, desk);
      else if (!desk.reached) {
        desk.told = true;
        const errorText = `The name ${host} has no address. Check how it is spelt, and the resolver of this host.`;
        this.#tellError(url, undefined, { errorCode: NOT_REACHED, errorText });
      }
    });
  }

  /** Asks from where nobody has asked yet. */
  #inquire(now: Millis, desk: Desk): void {
    const { ips, inquiries, target } = desk;
    if (!ips || ips.length === 0 || desk !== this.#desks.get(targetKey(target))) return;
    const streams = target.way === 'tcp' || target.way === 'tls';
    const families = new Set([...this.#bases].map(({ ip }) => familyOf(ip)));
    if (streams) {
      const reachable = ips.filter((ip) => families.has(familyOf(ip)));
      if (reachable.length > 0 && !inquiries.has('stream'))
        this.#enqueue(now, desk, target, undefined, reachable);
      return;
    }
    for (const base of this.#bases) {
      if (inquiries.has(base)) continue;
      const ofFamily = ips.filter((ip) => familyOf(ip) === familyOf(base.ip));
      const reachable = ofFamily.filter((ip) => !this.#isAskedByAnother(desk, base, ip));
      // RFC 8656 §7.2: one allocation for each 5-tuple. Two URLs of one server are served by one.
      if (reachable.length < ofFamily.length) desk.reached = true;
      if (target.protocol === 'turn' && this.#askedFrom(desk, familyOf(base.ip)) >= MAX_RELAY_BASES) continue;
      if (reachable.length > 0) this.#enqueue(now, desk, target, base, reachable);
    }
  }

  #askedFrom({ inquiries }: Desk, family: IpFamily): number {
    return [...inquiries.keys()].filter((it) => it !== 'stream' && familyOf(it.ip) === family).length;
  }

  #isAskedByAnother(desk: Desk, base: UdpBase, ip: string): boolean {
    const { protocol, way, port } = desk.target;
    if (protocol !== 'turn') return false;
    return [...this.#desks.values()].some(
      ({ target, ips, inquiries }) =>
        inquiries.has(base) &&
        target.protocol === protocol &&
        target.way === way &&
        target.port === port &&
        ips?.includes(ip),
    );
  }

  #enqueue(
    now: Millis,
    desk: Desk,
    target: ServerTarget,
    base: UdpBase | undefined,
    ips: readonly string[],
  ): void {
    const { port } = target;
    const addresses = ips.slice(0, MAX_SERVER_ADDRESSES).map((ip) => ({ ip, port }));
    const inquiry = new Inquiry(
      addresses,
      (at, server, events) => this.#host.start(at, target, server, base, events),
      {
        onReached: (at) => this.#handleReached(at, desk),
        onFailed: (at, failure) => this.#handleFailed(at, desk, base, failure),
      },
    );
    desk.inquiries.set(base ?? 'stream', inquiry);
    this.#queue.push(inquiry);
    this.#startDue(now);
  }

  /** RFC 8445 §14.2: one transaction each Ta. */
  #startDue(now: Millis): void {
    if (now < this.#nextStart) return;
    const inquiry = this.#queue.shift();
    if (!inquiry) return;
    this.#nextStart = now + START_PACING_MS;
    inquiry.begin(now);
  }

  #handleReached(now: Millis, desk: Desk): void {
    desk.reached = true;
    for (const inquiry of desk.inquiries.values()) inquiry.hurry(now);
  }

  #handleFailed(now: Millis, desk: Desk, base: UdpBase | undefined, failure: AttemptFailure): void {
    const { target } = desk;
    this.#host.onLost(target, base);
    // RFC 8445 §5.1.1.2: who lacks resources for a relay can still say where it sees us.
    if (base && target.protocol === 'turn' && LACKS_RESOURCES.has(failure.errorCode)) {
      desk.fellBack.add(base);
      const ips = (desk.ips ?? []).filter((ip) => familyOf(ip) === familyOf(base.ip));
      this.#enqueue(now, desk, { ...target, protocol: 'stun' }, base, ips);
    }
    const refused = failure.errorCode !== NOT_REACHED;
    const others = [...desk.inquiries.values()].some(({ pending }) => pending);
    // webrtc.html §4.8.1.3: 701 says that no address of ours could reach it; once for each URL.
    if (desk.told || desk.reached || (!refused && others)) return;
    desk.told = true;
    this.#tellError(target.url, base, failure);
  }

  #tellError(url: string, base: UdpBase | undefined, failure: AttemptFailure): void {
    const local = base?.opened && this.#host.mayTellAddresses ? base.facts.base : undefined;
    this.#host.onError({ address: local?.ip, port: local?.port, url, ...failure });
  }

  #retire(now: Millis, inquiry: Inquiry): void {
    if (this.#selected !== undefined && inquiry.carries(this.#selected)) this.#retired.push(inquiry);
    else this.#close(now, inquiry);
  }

  #close(now: Millis, inquiry: Inquiry): void {
    this.#queue = this.#queue.filter((it) => it !== inquiry);
    const attempt = inquiry.close(now);
    if (attempt && !attempt.over) this.#leaving.push(attempt);
  }
}
