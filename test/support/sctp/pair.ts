/** Two SCTP associations and the path between them in virtual time: delay, loss by a rule, all from one seed. */
import { type Env, type Millis, SeededRandom, silentLog } from '../../../src/base/index.ts';
import { nodeCrypto } from '../../../src/node/index.ts';
import { SctpAssociation, type SctpEvent, type SctpOptions } from '../../../src/sctp/index.ts';

export interface PairOptions {
  readonly seed?: number;
  readonly delayMs?: Millis;
  readonly jitterMs?: Millis;
  /** Of packets, 0 … 1. */
  readonly lossFraction?: number;
  /** Decides about the n-th packet (from 0), beside the random loss. */
  readonly drop?: (n: number, bytes: Uint8Array, from: 'a' | 'b') => boolean;
  readonly a?: Partial<SctpOptions>;
  readonly b?: Partial<SctpOptions>;
}

export interface Side {
  readonly machine: SctpAssociation;
  readonly events: SctpEvent[];
}

interface Arrival {
  readonly at: Millis;
  readonly order: number;
  readonly to: Side;
  readonly bytes: Uint8Array;
}

export class SctpPair {
  now: Millis = 0;
  readonly a: Side;
  readonly b: Side;
  /** Packets that were sent, lost ones included. */
  packets = 0;
  bytes = 0;
  readonly #options: PairOptions;
  readonly #random: SeededRandom;
  #arrivals: Arrival[] = [];
  #order = 0;

  constructor(options: PairOptions = {}) {
    this.#options = options;
    this.#random = new SeededRandom(options.seed ?? 1);
    this.a = this.#side(1, options.a);
    this.b = this.#side(2, options.b);
  }

  #side(n: number, own: Partial<SctpOptions> = {}): Side {
    const random = new SeededRandom((this.#options.seed ?? 1) * 100 + n);
    const env: Env = {
      crypto: nodeCrypto,
      random,
      log: silentLog,
      wallClock: () => 1_700_000_000_000 + this.now,
    };
    const options = { localPort: 5000, remotePort: 5000, cookieSecret: random.bytes(32), ...own };
    return { machine: new SctpAssociation(env, options), events: [] };
  }

  /** Both begin, as WebRTC's ends do; runs until both are connected. */
  connect(who: 'both' | 'a' = 'both'): this {
    this.a.machine.connect(this.now);
    if (who === 'both') this.b.machine.connect(this.now);
    this.run(
      this.now + 60_000,
      () => this.a.machine.state === 'established' && this.b.machine.state === 'established',
    );
    return this;
  }

  /** Runs until nothing is left to do before `end`, or `done` says so. */
  run(end: Millis, done: () => boolean = () => false): void {
    this.#drain();
    while (!done()) {
      const next = Math.min(
        this.#arrivals[0]?.at ?? Number.POSITIVE_INFINITY,
        this.a.machine.nextTimeout(),
        this.b.machine.nextTimeout(),
      );
      if (next > end) break;
      this.now = Math.max(this.now, next);
      while (this.#arrivals[0] && this.#arrivals[0].at <= this.now) {
        const { to, bytes } = this.#arrivals.shift() as Arrival;
        to.machine.handlePacket(this.now, bytes);
        this.#drain();
      }
      for (const { machine } of [this.a, this.b])
        if (machine.nextTimeout() <= this.now) machine.handleTimeout(this.now);
      this.#drain();
    }
    if (!done()) this.now = Math.max(this.now, end);
  }

  #drain(): void {
    this.#take(this.a, this.b, 'a');
    this.#take(this.b, this.a, 'b');
  }

  #take(from: Side, to: Side, name: 'a' | 'b'): void {
    const { delayMs = 10, jitterMs = 0, lossFraction = 0, drop = () => false } = this.#options;
    for (let bytes = from.machine.pollTransmit(); bytes; bytes = from.machine.pollTransmit()) {
      const n = this.packets;
      this.packets += 1;
      this.bytes += bytes.length;
      const luck = this.#random.uint32() / 2 ** 32;
      const late = (this.#random.uint32() / 2 ** 32) * jitterMs;
      if (luck < lossFraction || drop(n, bytes, name)) continue;
      this.#order += 1;
      const arrival = { at: this.now + delayMs + late, order: this.#order, to, bytes };
      let i = this.#arrivals.length;
      while (i > 0 && (this.#arrivals[i - 1]?.at ?? 0) > arrival.at) i -= 1;
      this.#arrivals.splice(i, 0, arrival);
    }
    for (let event = from.machine.pollEvent(); event; event = from.machine.pollEvent())
      from.events.push(event);
  }
}

type MessageEvent = Extract<SctpEvent, { readonly type: 'message' }>;

export function messagesOf(side: Side): MessageEvent[] {
  return side.events.filter((event): event is MessageEvent => event.type === 'message');
}

/** Bytes that tell where they are, so that a mix-up shows. */
export function pattern(length: number, salt: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let i = 0; i < length; i++) bytes[i] = (i * 31 + salt * 17 + (i >> 8)) & 0xff;
  return bytes;
}
