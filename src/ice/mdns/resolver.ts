/** Names of others on the local network: asked for, repeated, remembered for as long as they say. RFC 6762 §5, §10. */
import { AgingMap, type Millis, NEVER } from '../../base/index.ts';
import { type AddressRecord, encodeQuery } from './dns-message.ts';

/** RFC 6762 §5.2: again after a second, then after twice the time. Who has not answered then has not been there. */
const ASK_AFTER_MS: readonly Millis[] = [0, 1000, 3000];
const GIVE_UP_AFTER_MS: Millis = 4500;

/** Names that are asked for at one time: what several agents with many candidates need. */
const MAX_QUERIES = 256;
/** Names that are remembered; the oldest make room. */
const MAX_REMEMBERED = 256;
/** Addresses of one name: a host has a handful. */
const MAX_ADDRESSES = 8;
/** RFC 6762 §10: what hosts say of their addresses is good for two minutes. A longer time is not believed. */
const MAX_TTL_SECONDS = 120;

interface Query {
  readonly startedAt: Millis;
  /** How often it was asked. */
  asked: number;
}

interface Remembered {
  readonly ips: readonly string[];
  readonly until: Millis;
}

export interface ResolverEvents {
  onQuery(bytes: Uint8Array): void;
  onResolved(name: string, ips: readonly string[]): void;
  onUnresolved(name: string): void;
}

export class MdnsResolver {
  readonly #events: ResolverEvents;
  readonly #queries = new Map<string, Query>();
  readonly #remembered = new AgingMap<string, Remembered>();

  constructor(events: ResolverEvents) {
    this.#events = events;
  }

  /** `name`: in lower case. */
  resolve(now: Millis, name: string): void {
    const known = this.#remembered.get(name);
    if (known && known.until > now) this.#events.onResolved(name, known.ips);
    else if (this.#queries.has(name)) return;
    else if (this.#queries.size >= MAX_QUERIES) this.#events.onUnresolved(name);
    else {
      this.#queries.set(name, { startedAt: now, asked: 0 });
      this.handleTimeout(now);
    }
  }

  /** What a response said. */
  handleAddresses(now: Millis, addresses: readonly AddressRecord[]): void {
    for (const name of new Set(addresses.map((it) => it.name))) {
      // Unasked is what hosts announce of themselves: nobody here may need it.
      if (!this.#queries.has(name) && !this.#remembered.has(name)) continue;
      const told = addresses.filter((it) => it.name === name);
      const ips = [...new Set(told.filter((it) => it.ttlSeconds > 0).map((it) => it.ip))];
      if (ips.length === 0)
        this.#remembered.delete(name); // RFC 6762 §10.1: goodbye
      else this.#learn(now, name, ips.slice(0, MAX_ADDRESSES), Math.max(...told.map((it) => it.ttlSeconds)));
    }
  }

  handleTimeout(now: Millis): void {
    for (const [name, query] of this.#queries) {
      const due = ASK_AFTER_MS[query.asked];
      if (due !== undefined && query.startedAt + due <= now) {
        query.asked += 1;
        this.#events.onQuery(encodeQuery(name));
      } else if (query.startedAt + GIVE_UP_AFTER_MS <= now) {
        this.#queries.delete(name);
        this.#events.onUnresolved(name);
      }
    }
  }

  nextTimeout(): Millis {
    let next = NEVER;
    for (const { startedAt, asked } of this.#queries.values()) {
      next = Math.min(next, startedAt + (ASK_AFTER_MS[asked] ?? GIVE_UP_AFTER_MS));
    }
    return next;
  }

  #learn(now: Millis, name: string, ips: readonly string[], ttlSeconds: number): void {
    const until = now + Math.min(ttlSeconds, MAX_TTL_SECONDS) * 1000;
    this.#remembered.set(name, { ips, until });
    const { oldest } = this.#remembered;
    if (this.#remembered.size > MAX_REMEMBERED && oldest) this.#remembered.delete(oldest.key);
    if (this.#queries.delete(name)) this.#events.onResolved(name, ips);
  }
}
