/**
 * All relayed addresses of a server: allocated, reserved, being opened. Picks ports, counts quotas, ends what has
 * expired. Reads and writes no message. RFC 8656 §6, §7.2.
 */
import {
  encodeHex,
  familyOf,
  type IpFamily,
  type Millis,
  NEVER,
  type Queue,
  type Random,
  type SocketAddress,
} from '../base/index.ts';
import type { Allocation } from './allocation.ts';
import { RESERVATION_TOKEN_BYTES } from './code-points.ts';
import type { Leg, LegId } from './leg.ts';
import type { LiveSettings } from './live-settings.ts';
import { Opening, type OpeningRequest, type Slot } from './opening.ts';
import { LocalQuotaLedger } from './quota-ledger.ts';
import { Relay, type RelayId, type RelayProtocol, relayId } from './relay.ts';
import { type PortWish, RelayPorts } from './relay-ports.ts';
import { holderOf, RelayQuotas } from './relay-quotas.ts';
import type { AllocationEnd, TurnServerEvent } from './server-events.ts';
import type { TurnServerOptions } from './server-options.ts';
import { mintToken, ONLY_SHARD, type Shard } from './shard.ts';

/** Binding a socket takes microseconds; a shell that has not answered by then will not. */
const OPENING_DEADLINE_MS = 10_000;

interface Reservation {
  readonly token: string;
  readonly relay: Relay;
  readonly expiresAt: Millis;
}

/** The outcome of an Allocate: to be answered now, or later by `relayOpened` and `relayFailed`. */
export type OpeningOutcome =
  | { readonly kind: 'waiting' }
  | { readonly kind: 'refused'; readonly request: OpeningRequest; readonly code: 486 | 508 }
  | {
      readonly kind: 'granted';
      readonly request: OpeningRequest;
      readonly relays: Relay[];
      /** RESERVATION-TOKEN, 8 bytes. */
      readonly token: Uint8Array | undefined;
      readonly failedFamily: IpFamily | undefined;
    };

export class AllocationBook {
  readonly #random: Random;
  readonly #events: Queue<TurnServerEvent>;
  readonly #onRelayClosed: (relay: Relay) => void;
  readonly #addresses: TurnServerOptions['relayAddresses'];
  readonly #settings: LiveSettings;
  readonly #shard: Shard;
  readonly #ports: RelayPorts;
  readonly #allocations = new Set<Allocation>();
  /** An allocation that is moving has two legs. */
  readonly #byLeg = new Map<LegId, Allocation>();
  /** Of those that may move. */
  readonly #byHandle = new Map<string, Allocation>();
  readonly #relays = new Map<RelayId, Relay>();
  /** By port × 2, plus one for IPv6: finds the receiver of what one client sends to another, without building a text. */
  readonly #byPort = new Map<number, Relay>();
  readonly #openings = new Map<LegId, Opening>();
  readonly #openingOf = new Map<RelayId, Opening>();
  readonly #reservations = new Map<string, Reservation>();
  readonly #quotas: RelayQuotas;
  #lastRelayId = 0;
  #lastAllocationId = 0;
  #earliestExpiry: Millis = NEVER;

  constructor(
    random: Random,
    options: TurnServerOptions,
    settings: LiveSettings,
    events: Queue<TurnServerEvent>,
    onRelayClosed: (relay: Relay) => void,
  ) {
    this.#random = random;
    this.#events = events;
    this.#onRelayClosed = onRelayClosed;
    this.#addresses = options.relayAddresses;
    this.#settings = settings;
    this.#shard = options.shard ?? ONLY_SHARD;
    this.#quotas = new RelayQuotas(settings, options.quotaLedger ?? new LocalQuotaLedger());
    const { min, max } = options.relayPorts;
    this.#ports = new RelayPorts(random, min, max, this.#shard);
  }

  get allocationCount(): number {
    return this.#allocations.size;
  }

  get relayCount(): number {
    return this.#relays.size;
  }

  /** Never later than the first expiry; may be earlier after a refresh. */
  get earliestExpiry(): Millis {
    return this.#earliestExpiry;
  }

  supports(family: IpFamily): boolean {
    const { v4, v6 } = this.#addresses;
    return (family === 4 ? v4 : v6) !== undefined;
  }

  /** The living allocation of this 5-tuple; one that has expired is ended on the spot. */
  find(now: Millis, leg: LegId): Allocation | undefined {
    const allocation = this.#byLeg.get(leg);
    if (!allocation || allocation.relays.every((relay) => relay.expiresAt > now)) return allocation;
    this.#endExpiredRelays(now, allocation);
    return this.#byLeg.get(leg);
  }

  openingOf(leg: LegId): Opening | undefined {
    return this.#openings.get(leg);
  }

  /** A relay that is allocated and alive. */
  relay(now: Millis, id: RelayId): Relay | undefined {
    const relay = this.#relays.get(id);
    return relay?.allocation && relay.expiresAt > now ? relay : undefined;
  }

  /** Whose it is; `undefined` while it is reserved. */
  allocationOf(relay: Relay): Allocation | undefined {
    const { allocation } = relay;
    return allocation && this.#byLeg.get(allocation.leg.id);
  }

  /** The allocation's relay whose address this is, if it is one of ours. */
  relayAt(
    now: Millis,
    address: SocketAddress,
    family: IpFamily,
    protocol: RelayProtocol = 'udp',
  ): Relay | undefined {
    const relay = this.#byPort.get(portKey(family, address.port));
    const alive = relay?.allocation && relay.expiresAt > now && relay.address.ip === address.ip;
    return alive && relay.protocol === protocol ? relay : undefined;
  }

  /** In no order that means anything. */
  allocations(): Iterable<Allocation> {
    return this.#allocations;
  }

  /** The living allocation that gave out tickets with this handle. RFC 8016. */
  findMobile(now: Millis, handle: string): Allocation | undefined {
    const allocation = this.#byHandle.get(handle);
    return allocation && this.find(now, allocation.leg.id);
  }

  nextAllocationId(): string {
    this.#lastAllocationId += 1;
    return `${this.#shard.index}-${this.#lastAllocationId}`;
  }

  /**
   * The other shard that may hold this relayed address. What the kernel brings there by itself (it is an address of
   * this machine, and may be a peer) is none of it: then a program that is no relay of ours may sit there too.
   */
  siblingAt(address: SocketAddress, insideOnly: boolean): number | undefined {
    const shard = this.#ports.foreignShardOf(address.port);
    if (shard === undefined || !this.isRelayIp(address.ip)) return undefined;
    return insideOnly || !this.#addresses.byServerIp?.has(address.ip) ? shard : undefined;
  }

  /** Whether this is the IP address of our relayed addresses. */
  isRelayIp(ip: string): boolean {
    const { v4, v6, byServerIp } = this.#addresses;
    if (ip === v4 || ip === v6) return true;
    for (const advertised of byServerIp?.values() ?? []) if (ip === advertised) return true;
    return false;
  }

  mayBeRelayPort(port: number): boolean {
    return this.#ports.covers(port);
  }

  /** Steps 5, 8, 9 and 10 of RFC 8656 §7.2, as far as they need state. */
  open(now: Millis, request: OpeningRequest): OpeningOutcome {
    const { wish } = request;
    if (wish.token !== undefined) return this.#redeem(now, request, wish.token);
    const wanted = wish.families.length + (wish.port === 'pair' ? 1 : 0);
    const holder = holderOf(request.user, request.leg);
    if (!this.#quotas.mayHold(holder, wanted)) return { kind: 'refused', request, code: 486 };

    const opening = new Opening(request, now + OPENING_DEADLINE_MS, this.#settings.limits.portAttempts);
    this.#openings.set(request.leg.id, opening);
    this.#expectExpiry(opening.deadline);
    for (const family of wish.families) {
      if (!this.#addSlots(opening, family, wish.port)) opening.failedFamily = family;
    }
    return opening.slots.length > 0 ? { kind: 'waiting' } : this.#refuse(opening);
  }

  /** `undefined` when nobody waits for it any more. */
  relayOpened(now: Millis, id: RelayId): OpeningOutcome | undefined {
    const opening = this.#openingOf.get(id);
    const slot = opening?.slots.find((candidate) => candidate.relay.id === id);
    if (!opening || !slot) return undefined;
    slot.open = true;
    return opening.complete ? this.#grant(now, opening) : { kind: 'waiting' };
  }

  relayFailed(now: Millis, id: RelayId, reason: 'in-use' | 'unavailable'): OpeningOutcome | undefined {
    const opening = this.#openingOf.get(id);
    const failed = opening?.slots.find((candidate) => candidate.relay.id === id);
    if (!opening || !failed) return undefined;
    const { family, address } = failed.relay;
    opening.avoid[family].add(address.port);
    this.#dropSlot(opening, failed, false);
    // Of a pair the other half is of no use: both move.
    const { port } = opening.request.wish;
    if (port === 'pair') for (const other of [...opening.slots]) this.#dropSlot(opening, other, true);

    opening.attemptsLeft -= 1;
    const mayRetry = reason === 'in-use' && opening.attemptsLeft > 0;
    if (mayRetry && this.#addSlots(opening, family, port)) return { kind: 'waiting' };
    if (opening.slots.length === 0) return this.#refuse(opening);
    // Step 9: the other family alone is a success, with ADDRESS-ERROR-CODE.
    opening.failedFamily = family;
    return opening.complete ? this.#grant(now, opening) : { kind: 'waiting' };
  }

  /** The 5-tuple holds this allocation from now on. */
  add(allocation: Allocation, expiresAt: Millis): void {
    this.#allocations.add(allocation);
    this.#byLeg.set(allocation.leg.id, allocation);
    const { mobility } = allocation;
    if (mobility) this.#byHandle.set(encodeHex(mobility.handle), allocation);
    for (const relay of allocation.relays) {
      relay.allocation = allocation;
      relay.expiresAt = expiresAt;
      this.#byPort.set(portKey(relay.family, relay.address.port), relay);
    }
    this.#expectExpiry(expiresAt);
  }

  /** Both legs are this allocation's from now on; a third one that it had, never used, is not. RFC 8016 §3.2.2. */
  move(allocation: Allocation, to: Leg): void {
    const { mobility, leg: from } = allocation;
    if (!mobility || mobility.next?.id === to.id) return;
    if (mobility.next) this.#releaseLeg(mobility.next);
    mobility.next = to;
    this.#byLeg.set(to.id, allocation);
    this.#events.push({ type: 'allocation-moved', leg: to, from, to, username: allocation.user.username });
  }

  /** The client has been heard on the leg it moved to: the old one is done with. RFC 8016 §3.2.2. */
  settle(allocation: Allocation): void {
    const old = allocation.leg;
    if (allocation.settle()) this.#releaseLeg(old);
  }

  extend(relay: Relay, expiresAt: Millis): void {
    relay.expiresAt = expiresAt;
    this.#expectExpiry(expiresAt);
  }

  /** Ends some relayed addresses of an allocation, and the allocation with its last one. */
  end(now: Millis, allocation: Allocation, relays: readonly Relay[], reason: AllocationEnd): void {
    for (const relay of relays) {
      const at = allocation.relays.indexOf(relay);
      if (at < 0) continue;
      allocation.relays.splice(at, 1);
      for (const [number, channel] of allocation.channels) {
        if (channel.relay === relay) allocation.channels.delete(number);
      }
      relay.allocation = undefined;
      this.#byPort.delete(portKey(relay.family, relay.address.port));
      this.#closeRelay(relay);
    }
    if (allocation.relays.length > 0 || !this.#allocations.delete(allocation)) return;
    const { mobility } = allocation;
    if (mobility) this.#byHandle.delete(encodeHex(mobility.handle));
    if (mobility?.next) this.#releaseLeg(mobility.next);
    this.#byLeg.delete(allocation.leg.id);
    this.#events.push({
      type: 'allocation-ended',
      leg: allocation.leg,
      username: allocation.user.username,
      reason,
      traffic: allocation.traffic,
      lastedMs: now - allocation.createdAt,
    });
  }

  endLeg(now: Millis, leg: LegId): void {
    const opening = this.#openings.get(leg);
    if (opening) this.#refuse(opening);
    const allocation = this.#byLeg.get(leg);
    if (!allocation) return;
    const { mobility } = allocation;
    if (!mobility) this.end(now, allocation, [...allocation.relays], 'leg-closed');
    else if (mobility.next?.id === leg) {
      this.#releaseLeg(mobility.next);
      mobility.next = undefined;
    } else if (mobility.next) this.settle(allocation);
    // Its client may come back by another way. Until then, or until it expires, it counts as before.
    else allocation.attached = false;
  }

  endAll(now: Millis): void {
    for (const opening of [...this.#openings.values()]) this.#refuse(opening);
    for (const allocation of [...this.#allocations]) {
      this.end(now, allocation, [...allocation.relays], 'server-closed');
    }
    for (const reservation of [...this.#reservations.values()]) this.#dropReservation(reservation);
    this.#earliestExpiry = NEVER;
  }

  /** Ends what has expired. Returns the Allocate requests that the shell left unanswered: refuse them. */
  sweep(now: Millis): OpeningOutcome[] {
    const refused: OpeningOutcome[] = [];
    for (const allocation of [...this.#allocations]) this.#endExpiredRelays(now, allocation);
    for (const reservation of [...this.#reservations.values()]) {
      if (reservation.expiresAt <= now) this.#dropReservation(reservation);
    }
    for (const opening of [...this.#openings.values()]) {
      if (opening.deadline <= now) refused.push(this.#refuse(opening));
    }
    this.#earliestExpiry = NEVER;
    for (const allocation of this.#allocations) {
      for (const relay of allocation.relays) this.#expectExpiry(relay.expiresAt);
    }
    for (const reservation of this.#reservations.values()) this.#expectExpiry(reservation.expiresAt);
    for (const opening of this.#openings.values()) this.#expectExpiry(opening.deadline);
    return refused;
  }

  #releaseLeg(leg: Leg): void {
    this.#byLeg.delete(leg.id);
    this.#events.push({ type: 'leg-released', leg });
  }

  #endExpiredRelays(now: Millis, allocation: Allocation): void {
    const expired = allocation.relays.filter((relay) => relay.expiresAt <= now);
    if (expired.length > 0) this.end(now, allocation, expired, 'expired');
  }

  #expectExpiry(at: Millis): void {
    if (at < this.#earliestExpiry) this.#earliestExpiry = at;
  }

  /** Best the address by which this client reached us: it surely knows the way there. */
  #ipOf(family: IpFamily, leg: Leg): string | undefined {
    const { v4, v6, byServerIp } = this.#addresses;
    const same = familyOf(leg.server.ip) === family ? byServerIp?.get(leg.server.ip) : undefined;
    return same ?? (family === 4 ? v4 : v6);
  }

  /** Step 5: the reserved address, if the token still stands for one. */
  #redeem(now: Millis, request: OpeningRequest, token: string): OpeningOutcome {
    const reservation = this.#reservations.get(token);
    if (!reservation || reservation.expiresAt <= now) return { kind: 'refused', request, code: 508 };
    // The port changes hands: out of the quota of who reserved it, into that of who takes it.
    const { relay } = reservation;
    const holder = holderOf(request.user, request.leg);
    this.#quotas.release(relay.holder);
    if (!this.#quotas.mayHold(holder, 1)) {
      this.#quotas.hold(relay.holder);
      return { kind: 'refused', request, code: 486 };
    }
    this.#quotas.hold(holder);
    relay.holder = holder;
    this.#reservations.delete(token);
    return {
      kind: 'granted',
      request,
      relays: [relay],
      token: undefined,
      failedFamily: undefined,
    };
  }

  /** Orders the sockets for one family; `false` when no port is left. */
  #addSlots(opening: Opening, family: IpFamily, wish: PortWish): boolean {
    const ip = this.#ipOf(family, opening.request.leg);
    const port = ip === undefined ? undefined : this.#ports.take(family, wish, opening.avoid[family]);
    if (ip === undefined || port === undefined) return false;
    this.#addSlot(opening, family, { ip, port }, false);
    if (wish === 'pair') this.#addSlot(opening, family, { ip, port: port + 1 }, true);
    return true;
  }

  #addSlot(opening: Opening, family: IpFamily, address: SocketAddress, reserve: boolean): void {
    this.#lastRelayId += 1;
    const { leg, user, wish } = opening.request;
    const holder = holderOf(user, leg);
    const relay = new Relay(relayId(this.#lastRelayId), family, wish.protocol, address, holder);
    this.#relays.set(relay.id, relay);
    this.#openingOf.set(relay.id, opening);
    this.#quotas.hold(holder);
    opening.slots.push({ relay, open: false, reserve });
    const { id, protocol } = relay;
    const { port } = address;
    this.#events.push({ type: 'open-relay', relay: id, leg, protocol, family, port, address });
  }

  #dropSlot(opening: Opening, slot: Slot, mustClose: boolean): void {
    opening.slots.splice(opening.slots.indexOf(slot), 1);
    this.#openingOf.delete(slot.relay.id);
    this.#closeRelay(slot.relay, mustClose);
  }

  #refuse(opening: Opening): OpeningOutcome {
    for (const slot of [...opening.slots]) this.#dropSlot(opening, slot, true);
    this.#openings.delete(opening.request.leg.id);
    return { kind: 'refused', request: opening.request, code: 508 };
  }

  #grant(now: Millis, opening: Opening): OpeningOutcome {
    const { request } = opening;
    this.#openings.delete(request.leg.id);
    for (const slot of opening.slots) this.#openingOf.delete(slot.relay.id);
    const relays = opening.slots.filter((slot) => !slot.reserve).map((slot) => slot.relay);
    const reserved = opening.slots.find((slot) => slot.reserve)?.relay;
    const token = reserved && this.#reserve(now, reserved);
    return { kind: 'granted', request, relays, token, failedFamily: opening.failedFamily };
  }

  #reserve(now: Millis, relay: Relay): Uint8Array {
    const bytes = mintToken(this.#random, this.#shard, RESERVATION_TOKEN_BYTES);
    const token = encodeHex(bytes);
    const expiresAt = now + this.#settings.lifetimes.reservationSeconds * 1000;
    this.#reservations.set(token, { token, relay, expiresAt });
    this.#expectExpiry(expiresAt);
    return bytes;
  }

  #dropReservation(reservation: Reservation): void {
    this.#reservations.delete(reservation.token);
    this.#closeRelay(reservation.relay);
  }

  #closeRelay(relay: Relay, mustClose = true): void {
    this.#relays.delete(relay.id);
    this.#ports.release(relay.family, relay.address.port);
    this.#quotas.release(relay.holder);
    this.#onRelayClosed(relay);
    if (mustClose) this.#events.push({ type: 'close-relay', relay: relay.id });
  }
}

function portKey(family: IpFamily, port: number): number {
  return port * 2 + (family === 6 ? 1 : 0);
}
