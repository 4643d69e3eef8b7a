/** The thinnest slice: two hand-written pages call each other through the server's signaling, STUN and TURN. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openByHand } from '../support/browser/hand-written.ts';
import { allSeeAndHear, selectedPairs } from '../support/browser/judge.ts';
import type { Person } from '../support/browser/people.ts';
import { stage } from '../support/browser/stage.ts';
import { createRoom } from '../support/raw-client.ts';

const set = stage();

async function meet(query: string): Promise<readonly Person[]> {
  const room = await createRoom(set.server);
  const people: Person[] = [];
  for (const name of ['Alice', 'Eve']) {
    const person = await set.person({ name });
    people.push(person);
    await openByHand(person, set.server, room, {
      body: '<video autoplay playsinline></video>',
      scripts: ['test/browser/slice-page.js'],
      query,
    });
  }
  await allSeeAndHear(people);
  return people;
}

async function close(people: readonly Person[]): Promise<void> {
  for (const { context, complaints } of people) {
    assert.deepEqual(complaints, []);
    await context.close();
  }
}

test('two people see and hear each other directly', async () => {
  const people = await meet('');
  for (const { page } of people) {
    const [pair] = await selectedPairs(page);
    assert.notEqual(pair?.localType, 'relay');
  }
  await close(people);
});

for (const transport of ['udp', 'tcp', 'tls']) {
  test(`two people see and hear each other through the relay over ${transport}`, async () => {
    const people = await meet(`?ice=relay&transport=${transport}`);
    for (const { page } of people) {
      const [pair] = await selectedPairs(page);
      assert.equal(pair?.localType, 'relay');
      assert.equal(pair?.remoteType, 'relay');
      assert.equal(pair?.relayProtocol, transport);
    }
    await close(people);
  });
}
