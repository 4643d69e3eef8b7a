/** Random lives of a room server: whatever people do and whenever connections break, the rules hold. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { ClientRequest, ParticipantId, RoomId } from '../../src/signaling/index.ts';
import { OFFER } from '../support/signaling/calls.ts';
import type { Person } from '../support/signaling/person.ts';
import { RoomsWorld } from '../support/signaling/rooms-world.ts';

const PEOPLE = 6;
const LIMIT = 4;
const MEDIA = { microphone: true, camera: true, screen: false };

/** What somebody does; the numbers choose among what there is at that moment. */
const action = fc.oneof(
  weigh(2, {
    do: fc.constant('create' as const),
    by: who(),
    visibility: visibility(),
    entry: entry(),
    passcode: fc.boolean(),
  }),
  weigh(12, {
    do: fc.constant('join' as const),
    by: who(),
    room: fc.nat(1),
    passcode: fc.constantFrom(true, true, false),
    seat: fc.boolean(),
  }),
  weigh(1, { do: fc.constant('leave' as const), by: who() }),
  weigh(4, { do: fc.constant('signal' as const), by: who(), to: who() }),
  weigh(2, { do: fc.constant('cut' as const), by: who() }),
  weigh(2, { do: fc.constant('connect' as const), by: who(), session: usually(), seat: usually() }),
  weigh(1, { do: fc.constant('reload' as const), by: who() }),
  weigh(8, { do: fc.constant('admit' as const), by: who(), allow: usually() }),
  weigh(3, { do: fc.constant('remove' as const), by: who(), whom: who() }),
  weigh(4, {
    do: fc.constant('set' as const),
    by: who(),
    locked: fc.constantFrom(false, false, true),
    entry: entry(),
    visibility: visibility(),
  }),
  weigh(1, { do: fc.constant('media' as const), by: who() }),
  weigh(1, { do: fc.constant('watch' as const), by: who(), on: fc.boolean() }),
  weigh(2, { do: fc.constant('pass' as const), ms: fc.constantFrom(1, 250, 5_000, 30_000) }),
  weigh(1, { do: fc.constant('restart' as const) }),
);
type Action = typeof action extends fc.Arbitrary<infer T> ? T : never;

function weigh<T>(weight: number, model: { [K in keyof T]: fc.Arbitrary<T[K]> }) {
  return { weight, arbitrary: fc.record(model) };
}
function usually(): fc.Arbitrary<boolean> {
  return fc.constantFrom(true, true, true, false);
}
function who(): fc.Arbitrary<number> {
  return fc.nat(PEOPLE - 1);
}
function entry(): fc.Arbitrary<'open' | 'ask'> {
  return fc.constantFrom('open', 'ask');
}
function visibility(): fc.Arbitrary<'public' | 'private'> {
  return fc.constantFrom('public', 'private');
}

/** A world of six people, with what each of them believes. */
class Life {
  readonly world = new RoomsWorld({ roomPeople: LIMIT, roomRate: { perSecond: 1e6, burst: 1e6 } });
  readonly people: Person[] = [];
  readonly rooms: RoomId[] = [];
  requests = 0;

  constructor() {
    for (let i = 0; i < PEOPLE; i++) this.people.push(this.world.person(`Person ${i}`, `192.0.2.${i}`));
  }

  run(step: Action): void {
    if (step.do === 'pass') this.world.pass(step.ms);
    else if (step.do === 'restart') this.world.restart();
    else this.#act(this.#person(step.by), step);
  }

  #act(person: Person, step: Exclude<Action, { do: 'pass' | 'restart' }>): void {
    // Who wants something comes back first, as a page does by itself.
    if (!person.link && step.do !== 'cut' && step.do !== 'connect') person.connect();
    switch (step.do) {
      case 'cut':
        person.cut();
        return;
      case 'connect':
        if (step.session || person.link === undefined) person.connect(step);
        return;
      case 'reload':
        person.reload();
        return;
      case 'signal':
        this.#signal(person, this.#person(step.to));
        return;
      default: {
        const request = this.#requestOf(person, step);
        if (request) this.#ask(person, request);
      }
    }
  }

  #requestOf(
    person: Person,
    step: Exclude<Action, { do: 'pass' | 'restart' | 'cut' | 'connect' | 'reload' | 'signal' }>,
  ): ClientRequest | undefined {
    switch (step.do) {
      case 'create':
        return {
          type: 'create-room',
          visibility: step.visibility,
          entry: step.entry,
          ...(step.passcode && { passcode: 'tea' }),
        };
      case 'join': {
        const room = this.rooms.at(-1 - step.room) ?? '';
        const seat = step.seat && person.seat !== undefined ? { seat: person.seat } : {};
        return { type: 'join-room', room, ...(step.passcode && { passcode: 'tea' }), ...seat };
      }
      case 'leave':
        return { type: 'leave-room' };
      case 'admit': {
        const knock = person.events.find((event) => event.type === 'knock');
        return knock && { type: 'admit', participant: knock.participant, allow: step.allow };
      }
      case 'remove': {
        const { self } = this.#person(step.whom);
        return self && { type: 'remove', participant: self };
      }
      case 'set':
        return { type: 'set-room', locked: step.locked, entry: step.entry, visibility: step.visibility };
      case 'media':
        return { type: 'set-media', media: MEDIA };
      case 'watch':
        return { type: 'watch-lobby', on: step.on };
    }
  }

  #ask(person: Person, request: ClientRequest): boolean {
    if (!person.link || !person.welcome) return false;
    const reply = person.request(request); // asserts: exactly one
    const room = person.room?.id;
    if (room && !this.rooms.includes(room)) this.rooms.push(room);
    return reply.ok;
  }

  /** A signal is taken exactly when both have a seat in one room, and reaches the other and nobody else. */
  #signal(from: Person, to: Person): void {
    if (!from.link || !to.self || from === to) return;
    const heard = this.people.map((person) => person.events.length);
    const mayHear = from.room !== undefined && from.others.has(to.self);
    const isTaken = this.#ask(from, { type: 'signal', to: to.self, signal: OFFER });
    assert.equal(isTaken, mayHear, 'signals go to those with a seat in the same room, and to nobody else');
    for (const [i, person] of this.people.entries()) {
      const hears = person.events.slice(heard[i]).some((event) => event.type === 'signal');
      // Who has been loaded anew and not come back yet hears nothing of what goes to the old stay.
      assert.equal(hears, isTaken && person === to && to.link !== undefined && to.room !== undefined);
    }
  }

  #person(index: number): Person {
    const person = this.people[index];
    assert.ok(person);
    return person;
  }
}

test('the rules of rooms hold in random lives', () => {
  fc.assert(
    fc.property(fc.array(action, { maxLength: 120, size: 'max' }), (steps) => {
      const life = new Life();
      for (const step of steps) {
        life.run(step);
        check(life);
      }
      finish(life);
    }),
    { seed: 20_26, numRuns: 2_000 },
  );
});

/** What must be true after every step. Who is connected has been told everything; who is away may believe old things. */
function check({ world, people }: Life): void {
  const { participants, rooms, sessions, connections } = world.server.stats;
  assert.ok(participants <= rooms * LIMIT, 'no room exceeds its limit');
  assert.ok(rooms <= participants, 'rooms that count as used have somebody inside');
  assert.ok(sessions >= connections, 'every connection that said hello has a session');
  const views = new Map<RoomId, { host: ParticipantId; members: string[]; selves: Set<ParticipantId> }>();
  for (const { link, room, self, others, name } of people) {
    if (!link || !room || !self) continue;
    const members = [self, ...others.keys()].sort();
    const view = views.get(room.id) ?? { host: room.host, members, selves: new Set() };
    views.set(room.id, view);
    assert.deepEqual(members, view.members, `${name} knows the same people as the others inside`);
    assert.equal(room.host, view.host, `${name} knows the same host as the others inside`);
    assert.ok(members.includes(room.host), 'the host is inside');
    assert.ok(members.length <= LIMIT, 'no room exceeds its limit');
    assert.ok(!view.selves.has(self), 'nobody shares an id');
    view.selves.add(self);
  }
  let known = 0;
  for (const { members } of views.values()) known += members.length;
  assert.ok(known <= participants, 'nobody is known who is not there');
}

/** When everybody has gone and time has passed, nothing is left. */
function finish({ world, people }: Life): void {
  for (const person of people) person.cut();
  world.pass(30_000);
  const { emptyRooms, ...rest } = world.server.stats;
  assert.deepEqual(rest, { connections: 0, sessions: 0, participants: 0, rooms: 0, lobbyWatchers: 0 });
  assert.ok(emptyRooms <= 1_000);
  world.pass(6 * 3_600_000);
  assert.equal(world.server.stats.emptyRooms, 0);
  assert.ok(world.idle);
}
