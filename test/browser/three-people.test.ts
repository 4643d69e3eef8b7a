/** A mesh of three: everybody sees and hears both others; one leaves, the other two go on. */
import { test } from 'node:test';
import { allSeeAndHear } from '../support/browser/judge.ts';
import { stage } from '../support/browser/stage.ts';
import { createRoom } from '../support/raw-client.ts';

const set = stage();

test('three people see and hear each other', async () => {
  const room = await createRoom(set.server);
  const alice = await set.join(room, { name: 'Alice', query: 'video=180p' });
  const eve = await set.join(room, { name: 'Eve', query: 'video=180p' });
  const bob = await set.join(room, { name: 'Bob', query: 'video=180p' });
  await allSeeAndHear([alice, eve, bob]);

  await bob.page.getByRole('button', { name: 'Leave', exact: true }).click();
  for (const { page } of [alice, eve]) {
    await page.getByText('Bob').first().waitFor({ state: 'hidden' });
  }
  await allSeeAndHear([alice, eve]);
});
