/**
 * Whose datagram it is, where many agents share one UDP port: a check by the username fragment that it names, an answer by its
 * transaction, all else by the address that a proven check came from. Has no socket. RFC 8445 §7.2.2, RFC 8489 §6.3.4.
 */
import { AgingMap, decodeUtf8, formatAddress, type Millis, type SocketAddress } from '../../base/index.ts';
import {
  decodeMessage,
  encodeMessageType,
  looksLikeStun,
  MessageClass,
  StunAttribute,
  StunMethod,
} from '../../stun/index.ts';

/** An agent, or whatever else has its share of the port. Never used twice. */
export type MuxMember = number;

export interface UdpMuxStatistics {
  readonly members: number;
  /** Remote addresses that belong to somebody. */
  readonly addresses: number;
  /** Datagrams that were nobody's. */
  readonly unrouted: number;
}

interface Holder {
  readonly member: MuxMember;
  /** Of the last proof that the address is the member's peer. */
  provenAt: Millis;
}

interface Member {
  /** Generations that checks may still come for, oldest first. */
  usernameFragments: readonly string[];
  /** Keys of addresses, oldest first. */
  readonly addresses: Set<string>;
}

/** RFC 8445 §9: the old generation goes on until the new one has a pair; more come of restarts that overtake each other. */
const MAX_GENERATIONS = 4;
/** Pairs that one agent may have proven: a checklist has 100 pairs, but a remote has few addresses that work. */
const MAX_ADDRESSES_OF_MEMBER = 32;
/** Requests on their way: a thousand agents with sixteen each. The oldest make room. */
const MAX_TRANSACTIONS = 16_384;
/** RFC 7675 §5.1: consent ends 30 s after its last proof; then another agent may have the same remote address. */
const HOLD_MS: Millis = 30_000;

/** RFC 7983 §7: STUN begins with 0 … 3. */
const LAST_STUN_BYTE = 3;
/** RFC 8489 §5: where the transaction id is. */
const ID_START = 8;
const ID_END = 20;

const BINDING_REQUEST = encodeMessageType(StunMethod.BINDING, MessageClass.REQUEST);
const BINDING_SUCCESS = encodeMessageType(StunMethod.BINDING, MessageClass.SUCCESS);
const BINDING_ERROR = encodeMessageType(StunMethod.BINDING, MessageClass.ERROR);

export class UdpMux {
  readonly #members = new Map<MuxMember, Member>();
  readonly #byFragment = new Map<string, MuxMember>();
  readonly #byAddress = new Map<string, Holder>();
  readonly #byTransaction = new AgingMap<string, MuxMember>();
  #lastMember: MuxMember = 0;
  #unrouted = 0;

  get statistics(): UdpMuxStatistics {
    return { members: this.#members.size, addresses: this.#byAddress.size, unrouted: this.#unrouted };
  }

  join(): MuxMember {
    this.#lastMember += 1;
    this.#members.set(this.#lastMember, { usernameFragments: [], addresses: new Set() });
    return this.#lastMember;
  }

  /** Checks for this fragment are the member's, beside those for the last few. False: another member has it. */
  expect(member: MuxMember, usernameFragment: string): boolean {
    const known = this.#members.get(member);
    const holder = this.#byFragment.get(usernameFragment);
    if (!known || (holder !== undefined && holder !== member)) return false;
    const others = known.usernameFragments.filter((it) => it !== usernameFragment);
    const kept = [...others, usernameFragment];
    for (const old of kept.splice(0, kept.length - MAX_GENERATIONS)) this.#byFragment.delete(old);
    known.usernameFragments = kept;
    this.#byFragment.set(usernameFragment, member);
    return true;
  }

  leave(member: MuxMember): void {
    const known = this.#members.get(member);
    if (!known) return;
    this.#members.delete(member);
    for (const fragment of known.usernameFragments) this.#byFragment.delete(fragment);
    for (const key of known.addresses) this.#byAddress.delete(key);
  }

  /** The member sends this; to be told before it does. Borrowed. Data costs nothing here. */
  noteSent(now: Millis, member: MuxMember, to: SocketAddress, bytes: Uint8Array): void {
    if ((bytes[0] ?? 0xff) > LAST_STUN_BYTE || !looksLikeStun(bytes)) return;
    const type = typeOf(bytes);
    // Whom an agent answers with success has shown that it knows the password.
    if (type === BINDING_SUCCESS) this.#prove(now, member, formatAddress(to));
    else if (type === BINDING_REQUEST) {
      this.#byTransaction.set(transactionOf(bytes), member);
      const { oldest } = this.#byTransaction;
      if (this.#byTransaction.size > MAX_TRANSACTIONS && oldest) this.#byTransaction.delete(oldest.key);
    }
  }

  /** Whom it is for; `undefined`: nobody. Borrowed. */
  route(now: Millis, from: SocketAddress, bytes: Uint8Array): MuxMember | undefined {
    const member =
      (bytes[0] ?? 0xff) <= LAST_STUN_BYTE && looksLikeStun(bytes)
        ? this.#routeStun(now, from, bytes)
        : this.#byAddress.get(formatAddress(from))?.member;
    if (member === undefined) this.#unrouted += 1;
    return member;
  }

  #routeStun(now: Millis, from: SocketAddress, bytes: Uint8Array): MuxMember | undefined {
    const type = typeOf(bytes);
    if (type === BINDING_REQUEST) {
      const fragment = usernameFragmentOf(bytes);
      return fragment === undefined ? undefined : this.#byFragment.get(fragment);
    }
    const key = formatAddress(from);
    if (type !== BINDING_SUCCESS && type !== BINDING_ERROR) return this.#byAddress.get(key)?.member;
    const transaction = transactionOf(bytes);
    const member = this.#byTransaction.get(transaction);
    if (member === undefined || !this.#members.has(member)) return undefined;
    this.#byTransaction.delete(transaction);
    // Only who was asked knows the transaction. A lite peer never checks: its answers are all the proof there is.
    if (type === BINDING_SUCCESS) this.#prove(now, member, key);
    return member;
  }

  /** Two agents whose peers share a port with each other too cannot be told apart: the first one stays. */
  #prove(now: Millis, member: MuxMember, key: string): void {
    const known = this.#members.get(member);
    if (!known) return;
    const holder = this.#byAddress.get(key);
    if (holder?.member === member) {
      holder.provenAt = now;
      return;
    }
    if (holder && now < holder.provenAt + HOLD_MS) return;
    if (holder) this.#members.get(holder.member)?.addresses.delete(key);
    this.#byAddress.set(key, { member, provenAt: now });
    known.addresses.add(key);
    const [oldest] = known.addresses;
    if (known.addresses.size <= MAX_ADDRESSES_OF_MEMBER || oldest === undefined) return;
    known.addresses.delete(oldest);
    this.#byAddress.delete(oldest);
  }
}

function typeOf(bytes: Uint8Array): number {
  return ((bytes[0] ?? 0) << 8) | (bytes[1] ?? 0);
}

function transactionOf(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes.subarray(ID_START, ID_END));
}

/** RFC 8445 §7.2.2: the receiver's fragment, a colon, the sender's. */
function usernameFragmentOf(bytes: Uint8Array): string | undefined {
  const username = decodeMessage(bytes)?.get(StunAttribute.USERNAME);
  if (!username) return undefined;
  const colon = username.indexOf(0x3a);
  return colon < 0 ? undefined : decodeUtf8(username.subarray(0, colon));
}
