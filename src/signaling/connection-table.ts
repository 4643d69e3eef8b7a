/** All transport connections, what they may spend, and which of them are due for something. Says nothing to anybody. */
import { BucketTable, type Millis, TokenBucket } from '../base/index.ts';
import { addressKey } from './address-key.ts';
import { Deadlines } from './deadlines.ts';
import type { ConnectionId } from './room-server-event.ts';
import type { RoomServerLimits } from './room-server-options.ts';
import type { Session } from './session.ts';

export interface Connection {
  readonly id: ConnectionId;
  /** Counts connections in the order in which they were opened. */
  readonly order: number;
  readonly addressKey: string;
  readonly rate: TokenBucket;
  session: Session | undefined;
  /** What hello asked for and is done when the ICE configuration is there. */
  pending: { readonly seat: string | undefined; readonly abandoned: Session | undefined } | undefined;
}

export class ConnectionTable {
  readonly #limits: RoomServerLimits;
  readonly #connections = new Map<ConnectionId, Connection>();
  readonly #addressRates: BucketTable;
  /** When connections that said nothing are ended. */
  readonly #silent = new Deadlines<ConnectionId>();
  /** When connections need a fresh ICE configuration. */
  readonly #ice = new Deadlines<ConnectionId>();
  #opened = 0;

  constructor(limits: RoomServerLimits) {
    this.#limits = limits;
    this.#addressRates = new BucketTable(limits.addressRate);
  }

  get size(): number {
    return this.#connections.size;
  }

  get(id: ConnectionId): Connection | undefined {
    return this.#connections.get(id);
  }

  open(now: Millis, id: ConnectionId, address: string): void {
    this.#opened += 1;
    this.#connections.set(id, {
      id,
      order: this.#opened,
      addressKey: addressKey(address),
      rate: new TokenBucket(this.#limits.connectionRate, now),
      session: undefined,
      pending: undefined,
    });
    this.#silent.set(id, now + this.#limits.helloMs);
  }

  delete(id: ConnectionId): void {
    this.#connections.delete(id);
    this.#silent.clear(id);
    this.#ice.clear(id);
  }

  /** The connection has said hello. */
  greeted(connection: Connection, session: Session): void {
    this.#silent.clear(connection.id);
    connection.session = session;
    session.connection = connection.id;
    session.addressKey = connection.addressKey;
  }

  /** The connection has an ICE configuration that is good until then. */
  iceUntil(connection: Connection, at: Millis): void {
    this.#ice.set(connection.id, at);
  }

  /** Spends `tokens`. The connection pays first: one that floods cannot spend what its neighbours behind the router have. */
  pay(now: Millis, connection: Connection, tokens: number): boolean {
    const { connectionRate, addressRate } = this.#limits;
    return (
      connection.rate.take(now, Math.min(tokens, connectionRate.burst)) &&
      this.#addressRates.take(connection.addressKey, now, Math.min(tokens, addressRate.burst))
    );
  }

  nextTimeout(): Millis {
    return Math.min(this.#silent.next(), this.#ice.next());
  }

  takeSilent(now: Millis): ConnectionId | undefined {
    return this.#silent.takeDue(now);
  }

  takeIceDue(now: Millis): Connection | undefined {
    const id = this.#ice.takeDue(now);
    return id === undefined ? undefined : this.#connections.get(id);
  }
}
