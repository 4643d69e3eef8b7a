/** A reloaded page is back in its call: no ghost of the old stay, nobody asked twice, the host is still the host. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { allSeeAndHear, assertSeesAndHears } from '../support/browser/judge.ts';
import { inRoom, stage } from '../support/browser/stage.ts';
import { createRoom, RawClient } from '../support/raw-client.ts';

const set = stage();

async function peopleIn(room: string): Promise<number> {
  const client = await RawClient.hello(set.server, 'counter');
  await client.request({ type: 'join-room', room });
  const joined = await client.next((event) => event.type === 'joined');
  await client.request({ type: 'leave-room' });
  client.close();
  return (joined.participants as readonly unknown[]).length;
}

test('a guest reloads and rejoins', async () => {
  const room = await createRoom(set.server);
  const alice = await set.join(room, { name: 'Alice' });
  const eve = await set.join(room, { name: 'Eve' });
  await assertSeesAndHears(alice.page);

  await eve.page.reload();
  await inRoom(eve);
  await allSeeAndHear([alice, eve]);
  assert.equal(await peopleIn(room), 2);
});

test('the host reloads and is the host still', async () => {
  const room = await createRoom(set.server);
  const alice = await set.join(room, { name: 'Alice' });
  const eve = await set.join(room, { name: 'Eve' });
  await assertSeesAndHears(eve.page);

  await alice.page.reload();
  await inRoom(alice);
  await allSeeAndHear([alice, eve]);
  // Only the host sees the lock.
  await alice.page.getByRole('button', { name: 'More' }).click();
  await alice.page.getByText('Lock: nobody else can join').waitFor();
  assert.equal(await peopleIn(room), 2);
});
