/** Where a network lets no WebSocket through, signaling goes by HTTP long-polling and the call works the same. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { allSeeAndHear } from '../support/browser/judge.ts';
import type { Person } from '../support/browser/people.ts';
import { inRoom, linkTo, stage } from '../support/browser/stage.ts';
import { createRoom } from '../support/raw-client.ts';

const set = stage();

/** Every upgrade of this person fails as behind a proxy that does not know WebSocket: the answer is no upgrade. */
async function behindOldProxy(name: string): Promise<Person> {
  const person = await set.person({ name });
  await person.context.addInitScript(() => {
    const Original = window.WebSocket;
    window.WebSocket = class extends Original {
      constructor(url: string | URL, protocols?: string | string[]) {
        super(`${new URL(url).origin}/not-a-websocket`, protocols);
      }
    };
  });
  return person;
}

test('two people without WebSocket call each other', async () => {
  const room = await createRoom(set.server);
  const people = [await behindOldProxy('Alice'), await behindOldProxy('Eve')];
  let polls = 0;
  for (const person of people) {
    person.page.on('response', (response) => {
      if (response.url().includes('transport=polling') && response.ok()) polls += 1;
    });
    await person.page.goto(linkTo(set.server, room, person.name));
    await inRoom(person);
  }
  await allSeeAndHear(people);
  assert.ok(polls > 4, `signaling went by polling: ${polls} answers`);
});
