/** The server dies in the middle of many calls and comes back with nothing but its secret. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SeededRandom } from '../../src/base/index.ts';
import type { ParticipantId } from '../../src/signaling/index.ts';
import { callOf, idOf, OFFER } from '../support/signaling/calls.ts';
import type { Person } from '../support/signaling/person.ts';
import { RoomsWorld } from '../support/signaling/rooms-world.ts';

/** Some calls with histories: hosts that left, settings that changed, people who were removed. */
function calls(world: RoomsWorld, random: SeededRandom): Person[][] {
  return [1, 2, 3].map((room) => {
    const size = 2 + (random.uint32() % 5);
    const people = Array.from({ length: size }, (_, i) =>
      world.person(`${room}.${i}`, `192.0.2.${room * 10 + i}`),
    );
    const isProtected = random.uint32() % 2 === 0;
    callOf(people, isProtected ? { passcode: 'tea', entry: 'ask' } : {});
    const [first, second, third] = people;
    assert.ok(first && second);
    if (random.uint32() % 3 === 0) {
      first.ask({ type: 'leave-room' });
      people.shift();
    }
    const host = people.find((person) => person.self === person.room?.host);
    assert.ok(host);
    if (random.uint32() % 2 === 0) host.ask({ type: 'set-room', locked: true, title: `Room ${room}` });
    if (third && host !== third && random.uint32() % 3 === 0) {
      host.ask({ type: 'remove', participant: idOf(third) });
      return people.filter((person) => person !== third);
    }
    return people;
  });
}

function shuffle<T>(items: readonly T[], random: SeededRandom): T[] {
  return items
    .map((item) => ({ item, at: random.uint32() }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item);
}

test('whoever comes back first, everybody has the old id, the old room and the old host', () => {
  for (let seed = 1; seed <= 100; seed++) {
    const random = new SeededRandom(seed);
    const world = new RoomsWorld({ seed });
    const rooms = calls(world, random);
    const everybody = rooms.flat();
    const before = new Map(everybody.map((person) => [person, { self: idOf(person), room: person.room }]));
    const reloaded = random.uint32() % 2 === 0 ? everybody[random.uint32() % everybody.length] : undefined;
    world.restart();

    const renamed = new Map<ParticipantId, ParticipantId>();
    for (const person of shuffle(everybody, random)) {
      world.pass(random.uint32() % 1_500); // 18 people at most are back within 27 s
      const old = before.get(person);
      assert.ok(old?.room);
      if (person === reloaded) {
        const { seat } = person;
        person.forget();
        person.connect({ seat: false });
        person.ask({ type: 'join-room', room: old.room.id, ...(seat !== undefined && { seat }) });
        renamed.set(old.self, idOf(person));
      } else person.connect();
    }

    const now = (id: ParticipantId): ParticipantId => renamed.get(id) ?? id;
    for (const people of rooms) {
      const ids = people.map((person) => now(before.get(person)?.self ?? idOf(person))).sort();
      for (const person of people) {
        const old = before.get(person)?.room;
        assert.ok(old && person.room, `seed ${seed}: ${person.name} is back`);
        assert.deepEqual([idOf(person), ...person.others.keys()].sort(), ids, `seed ${seed}`);
        assert.deepEqual(person.room, { ...old, host: now(old.host) }, `seed ${seed}`);
        const other = people.find((someone) => someone !== person);
        if (other) person.ask({ type: 'signal', to: idOf(other), signal: OFFER });
      }
    }
    assert.equal(world.server.stats.participants, everybody.length);
  }
});
