/** Two transports of data channels and the path between them in virtual time. Loss by a rule or from a seed. */
import { type Env, type Millis, SeededRandom, silentLog } from '../../../src/base/index.ts';
import {
  type ChannelId,
  type DataChannelEvent,
  type DataChannelLimits,
  DataChannelTransport,
} from '../../../src/datachannel/index.ts';
import { nodeCrypto } from '../../../src/node/index.ts';
import type { SctpOptions } from '../../../src/sctp/index.ts';

export interface ChannelPairOptions {
  readonly seed?: number;
  readonly delayMs?: Millis;
  /** Of packets, 0 … 1. */
  readonly lossFraction?: number;
  readonly limits?: Partial<DataChannelLimits>;
  readonly sctp?: Partial<SctpOptions>;
}

export interface ChannelSide {
  readonly machine: DataChannelTransport;
  readonly events: DataChannelEvent[];
}

interface Arrival {
  readonly at: Millis;
  readonly to: ChannelSide;
  readonly bytes: Uint8Array;
}

export class ChannelPair {
  now: Millis = 0;
  readonly a: ChannelSide;
  readonly b: ChannelSide;
  readonly #options: ChannelPairOptions;
  readonly #random: SeededRandom;
  #arrivals: Arrival[] = [];

  constructor(options: ChannelPairOptions = {}) {
    this.#options = options;
    this.#random = new SeededRandom(options.seed ?? 1);
    this.a = this.#side(1);
    this.b = this.#side(2);
  }

  #side(n: number): ChannelSide {
    const env: Env = {
      crypto: nodeCrypto,
      random: new SeededRandom((this.#options.seed ?? 1) * 100 + n),
      log: silentLog,
      wallClock: () => 1_700_000_000_000 + this.now,
    };
    const { limits = {}, sctp = {} } = this.#options;
    return { machine: new DataChannelTransport(env, { limits, sctp }), events: [] };
  }

  /** `a` is the DTLS client. */
  connect(remoteMaxMessageBytes = 262_144): this {
    const ends = { localPort: 5000, remotePort: 5000, remoteMaxMessageBytes };
    this.a.machine.connect(this.now, { ...ends, role: 'client' });
    this.b.machine.connect(this.now, { ...ends, role: 'server' });
    return this.run(1000);
  }

  /** Lets so much time pass. */
  run(forMs: Millis): this {
    const end = this.now + forMs;
    this.#drain();
    for (;;) {
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
      }
      for (const { machine } of [this.a, this.b])
        if (machine.nextTimeout() <= this.now) machine.handleTimeout(this.now);
      this.#drain();
    }
    this.now = end;
    return this;
  }

  #drain(): void {
    for (let busy = true; busy; ) {
      busy = this.#take(this.a, this.b);
      busy = this.#take(this.b, this.a) || busy;
    }
  }

  #take(from: ChannelSide, to: ChannelSide): boolean {
    const { delayMs = 10, lossFraction = 0 } = this.#options;
    let busy = false;
    for (let event = from.machine.pollEvent(); event; event = from.machine.pollEvent()) {
      from.events.push(event);
      busy = true;
    }
    for (let bytes = from.machine.pollTransmit(); bytes; bytes = from.machine.pollTransmit()) {
      busy = true;
      if (this.#random.uint32() / 2 ** 32 >= lossFraction)
        this.#arrivals.push({ at: this.now + delayMs, to, bytes });
    }
    return busy;
  }
}

export function eventsOf<Type extends DataChannelEvent['type']>(
  side: ChannelSide,
  type: Type,
): Extract<DataChannelEvent, { readonly type: Type }>[] {
  return side.events.filter(
    (event): event is Extract<DataChannelEvent, { readonly type: Type }> => event.type === type,
  );
}

/** The n-th channel that the peer opened. */
export function announced(side: ChannelSide, n = 0): ChannelId {
  const event = eventsOf(side, 'channel-announced')[n];
  if (!event) throw new Error(`No channel was announced as number ${n}.`);
  return event.channel;
}

export function textsOf(side: ChannelSide, channel: ChannelId): string[] {
  return eventsOf(side, 'channel-message')
    .filter((event) => event.channel === channel)
    .map(({ kind, bytes }) => `${kind}:${new TextDecoder().decode(bytes)}`);
}

export function text(content: string): { readonly kind: 'text'; readonly bytes: Uint8Array } {
  return { kind: 'text', bytes: new TextEncoder().encode(content) };
}
