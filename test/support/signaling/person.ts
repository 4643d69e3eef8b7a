/** One participant of a `RoomsWorld`: speaks the protocol as a page does, and notes what it hears. */
import assert from 'node:assert/strict';
import {
  type ClientRequest,
  type IceConfiguration,
  Outbox,
  type Participant,
  type ParticipantId,
  parseServerFrame,
  type RoomInfo,
  type ServerEvent,
  type Welcome,
} from '../../../src/signaling/index.ts';
import type { Link, Listener, Network } from './link.ts';

export type EventOf<Type extends ServerEvent['type']> = Extract<ServerEvent, { type: Type }>;
export type Reply = EventOf<'reply'>;

export class Person implements Listener {
  readonly name: string;
  readonly address: string;
  /** Everything heard and not yet taken, replies left out. */
  events: Exclude<ServerEvent, Reply>[] = [];
  /** By request number, of the session that is now. */
  replies = new Map<number, Reply[]>();
  welcome: Welcome | undefined;
  ice: IceConfiguration | undefined;
  seat: string | undefined;
  self: ParticipantId | undefined;
  /** As this person has been told; `undefined` in the lobby and at a door. */
  room: RoomInfo | undefined;
  /** The others in the room, as this person has been told. */
  readonly others = new Map<ParticipantId, Participant>();
  link: Link | undefined;
  closedByServer = 0;
  received = 0;
  readonly #network: Network;
  /** Only after the welcome is it known what must be said again, before anything new. */
  #greeted = false;
  readonly #leaving = new Set<number>();
  #outbox = new Outbox<ClientRequest>({ maxFrames: 100_000, maxBytes: 1e9 });

  constructor(network: Network, name: string, address: string) {
    this.#network = network;
    this.name = name;
    this.address = address;
  }

  get token(): string | undefined {
    return this.welcome?.session;
  }

  /** Opens a connection and says hello; continues the session and offers the seat unless told otherwise. */
  connect(hello: { session?: boolean; seat?: boolean; received?: number; name?: string } = {}): void {
    this.open();
    const { token } = this;
    this.say({
      type: 'hello',
      v: 1,
      name: hello.name ?? this.name,
      ...(token !== undefined &&
        hello.session !== false && { session: { token, received: hello.received ?? this.received } }),
      ...(this.seat !== undefined && hello.seat !== false && { seat: this.seat }),
    });
  }

  /** Opens a connection and says nothing. */
  open(): void {
    this.#greeted = false;
    this.link = this.#network.connect(this, this.address);
  }

  cut(): void {
    const { link } = this;
    this.link = undefined;
    this.#greeted = false;
    if (link) this.#network.cut(link);
  }

  /** Told by the world that the connection is gone. */
  lose(link: Link): void {
    if (this.link !== link) return;
    this.link = undefined;
    this.#greeted = false;
  }

  /** The page is loaded anew: nothing is kept but the seat. */
  reload(): void {
    this.cut();
    this.forget();
    this.connect({ seat: false });
  }

  forget(): void {
    this.welcome = undefined;
    this.#leave();
    this.received = 0;
    this.events = [];
    this.replies = new Map();
    this.#outbox = new Outbox({ maxFrames: 100_000, maxBytes: 1e9 });
  }

  say(frame: unknown): void {
    assert.ok(this.link, `${this.name} is connected`);
    this.link.toServer.push(typeof frame === 'string' ? frame : JSON.stringify(frame));
    this.#network.settle();
  }

  /** Sends a request now, or when the session is back; returns its number. */
  send(request: ClientRequest): number {
    const { number } = this.#outbox.push(request, 0);
    if (request.type === 'leave-room') this.#leaving.add(number);
    if (this.#greeted) this.say({ type: 'request', n: number, ack: this.received, request });
    return number;
  }

  /** Sends a request and returns its one reply, which must be there already. */
  request(request: ClientRequest): Reply {
    const replies = this.replies.get(this.send(request)) ?? [];
    assert.equal(replies.length, 1, `${request.type} has exactly one reply`);
    const [reply] = replies;
    assert.ok(reply);
    return reply;
  }

  /** As `request`, for what must succeed. */
  ask(request: ClientRequest): Reply & { ok: true } {
    const reply = this.request(request);
    assert.ok(reply.ok, reply.ok ? '' : `${request.type}: ${reply.error.code}`);
    return reply;
  }

  /** The code of the refusal of a request that must not succeed. */
  refused(request: ClientRequest): string {
    const reply = this.request(request);
    assert.ok(!reply.ok, `${request.type} is refused`);
    return reply.error.code;
  }

  /** Takes the oldest event of this type; there must be one. */
  take<Type extends Exclude<ServerEvent['type'], 'reply'>>(type: Type): EventOf<Type> {
    const at = this.events.findIndex((event) => event.type === type);
    assert.ok(
      at >= 0,
      `${this.name} has heard ${type}, not only ${this.events.map((e) => e.type).join(' ')}`,
    );
    return this.events.splice(at, 1)[0] as EventOf<Type>;
  }

  /** The types of everything not yet taken; forgets it. */
  heard(): string[] {
    const types = this.events.map((event) => event.type);
    this.events = [];
    return types;
  }

  receive(link: Link, text: string): void {
    if (link !== this.link) return;
    const parsed = parseServerFrame(text);
    assert.ok(parsed.ok, `the server's own schema takes ${text}`);
    const { frame } = parsed;
    if (frame.type === 'welcome') this.#welcomed(frame);
    else if (frame.s === 0) this.#hear(frame.event);
    else {
      assert.ok(frame.s > this.received, `event ${frame.s} is newer than ${this.received}`);
      this.received = frame.s;
      this.#outbox.acknowledge(frame.ack);
      this.#hear(frame.event);
    }
  }

  #welcomed(welcome: Welcome): void {
    this.welcome = welcome;
    this.#greeted = true;
    if (!welcome.resumed) {
      this.#leave();
      this.received = 0;
      this.replies = new Map();
      this.#outbox = new Outbox({ maxFrames: 100_000, maxBytes: 1e9 });
      return;
    }
    this.#outbox.acknowledge(welcome.received);
    for (const { number, body } of this.#outbox.after(welcome.received) ?? []) {
      this.say({ type: 'request', n: number, ack: this.received, request: body });
    }
  }

  #hear(event: ServerEvent): void {
    if (event.type === 'reply') {
      this.replies.set(event.re, [...(this.replies.get(event.re) ?? []), event]);
      if (this.#leaving.delete(event.re) && event.ok) this.#leave();
      return;
    }
    this.events.push(event);
    switch (event.type) {
      case 'ice':
        this.ice = event.ice;
        return;
      case 'joined':
        this.self = event.self;
        this.seat = event.seat;
        this.room = event.room;
        this.others.clear();
        for (const other of event.participants) this.others.set(other.id, other);
        return;
      case 'room-updated':
        this.room = event.room;
        this.seat = event.seat ?? this.seat;
        return;
      case 'participant-joined':
      case 'participant-updated':
        this.others.set(event.participant.id, event.participant);
        return;
      case 'participant-left':
        this.others.delete(event.participant);
        return;
      case 'out':
        this.#leave();
        return;
      default:
        return;
    }
  }

  #leave(): void {
    this.#leaving.clear();
    this.room = undefined;
    this.others.clear();
  }
}
