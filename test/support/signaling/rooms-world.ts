/**
 * A room server and the people who speak to it, in virtual time and from one seed. Frames wait on links until they
 * are delivered, so that a test can cut a connection between any two of them.
 */
import assert from 'node:assert/strict';
import { type Env, type Millis, NEVER, SeededRandom, silentLog } from '../../../src/base/index.ts';
import { nodeCrypto } from '../../../src/node/index.ts';
import {
  type ConnectionId,
  RoomServer,
  type RoomServerEvent,
  type RoomServerOptions,
} from '../../../src/signaling/index.ts';
import type { Link, Listener, Network } from './link.ts';
import { Person } from './person.ts';

export interface WorldOptions extends Partial<RoomServerOptions> {
  readonly seed?: number;
  /** Deliver everything at once after each action. Default: yes. */
  readonly instant?: boolean;
}

/** Milliseconds since 1970 at the beginning of every world. */
const BEGINNING = Date.UTC(2026, 0, 1);

export class RoomsWorld implements Network {
  readonly people: Person[] = [];
  /** What the server has reported, except what it asked for. */
  readonly facts: RoomServerEvent[] = [];
  /** Every text that the server has sent, for comparing runs. */
  readonly sent: string[] = [];
  now: Millis = 0;
  server: RoomServer;
  /** Seconds that ICE credentials live here. */
  iceTtlSeconds = 600;
  readonly #env: Env;
  readonly #options: RoomServerOptions;
  readonly #instant: boolean;
  readonly #links = new Map<ConnectionId, Link>();
  #connections = 0;

  constructor({ seed = 1, instant = true, ...options }: WorldOptions = {}) {
    this.#instant = instant;
    this.#options = { secret: new Uint8Array(32).fill(7), ...options };
    this.#env = {
      crypto: nodeCrypto,
      random: new SeededRandom(seed),
      log: silentLog,
      wallClock: () => BEGINNING + this.now,
    };
    this.server = new RoomServer(this.#env, this.#options);
  }

  /** Somebody with a page of their own, connected and known by name. */
  person(name: string, address = '192.0.2.1'): Person {
    const person = this.stranger(name, address);
    person.connect();
    return person;
  }

  /** Somebody who has not connected yet. */
  stranger(name: string, address = '192.0.2.1'): Person {
    const person = new Person(this, name, address);
    this.people.push(person);
    return person;
  }

  connect(listener: Listener, address: string): Link {
    this.#connections += 1;
    const link: Link = { id: `c${this.#connections}` as ConnectionId, listener, toServer: [], toClient: [] };
    this.#links.set(link.id, link);
    this.server.handleConnect(this.now, link.id, address);
    this.#drain();
    return link;
  }

  cut(link: Link): void {
    if (!this.#links.delete(link.id)) return;
    link.toServer.length = 0;
    link.toClient.length = 0;
    this.server.handleDisconnect(this.now, link.id);
    this.#drain();
    this.settle();
  }

  /** Delivers the oldest text of one direction. */
  deliver(link: Link, direction: 'toServer' | 'toClient'): void {
    const text = link[direction].shift();
    if (text === undefined) return;
    if (direction === 'toClient') link.listener.receive(link, text);
    else {
      this.server.handleText(this.now, link.id, text);
      this.#drain();
    }
  }

  /** Delivers everything until it is quiet. */
  flush(): void {
    for (let busy = true; busy; ) {
      busy = false;
      for (const link of [...this.#links.values()]) {
        while (link.toServer.length > 0 || link.toClient.length > 0) {
          busy = true;
          this.deliver(link, 'toServer');
          this.deliver(link, 'toClient');
        }
      }
    }
  }

  settle(): void {
    if (this.#instant) this.flush();
  }

  /** Lets time pass, waking the server exactly when it asked for it. */
  pass(ms: Millis): void {
    const end = this.now + ms;
    for (let next = this.server.nextTimeout(); next <= end; next = this.server.nextTimeout()) {
      this.now = Math.max(this.now, next);
      this.server.handleTimeout(this.now);
      assert.ok(this.server.nextTimeout() > this.now, 'after a timeout nothing is due');
      this.#drain();
      this.settle();
    }
    this.now = end;
  }

  /** The server dies and comes back with an empty memory and the same secret. Everybody's connection is cut. */
  restart(): void {
    for (const link of this.#links.values()) {
      link.toServer.length = 0;
      link.toClient.length = 0;
      link.listener.lose(link);
    }
    this.#links.clear();
    this.server = new RoomServer(this.#env, this.#options);
  }

  drain(reconnectInMs: Millis): void {
    this.server.drain(this.now, reconnectInMs);
    this.#drain();
    this.settle();
  }

  get idle(): boolean {
    return this.server.nextTimeout() === NEVER;
  }

  /** As the shell does: transmits first, then events. */
  #drain(): void {
    for (;;) {
      const transmit = this.server.pollTransmit();
      if (transmit) {
        this.sent.push(transmit.text);
        this.#links.get(transmit.to)?.toClient.push(transmit.text);
        continue;
      }
      const event = this.server.pollEvent();
      if (!event) return;
      if (event.type === 'issue-ice') {
        const username = `${Math.floor(this.now / 1000) + this.iceTtlSeconds}:${event.session}`;
        const iceServers = [{ urls: ['turn:relay.example:3478'], username, credential: 'secret' }];
        this.server.handleIce(this.now, event.connection, { iceServers, ttlSeconds: this.iceTtlSeconds });
      } else if (event.type === 'close') this.#close(event.connection);
      else this.facts.push(event);
    }
  }

  #close(id: ConnectionId): void {
    const link = this.#links.get(id);
    if (!link) return;
    // What was sent before the end still arrives, as a transport flushes before it closes.
    while (link.toClient.length > 0) this.deliver(link, 'toClient');
    this.#links.delete(id);
    link.listener.lose(link);
    link.listener.closedByServer += 1;
    this.server.handleDisconnect(this.now, id);
  }
}
