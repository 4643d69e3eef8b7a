/** Signals under connections that break anywhere, in both directions: each arrives once, in order, and is answered once. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SeededRandom } from '../../src/base/index.ts';
import type { ServerEvent } from '../../src/signaling/index.ts';
import { candidate, connected, idOf, roomOf } from '../support/signaling/calls.ts';
import type { Person } from '../support/signaling/person.ts';
import { RoomsWorld } from '../support/signaling/rooms-world.ts';

const STEPS = 600;

interface Run {
  readonly world: RoomsWorld;
  readonly sent: ReadonlyMap<string, string[]>;
  readonly people: readonly Person[];
  readonly cuts: number;
}

/** Three people in a room say numbered signals to each other while their connections break at random. */
function live(seed: number): Run {
  const random = new SeededRandom(seed);
  const world = new RoomsWorld({ seed, instant: false });
  const people = connected(world, 'Ada', 'Bob', 'Cem');
  world.flush();
  const [host, ...others] = people;
  assert.ok(host);
  host.send({ type: 'create-room', visibility: 'private' });
  world.flush();
  for (const other of others) other.send({ type: 'join-room', room: roomOf(host) });
  world.flush();
  for (const person of people) person.heard();

  const sent = new Map<string, string[]>();
  const expected = new Map<Person, number[]>(people.map((person) => [person, []]));
  let cuts = 0;
  for (let step = 0; step < STEPS; step++) {
    const person = people[random.uint32() % people.length];
    assert.ok(person);
    const dice = random.uint32() % 100;
    if (dice < 30) {
      const to = people[random.uint32() % people.length];
      if (!to || to === person) continue;
      const text = `${person.name} ${step}`;
      const pair = `${person.name} to ${to.name}`;
      sent.set(pair, [...(sent.get(pair) ?? []), text]);
      expected.get(person)?.push(person.send({ type: 'signal', to: idOf(to), signal: candidate(text) }));
    } else if (dice < 37) {
      // The page notices, or only the server does, or a new connection comes before the old one is known to be dead.
      if (person.link && dice < 35) person.cut();
      else person.connect();
      cuts += 1;
    } else if (dice < 45) {
      if (!person.link) person.connect();
    } else if (dice < 50) world.pass(random.uint32() % 2_000);
    else if (person.link) world.deliver(person.link, dice < 75 ? 'toServer' : 'toClient');
  }
  for (const person of people) if (!person.link) person.connect();
  world.flush();
  for (const [person, numbers] of expected) {
    for (const n of numbers) assert.equal(person.replies.get(n)?.length, 1, `request ${n} has one reply`);
  }
  return { world, sent, people, cuts };
}

function heardFrom(receiver: Person, sender: Person): string[] {
  const isSignal = (event: ServerEvent) => event.type === 'signal' && event.from === idOf(sender);
  return receiver.events.filter(isSignal).flatMap((event) => {
    assert.ok(event.type === 'signal' && event.signal.kind === 'candidate');
    return [event.signal.candidate?.candidate ?? ''];
  });
}

test('whatever breaks, each signal arrives once and in order', () => {
  let cuts = 0;
  let signals = 0;
  for (let seed = 1; seed <= 200; seed++) {
    const run = live(seed);
    cuts += run.cuts;
    for (const sender of run.people) {
      for (const receiver of run.people) {
        if (sender === receiver) continue;
        const expected = run.sent.get(`${sender.name} to ${receiver.name}`) ?? [];
        assert.deepEqual(heardFrom(receiver, sender), expected, `seed ${seed}`);
        signals += expected.length;
      }
    }
  }
  assert.ok(cuts > 5_000 && signals > 15_000, `${cuts} cuts, ${signals} signals`);
});

test('a run can be replayed from its seed, text by text', () => {
  assert.deepEqual(live(7).world.sent, live(7).world.sent);
});
