/** The main story: somebody starts a call, sends the link, the other opens it, and they see and hear each other. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { naming } from '../support/browser/controls.ts';
import { allSeeAndHear, selectedPairs } from '../support/browser/judge.ts';
import { inRoom, stage } from '../support/browser/stage.ts';

const set = stage();

test('two people meet by a link, directly', async () => {
  // Alice -> Start a call -> her name -> Start
  const alice = await set.person({ name: 'Alice' });
  await alice.page.goto(set.server.url);
  await alice.page.getByRole('button', { name: 'Start a call' }).click();
  await alice.page.getByLabel('Your name').fill('Alice');
  await alice.page.getByRole('button', { name: 'Start the call' }).click();
  await inRoom(alice);

  // Alice ... link ... -> Eve: without her press, nobody sees or hears her
  const link = alice.page.url();
  assert.match(link, /\/r\/[a-z2-7]{24}$/);
  const eve = await set.person({ name: 'Eve' });
  await eve.page.goto(link);
  await eve.page.getByLabel('Your name').fill('Eve');
  await eve.page.waitForTimeout(1000);
  assert.equal(await naming(alice, 'Eve').count(), 0);
  await eve.page.getByRole('button', { name: 'Join the call' }).click();
  await inRoom(eve);

  // Alice <-> Eve
  await allSeeAndHear([alice, eve]);
  await naming(alice, 'Eve').first().waitFor();
  await naming(eve, 'Alice').first().waitFor();
  for (const { page } of [alice, eve]) {
    const [pair] = await selectedPairs(page);
    assert.notEqual(pair?.localType, 'relay');
    await page.getByText('Direct').first().waitFor();
  }

  // Eve leaves; Alice is alone again and can be called again by the same link
  await eve.page.getByRole('button', { name: 'Leave', exact: true }).click();
  await alice.page.getByText('Bring someone in').waitFor();
});
