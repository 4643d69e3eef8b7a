/** Who may come in: a passcode is asked for, a locked room stays shut, the host lets in who knocks. */
import { test } from 'node:test';
import { allSeeAndHear, assertSeesAndHears } from '../support/browser/judge.ts';
import type { Person } from '../support/browser/people.ts';
import { inRoom, linkTo, stage } from '../support/browser/stage.ts';
import { createRoom } from '../support/raw-client.ts';

const set = stage();

async function atTheDoor(room: string, name: string): Promise<Person> {
  const person = await set.person({ name });
  await person.page.goto(linkTo(set.server, room, name));
  return person;
}

async function enterPasscode({ page }: Person, passcode: string): Promise<void> {
  await page.getByLabel('Passcode').fill(passcode);
  await page.getByRole('button', { name: 'Join the call' }).click();
}

test('a room with a passcode opens for the right one only', async () => {
  const room = await createRoom(set.server, { passcode: 'open sesame' });
  const alice = await atTheDoor(room, 'Alice');
  await enterPasscode(alice, 'open sesame');
  await inRoom(alice);

  const eve = await atTheDoor(room, 'Eve');
  await enterPasscode(eve, 'open barley');
  await eve.page.getByText('passcode is wrong').waitFor();
  await enterPasscode(eve, 'open sesame');
  await inRoom(eve);
  await allSeeAndHear([alice, eve]);
});

test('a locked room lets nobody in until it is unlocked', async () => {
  const room = await createRoom(set.server);
  const alice = await set.join(room, { name: 'Alice' });
  await alice.page.getByRole('button', { name: 'More' }).click();
  await alice.page.getByText('Lock: nobody else can join').click();

  const eve = await atTheDoor(room, 'Eve');
  await eve.page
    .getByText(/locked/)
    .first()
    .waitFor();
  await alice.page.getByText('Lock: nobody else can join').click();
  await eve.page.getByRole('button', { name: 'Join the call' }).click();
  await inRoom(eve);
  await assertSeesAndHears(eve.page);
});

test('the host lets in who knocks, and turns away who is unwelcome', async () => {
  const room = await createRoom(set.server, { entry: 'ask' });
  const alice = await set.join(room, { name: 'Alice' });

  const eve = await atTheDoor(room, 'Eve');
  await eve.page.getByText('Knocking').first().waitFor();
  await alice.page.getByText('Eve wants to come in').first().waitFor();
  await alice.page.getByRole('button', { name: /^Let in/ }).click();
  await inRoom(eve);
  await allSeeAndHear([alice, eve]);

  const mallory = await atTheDoor(room, 'Mallory');
  await alice.page.getByText('Mallory wants to come in').first().waitFor();
  await alice.page.getByRole('button', { name: /^Decline/ }).click();
  await mallory.page.getByText('The host did not let you in').waitFor();
});
