/** A call without a mouse: every key does what its button does, and the focus is never lost. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Page } from 'playwright-core';
import { stage } from '../support/browser/stage.ts';
import { createRoom } from '../support/raw-client.ts';

const set = stage();

const focused = (page: Page): Promise<string> =>
  page.evaluate(
    () => document.activeElement?.getAttribute('data-control') ?? document.activeElement?.tagName ?? '',
  );

async function pressed(page: Page, control: string): Promise<void> {
  await page.locator(`[data-control=${control}]`).focus();
  await page.keyboard.press('Enter');
}

test('letters mute, stop the camera and open the drawers; Escape closes them', async () => {
  const room = await createRoom(set.server);
  const { page } = await set.join(room, { name: 'Alice', query: 'video=180p' });

  await page.keyboard.press('m');
  await page.getByRole('button', { name: 'Unmute mic' }).waitFor();
  await page.getByText('You are muted').waitFor();
  await page.keyboard.press('m');
  await page.getByRole('button', { name: 'Mute mic' }).waitFor();

  await page.keyboard.press('v');
  await page.getByRole('button', { name: 'Turn camera on' }).waitFor();
  await page.keyboard.press('v');
  await page.getByRole('button', { name: 'Turn camera off' }).waitFor();

  for (const [key, drawer] of [
    ['d', 'details'],
    ['?', 'help'],
    ['c', 'chat'],
  ] as const) {
    await page.keyboard.press(key);
    await page.locator(`[data-drawer=${drawer}]`).waitFor();
    await page.keyboard.press('Escape');
    await page.locator('.drawer').waitFor({ state: 'detached' });
  }
});

test('in the chat letters are letters', async () => {
  const room = await createRoom(set.server);
  const { page } = await set.join(room, { name: 'Alice', query: 'video=0' });
  await page.keyboard.press('c');
  await page.locator('.writer textarea').waitFor();
  await page.keyboard.type('mvscd? ');
  assert.equal(await page.locator('.writer textarea').inputValue(), 'mvscd? ');
  await page.getByRole('button', { name: 'Mute mic' }).waitFor();
});

test('a drawer takes the focus and gives it back to the button that opened it', async () => {
  const room = await createRoom(set.server);
  const { page } = await set.join(room, { name: 'Alice', query: 'video=0' });
  await pressed(page, 'chat');
  await page.locator('.writer textarea').waitFor();
  assert.equal(await focused(page), 'TEXTAREA');
  await page.keyboard.press('Escape');
  await page.locator('.drawer').waitFor({ state: 'detached' });
  assert.equal(await focused(page), 'chat');

  await pressed(page, 'more');
  await page.locator('[data-drawer=more]').waitFor();
  await page.keyboard.press('Escape');
  await page.locator('.drawer').waitFor({ state: 'detached' });
  assert.equal(await focused(page), 'more');
});

test('the space bar lets a muted person talk while it is held', async () => {
  const room = await createRoom(set.server);
  const { page } = await set.join(room, { name: 'Alice', query: 'video=0' });
  await page.keyboard.press('m');
  await page.getByRole('button', { name: 'Unmute mic' }).waitFor();
  await page.keyboard.down('Space');
  await page.getByRole('button', { name: 'Mute mic' }).waitFor();
  await page.keyboard.up('Space');
  await page.getByRole('button', { name: 'Unmute mic' }).waitFor();
});

test('one’s own picture goes to any corner by arrow keys and by pointer', async () => {
  const room = await createRoom(set.server);
  const { page } = await set.join(room, { name: 'Alice', query: 'video=180p' });
  const own = page.locator('.self');
  await own.focus();
  await page.keyboard.press('ArrowUp');
  await page.keyboard.press('ArrowLeft');
  await page.locator('.self.self-top.self-left').waitFor();

  const box = await own.boundingBox();
  assert.ok(box);
  await page.mouse.move(box.x + 20, box.y + 20);
  await page.mouse.down();
  await page.mouse.move(700, 500, { steps: 5 });
  await page.mouse.up();
  await page.locator('.self.self-bottom.self-right').waitFor();
});

test('the bar rests when the pointer does, comes back, and stays for the keyboard', async () => {
  const room = await createRoom(set.server);
  const { page } = await set.join(room, { name: 'Alice', query: 'video=0' });
  await set.join(room, { name: 'Eve', query: 'video=0' });
  await page.locator('.tile').waitFor();
  await page.mouse.move(200, 200);
  await page.locator('.room.bar-hidden').waitFor({ timeout: 8000 });
  await page.mouse.move(220, 220);
  await page.locator('.room:not(.bar-hidden)').waitFor();

  await page.locator('[data-control=microphone]').focus();
  await page.keyboard.press('Tab');
  // Longer than the four seconds after which it would rest.
  await page.waitForTimeout(5500);
  assert.equal(await page.locator('.room.bar-hidden').count(), 0);
});
