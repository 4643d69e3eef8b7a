/** Somebody who refuses camera and microphone is told what to do, and can be in the call all the same. */
import { test } from 'node:test';
import { naming } from '../support/browser/controls.ts';
import { assertReceives, assertSeesAndHears } from '../support/browser/judge.ts';
import { inRoom, linkTo, stage } from '../support/browser/stage.ts';
import { createRoom } from '../support/raw-client.ts';

const set = stage();

test('without camera and microphone one still sees and hears the others', async () => {
  const room = await createRoom(set.server);
  const alice = await set.join(room, { name: 'Alice' });

  // The browser says no, as it does after "Block".
  const eve = await set.person({ name: 'Eve' });
  await eve.context.addInitScript(() => {
    navigator.mediaDevices.getUserMedia = () =>
      Promise.reject(new DOMException('Permission denied', 'NotAllowedError'));
  });
  await eve.page.goto(linkTo(set.server, room, 'Eve').replace('&join=1', ''));
  await eve.page
    .getByText(/blocked in this browser/)
    .first()
    .waitFor();
  await eve.page.getByRole('button', { name: 'Join the call' }).click();
  await inRoom(eve);
  await assertSeesAndHears(eve.page);
  await naming(alice, 'Eve').first().waitFor();
  await assertReceives(alice.page, { videos: 0, sounds: 0 });
});
