/** Two DTLS connections and the path between them, in virtual time. */
import { type Env, type Millis, NEVER, SeededRandom, silentLog } from '../../../src/base/index.ts';
import { DtlsConnection, type DtlsEvent, type DtlsOptions } from '../../../src/dtls/index.ts';
import { nodeCrypto } from '../../../src/node/index.ts';
import { IDENTITIES } from './identities.ts';

export type Side = 'client' | 'server';

export interface Passing {
  readonly from: Side;
  /** Counted over both directions, from 0. */
  readonly number: number;
  readonly at: Millis;
  readonly bytes: Uint8Array;
}

/** What becomes of a datagram: how many milliseconds after now each of its copies arrives. None: lost. */
export type Fate = (datagram: Passing) => readonly Delivery[];

interface Delivery {
  readonly afterMs: Millis;
  /** Instead of what was sent. */
  readonly bytes?: Uint8Array;
}

export interface LabOptions {
  readonly seed?: number;
  readonly client?: Partial<DtlsOptions>;
  readonly server?: Partial<DtlsOptions>;
  readonly fate?: Fate;
}

export const LATENCY_MS = 5;

export const arrives: Fate = () => [{ afterMs: LATENCY_MS }];

export function labEnv(seed: number): Env {
  return { crypto: nodeCrypto, random: new SeededRandom(seed), log: silentLog, wallClock: () => 0 };
}

export class DtlsLab {
  readonly client: DtlsConnection;
  readonly server: DtlsConnection;
  readonly events: Record<Side, DtlsEvent[]> = { client: [], server: [] };
  /** All datagrams that were sent. */
  readonly sent: Passing[] = [];
  fate: Fate;
  now: Millis = 0;
  readonly #underway: { readonly to: Side; readonly at: Millis; readonly bytes: Uint8Array }[] = [];

  constructor({ seed = 1, client = {}, server = {}, fate = arrives }: LabOptions = {}) {
    this.fate = fate;
    this.client = new DtlsConnection(labEnv(seed), { peer: { kind: 'none' }, ...client });
    this.server = new DtlsConnection(labEnv(seed + 1000), {
      peer: { kind: 'none' },
      identities: [IDENTITIES.ecdsa],
      ...server,
    });
  }

  /** Starts both sides. */
  start(): this {
    this.server.accept(this.now);
    this.client.connect(this.now);
    this.drain();
    return this;
  }

  /** Lets time pass until nothing is left to happen, or until `untilMs`. */
  run(untilMs: Millis = 120_000): this {
    this.drain();
    for (;;) {
      const next = this.#nextAt();
      if (next === NEVER || next > untilMs) break;
      this.now = Math.max(this.now, next);
      this.#step();
    }
    this.now = Math.max(this.now, untilMs);
    return this;
  }

  /** Lets time pass until both are connected, or one has ended. */
  runUntilConnected(untilMs: Millis = 120_000): this {
    this.drain();
    while (!(this.client.connected && this.server.connected)) {
      const next = this.#nextAt();
      if (next === NEVER || next > untilMs) break;
      this.now = Math.max(this.now, next);
      this.#step();
    }
    return this;
  }

  /** Hands `bytes` to `to` at once. */
  deliver(to: Side, bytes: Uint8Array): void {
    this[to].handleDatagram(this.now, bytes);
    this.drain();
  }

  drain(): void {
    for (const from of ['client', 'server'] as const) {
      const machine = this[from];
      for (let bytes = machine.pollTransmit(); bytes; bytes = machine.pollTransmit()) {
        const passing = { from, number: this.sent.length, at: this.now, bytes };
        this.sent.push(passing);
        const to = from === 'client' ? 'server' : 'client';
        for (const delivery of this.fate(passing)) {
          this.#underway.push({ to, at: this.now + delivery.afterMs, bytes: delivery.bytes ?? bytes });
        }
      }
      for (let event = machine.pollEvent(); event; event = machine.pollEvent()) {
        this.events[from].push(event);
      }
    }
  }

  /** The event of this type that came first. */
  event<Type extends DtlsEvent['type']>(
    side: Side,
    type: Type,
  ): Extract<DtlsEvent, { type: Type }> | undefined {
    return this.events[side].find(
      (event): event is Extract<DtlsEvent, { type: Type }> => event.type === type,
    );
  }

  /** All data that arrived at `side`. */
  data(side: Side): readonly Uint8Array[] {
    return this.events[side].flatMap((event) => (event.type === 'data' ? [event.bytes] : []));
  }

  #nextAt(): Millis {
    const arrivals = this.#underway.map(({ at }) => at);
    return Math.min(...arrivals, this.client.nextTimeout(), this.server.nextTimeout());
  }

  #step(): void {
    const due = this.#underway.filter(({ at }) => at <= this.now);
    for (const datagram of due) {
      this.#underway.splice(this.#underway.indexOf(datagram), 1);
      this[datagram.to].handleDatagram(this.now, datagram.bytes);
      this.drain();
    }
    this.client.handleTimeout(this.now);
    this.server.handleTimeout(this.now);
    this.drain();
  }
}
