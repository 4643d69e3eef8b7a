/**
 * Names of our own on the local network: announced, answered for, taken back. They are random, so nobody is asked whether
 * they are taken (draft-ietf-mmusic-mdns-ice-candidates §3.1.1). RFC 6762 §6, §8.3, §10.
 */
import { familyOf, type Millis, NEVER } from '../../base/index.ts';
import { type DnsMessage, encodeAnswer, type Question, RecordType } from './dns-message.ts';

/** RFC 6762 §10: of records that name a host. */
const TTL_SECONDS = 120;
/** §8.3: announced twice, a second apart. */
const ANNOUNCEMENTS = 2;
const ANNOUNCE_AGAIN_MS: Millis = 1000;
/** §6: a record is not multicast again within a second. */
const ANSWER_EVERY_MS: Millis = 1000;

/** Names at one time: a thousand connections with four addresses each. */
const MAX_NAMES = 4096;

interface OwnName {
  readonly ips: readonly string[];
  announcementsLeft: number;
  announceAt: Millis;
  toldAt: Millis;
}

export class MdnsResponder {
  readonly #onAnswer: (bytes: Uint8Array) => void;
  readonly #names = new Map<string, OwnName>();

  constructor(onAnswer: (bytes: Uint8Array) => void) {
    this.#onAnswer = onAnswer;
  }

  get size(): number {
    return this.#names.size;
  }

  addressesOf(name: string): readonly string[] | undefined {
    return this.#names.get(name)?.ips;
  }

  /** `name`: in lower case. `false` when there are too many. */
  announce(now: Millis, name: string, ips: readonly string[]): boolean {
    if (this.#names.size >= MAX_NAMES && !this.#names.has(name)) return false;
    const own = { ips, announcementsLeft: ANNOUNCEMENTS, announceAt: now, toldAt: Number.NEGATIVE_INFINITY };
    this.#names.set(name, own);
    this.handleTimeout(now);
    return true;
  }

  /** §10.1: says goodbye. */
  withdraw(name: string): void {
    const own = this.#names.get(name);
    if (!own) return;
    this.#names.delete(name);
    this.#onAnswer(encodeAnswer(name, own.ips, 0));
  }

  withdrawAll(): void {
    for (const name of [...this.#names.keys()]) this.withdraw(name);
  }

  handleQuery(now: Millis, query: DnsMessage): void {
    for (const [name, types] of typesByName(query.questions)) {
      const own = this.#names.get(name);
      if (!own || now < own.toldAt + ANSWER_EVERY_MS) continue;
      const asked = own.ips.filter((ip) => types.has(familyOf(ip) === 6 ? RecordType.AAAA : RecordType.A));
      // §6.1: that there is none of a family is an answer too.
      const nothingToAdd = asked.length > 0 && asked.every((ip) => isKnown(query, name, ip));
      if (!nothingToAdd) this.#tell(now, name, own);
    }
  }

  handleTimeout(now: Millis): void {
    for (const [name, own] of this.#names) {
      if (own.announcementsLeft === 0 || own.announceAt > now) continue;
      own.announcementsLeft -= 1;
      own.announceAt = now + ANNOUNCE_AGAIN_MS;
      this.#tell(now, name, own);
    }
  }

  nextTimeout(): Millis {
    let next = NEVER;
    for (const { announcementsLeft, announceAt } of this.#names.values()) {
      if (announcementsLeft > 0) next = Math.min(next, announceAt);
    }
    return next;
  }

  #tell(now: Millis, name: string, own: OwnName): void {
    own.toldAt = now;
    this.#onAnswer(encodeAnswer(name, own.ips, TTL_SECONDS));
  }
}

/** §7.1: who asks and says that it knows, with at least half the time left, is not told. */
function isKnown({ addresses }: DnsMessage, name: string, ip: string): boolean {
  return addresses.some((it) => it.name === name && it.ip === ip && it.ttlSeconds >= TTL_SECONDS / 2);
}

/** Both families where any is asked for. */
function typesByName(questions: readonly Question[]): Map<string, Set<number>> {
  const byName = new Map<string, Set<number>>();
  for (const { name, type } of questions) {
    const types = type === RecordType.ANY ? [RecordType.A, RecordType.AAAA] : [type];
    const known = byName.get(name) ?? new Set();
    for (const it of types) if (it === RecordType.A || it === RecordType.AAAA) known.add(it);
    if (known.size > 0) byName.set(name, known);
  }
  return byName;
}
