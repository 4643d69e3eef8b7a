/** A screen is a second picture beside the camera, with its sound; stopping it leaves the camera alone. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { shareScreen } from '../support/browser/controls.ts';
import { assertReceives, assertSeesAndHears } from '../support/browser/judge.ts';
import { stage } from '../support/browser/stage.ts';
import { createRoom } from '../support/raw-client.ts';

const set = stage();

test('Alice shares her screen with its sound, and stops', async () => {
  const room = await createRoom(set.server);
  const alice = await set.join(room, { name: 'Alice' });
  const eve = await set.join(room, { name: 'Eve' });
  await assertSeesAndHears(eve.page);

  await shareScreen(alice);
  await assertReceives(eve.page, { videos: 2, sounds: 2 });
  await eve.page.getByText('Alice’s screen').first().waitFor();

  // Who comes later gets the screen too.
  const bob = await set.join(room, { name: 'Bob' });
  await assertReceives(bob.page, { videos: 3, sounds: 3 });

  await alice.page.getByRole('button', { name: 'Stop sharing' }).first().click();
  await eve.page.getByText('Alice’s screen').first().waitFor({ state: 'hidden' });
  await assertReceives(eve.page, { videos: 2, sounds: 2 });
  assert.equal(await eve.page.evaluate(() => window.recordedPeerConnections.length), 2);
});
