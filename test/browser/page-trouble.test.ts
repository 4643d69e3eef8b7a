/** When something is wrong the page says so in plain words, goes on with the call, and offers the button that helps. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertAccessible, assertLargeTargets } from '../support/browser/accessible.ts';
import { assertReceives, assertSeesAndHears } from '../support/browser/judge.ts';
import { linkTo, stage } from '../support/browser/stage.ts';
import { createRoom } from '../support/raw-client.ts';

const set = stage();

test('the server is gone: one line says it, the call goes on, the line goes when the server is back', async () => {
  const room = await createRoom(set.server);
  const { page } = await set.join(room, { name: 'Alice', query: 'video=180p' });
  await set.join(room, { name: 'Eve', query: 'video=180p' });
  await assertSeesAndHears(page);

  await set.server.kill();
  await page.getByText('The server cannot be reached').waitFor();
  await assertAccessible(page, 'trouble');
  await assertLargeTargets(page, 'trouble');
  assert.ok(!(await page.getByText('signaling-lost').isVisible()), 'the code stands behind "Details"');
  await page.locator('.trouble summary').click();
  await page.getByText('signaling-lost').waitFor();
  await assertSeesAndHears(page);

  await set.server.restart();
  await page.locator('.trouble').waitFor({ state: 'detached' });
  await assertSeesAndHears(page);
});

test('an unplugged microphone is told, and the button leads to the others', async () => {
  const room = await createRoom(set.server);
  const { page } = await set.join(room, { name: 'Alice', query: 'video=0' });
  await page.evaluate(() =>
    Reflect.get(window, 'ieum').media.microphone.value.dispatchEvent(new Event('ended')),
  );
  await page.getByText('Others cannot hear you').waitFor();
  await page.getByRole('button', { name: 'Choose another' }).click();
  const microphones = page.locator('.drawer').getByLabel('Microphone', { exact: true });
  await microphones.selectOption({ index: 1 });
  await page.locator('.trouble').waitFor({ state: 'detached' });
});

test('a browser that keeps quiet before a touch gets a button to hear', async () => {
  const room = await createRoom(set.server);
  await set.join(room, { name: 'Alice', query: 'video=180p' });
  const eve = await set.person({ name: 'Eve' });
  // Driving a page counts as a touch to Chromium, so its policy is acted here: no sound before a press.
  await eve.context.addInitScript(() => {
    const play = HTMLAudioElement.prototype.play;
    let touched = false;
    addEventListener('pointerdown', () => {
      touched = true;
    });
    HTMLAudioElement.prototype.play = function () {
      if (touched) return play.call(this);
      this.pause();
      this.autoplay = false;
      return Promise.reject(new DOMException('play() needs a touch', 'NotAllowedError'));
    };
  });
  const { page } = eve;
  await page.goto(linkTo(set.server, room, 'Eve', 'video=0&audio=0'));
  const hear = page.getByRole('button', { name: 'Tap to hear the others' });
  await hear.waitFor();
  const quiet = () =>
    page.locator('audio.sound').evaluateAll((all) => all.some((one) => Reflect.get(one, 'paused')));
  assert.ok(await quiet());
  await hear.click();
  await hear.waitFor({ state: 'detached' });
  assert.ok(!(await quiet()));
  await assertReceives(page, { videos: 1, sounds: 1 });
});
