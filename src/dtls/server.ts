/**
 * Many clients on one port: cookies before any state, then a connection for each address, within bounds. RFC 6347 §4.2.1,
 * §4.2.8; what a flood of forged hellos costs is one HMAC each.
 */
import {
  BucketTable,
  type Env,
  type Machine,
  type Millis,
  NEVER,
  Queue,
  type Rate,
  type SocketAddress,
  sameBytes,
  subscriberOf,
  type Transmit,
} from '../base/index.ts';
import { DtlsConnection } from './connection.ts';
import type { DtlsEvent } from './connection-events.ts';
import { beginsWithHello, HelloGate, readGreeting } from './hello-gate.ts';
import type { DtlsIdentity, DtlsOptions, PeerCheck } from './options.ts';
import { looksLikeDtls } from './record.ts';
import type { DtlsServerEvent, EndReason } from './server-events.ts';

export interface DtlsServerLimits {
  /** About 10 KB each. */
  readonly connections: number;
  /** Of one IPv4 address, or one IPv6 network of 64 bits: an office behind one router. */
  readonly connectionsPerSubscriber: number;
  /** Handshakes under way; each holds its flight and its transcript. */
  readonly handshakes: number;
  /** Without data for this long a connection ends, unless it is held. */
  readonly idleMs: Millis;
  /** Handshakes of one subscriber: each costs a signature. */
  readonly handshakeRate: Rate;
}

export const DTLS_SERVER_LIMITS: DtlsServerLimits = {
  connections: 10_000,
  connectionsPerSubscriber: 1_000,
  handshakes: 1_000,
  idleMs: 60_000,
  /** A company behind one address comes back at once after a restart; 100 signatures take a tenth of a second. */
  handshakeRate: { perSecond: 20, burst: 100 },
};

export interface DtlsServerOptions extends DtlsOptions {
  readonly identities: readonly DtlsIdentity[];
  readonly peer: Exclude<PeerCheck, { readonly kind: 'ask' }>;
  /** 32 random bytes; shared where several processes share a port. */
  readonly cookieSecret: Uint8Array;
  readonly limits?: Partial<DtlsServerLimits>;
}

export interface DtlsServerStatistics {
  readonly connections: number;
  readonly handshakes: number;
  /** Hellos that were answered with a cookie. */
  readonly cookiesSent: number;
  /** Clients with a cookie that were not taken because a limit was reached. */
  readonly refused: number;
  /** Datagrams that were no DTLS, or of no connection. */
  readonly noise: number;
}

interface Entry {
  readonly client: SocketAddress;
  readonly connection: DtlsConnection;
  /** Of its ClientHello: the same again is a repetition, another one a new beginning. */
  readonly random: Uint8Array;
  /** When data came last. */
  heardAt: Millis;
  held: boolean;
}

/** Idle connections are looked for this many times within the idle time. */
const SWEEPS = 4;

export class DtlsServer implements Machine<DtlsServerEvent> {
  readonly #env: Env;
  readonly #options: DtlsServerOptions;
  readonly #limits: DtlsServerLimits;
  readonly #gate: HelloGate;
  readonly #handshakeRate: BucketTable;
  readonly #entries = new Map<string, Entry>();
  readonly #shaking = new Set<Entry>();
  /** How many connections each subscriber has; nobody with none. */
  readonly #perSubscriber = new Map<string, number>();
  readonly #transmits = new Queue<Transmit>();
  readonly #events = new Queue<DtlsServerEvent>();
  #identities: readonly DtlsIdentity[];
  /** Never later than the first deadline of a handshake. */
  #shakingDueAt: Millis = NEVER;
  #sweepAt: Millis = NEVER;
  #now: Millis = 0;
  #cookiesSent = 0;
  #refused = 0;
  #noise = 0;
  #closed = false;

  /** Throws a RangeError for options that make no sense. */
  constructor(env: Env, options: DtlsServerOptions) {
    this.#env = env;
    this.#options = options;
    this.#identities = options.identities;
    this.#limits = { ...DTLS_SERVER_LIMITS, ...options.limits };
    this.#gate = new HelloGate(env.crypto, options.cookieSecret);
    this.#handshakeRate = new BucketTable(this.#limits.handshakeRate);
  }

  get statistics(): DtlsServerStatistics {
    return {
      connections: this.#entries.size,
      handshakes: this.#shaking.size,
      cookiesSent: this.#cookiesSent,
      refused: this.#refused,
      noise: this.#noise,
    };
  }

  /** For the connections that begin from now on: a certificate was renewed. */
  setIdentities(identities: readonly DtlsIdentity[]): void {
    this.#identities = identities;
  }

  /** Borrows `datagram`. */
  handleDatagram(now: Millis, from: SocketAddress, datagram: Uint8Array): void {
    this.#advance(now);
    if (this.#closed || !looksLikeDtls(datagram)) {
      this.#noise += 1;
      return;
    }
    const known = this.#entries.get(keyOf(from));
    const entry = beginsWithHello(datagram) ? this.#meet(from, datagram, known) : known;
    if (!entry) {
      if (!beginsWithHello(datagram)) this.#noise += 1;
      return;
    }
    entry.connection.handleDatagram(this.#now, datagram);
    this.#drain(entry);
  }

  /** As `DtlsConnection.send`. `bytes` are borrowed. */
  send(now: Millis, to: SocketAddress, bytes: Uint8Array): boolean {
    this.#advance(now);
    const entry = this.#entries.get(keyOf(to));
    if (!entry) return false;
    const sent = entry.connection.send(this.#now, bytes);
    this.#drain(entry);
    return sent;
  }

  /** A held connection does not end for being idle: something else tells how long it is needed. */
  hold(client: SocketAddress, held: boolean): void {
    const entry = this.#entries.get(keyOf(client));
    if (!entry) return;
    entry.held = held;
    entry.heardAt = this.#now;
  }

  /** Says close_notify to one client. */
  closeConnection(now: Millis, client: SocketAddress): void {
    this.#advance(now);
    const entry = this.#entries.get(keyOf(client));
    if (!entry) return;
    entry.connection.close(this.#now);
    this.#drain(entry);
  }

  /** Says close_notify to everybody. */
  close(now: Millis): void {
    this.#advance(now);
    for (const entry of [...this.#entries.values()]) {
      entry.connection.close(this.#now);
      this.#drain(entry);
    }
    this.#closed = true;
    this.#sweepAt = NEVER;
    this.#shakingDueAt = NEVER;
  }

  handleTimeout(now: Millis): void {
    this.#advance(now);
    if (this.#now >= this.#shakingDueAt) {
      this.#shakingDueAt = NEVER;
      for (const entry of [...this.#shaking]) {
        entry.connection.handleTimeout(this.#now);
        this.#drain(entry);
      }
    }
    if (this.#now >= this.#sweepAt) this.#sweep();
  }

  nextTimeout(): Millis {
    return Math.min(this.#shakingDueAt, this.#sweepAt);
  }

  pollTransmit(): Transmit | undefined {
    return this.#transmits.take();
  }

  pollEvent(): DtlsServerEvent | undefined {
    return this.#events.take();
  }

  #advance(now: Millis): void {
    this.#now = Math.max(this.#now, now);
  }

  /** Who a ClientHello belongs to; nobody while the client still has to prove its address. */
  #meet(from: SocketAddress, datagram: Uint8Array, known: Entry | undefined): Entry | undefined {
    const greeting = readGreeting(datagram);
    if (!greeting) {
      this.#noise += 1;
      return undefined;
    }
    if (known && sameBytes(known.random, greeting.hello.random)) return known;
    const verdict = this.#gate.judge(this.#now, from, greeting);
    if (verdict.kind === 'verify') {
      this.#cookiesSent += 1;
      this.#transmits.push({ to: from, bytes: verdict.datagram });
      return undefined;
    }
    if (!this.#hasRoomFor(from, known)) {
      this.#refused += 1;
      return undefined;
    }
    // RFC 6347 §4.2.8: a client that has lost its state begins anew. The cookie has shown that it is at this address.
    if (known) this.#forget(known, 'replaced');
    return this.#begin(from, greeting.hello.random.slice());
  }

  #hasRoomFor({ ip }: SocketAddress, known: Entry | undefined): boolean {
    const { connections, connectionsPerSubscriber, handshakes } = this.#limits;
    const subscriber = subscriberOf(ip);
    const neighbours = this.#perSubscriber.get(subscriber) ?? 0;
    const isCrowded = this.#entries.size >= connections || neighbours >= connectionsPerSubscriber;
    if ((isCrowded && !known) || this.#shaking.size >= handshakes) return false;
    return this.#handshakeRate.take(subscriber, this.#now);
  }

  #count({ ip }: SocketAddress, change: 1 | -1): void {
    const subscriber = subscriberOf(ip);
    const count = (this.#perSubscriber.get(subscriber) ?? 0) + change;
    if (count > 0) this.#perSubscriber.set(subscriber, count);
    else this.#perSubscriber.delete(subscriber);
  }

  #begin(client: SocketAddress, random: Uint8Array): Entry {
    const connection = new DtlsConnection(this.#env, { ...this.#options, identities: this.#identities });
    connection.accept(this.#now);
    const entry = { client, connection, random, heardAt: this.#now, held: false };
    this.#entries.set(keyOf(client), entry);
    this.#shaking.add(entry);
    this.#count(client, 1);
    if (this.#sweepAt === NEVER) this.#sweepAt = this.#now + this.#limits.idleMs / SWEEPS;
    return entry;
  }

  #sweep(): void {
    for (const entry of [...this.#entries.values()]) {
      entry.connection.handleTimeout(this.#now);
      const isIdle = !entry.held && this.#now - entry.heardAt >= this.#limits.idleMs;
      if (isIdle) entry.connection.close(this.#now);
      this.#drain(entry, isIdle ? 'idle' : undefined);
    }
    this.#sweepAt = this.#entries.size > 0 ? this.#now + this.#limits.idleMs / SWEEPS : NEVER;
  }

  #drain(entry: Entry, why?: EndReason): void {
    const { client, connection } = entry;
    for (let bytes = connection.pollTransmit(); bytes; bytes = connection.pollTransmit()) {
      this.#transmits.push({ to: client, bytes });
    }
    for (let event = connection.pollEvent(); event; event = connection.pollEvent()) {
      this.#handleEvent(entry, event, why);
    }
    if (this.#shaking.has(entry)) {
      this.#shakingDueAt = Math.min(this.#shakingDueAt, connection.nextTimeout());
    }
  }

  #handleEvent(entry: Entry, event: DtlsEvent, why: EndReason | undefined): void {
    const { client } = entry;
    if (event.type === 'data') {
      entry.heardAt = this.#now;
      this.#events.push({ ...event, client });
    } else if (event.type === 'connected') {
      this.#shaking.delete(entry);
      this.#events.push({ ...event, client });
    } else if (event.type === 'closed') this.#forget(entry, why ?? 'closed');
    else if (event.type === 'failed') this.#forget(entry, event.code);
  }

  #forget(entry: Entry, why: EndReason): void {
    const connected = !this.#shaking.delete(entry);
    this.#entries.delete(keyOf(entry.client));
    this.#count(entry.client, -1);
    this.#events.push({ type: 'ended', client: entry.client, connected, why });
  }
}

/** Shorter to build than `formatAddress`: this is done for every datagram. */
function keyOf({ ip, port }: SocketAddress): string {
  return `${port} ${ip}`;
}
