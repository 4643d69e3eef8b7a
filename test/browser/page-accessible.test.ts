/** Every screen can be used by everybody: axe-core finds nothing, targets are large, nothing scrolls sideways. */
import { test } from 'node:test';
import {
  assertAccessible,
  assertLargeTargets,
  assertNoSidewaysScroll,
} from '../support/browser/accessible.ts';
import { sendChat } from '../support/browser/controls.ts';
import type { PersonOptions } from '../support/browser/people.ts';
import { inRoom, linkTo, stage } from '../support/browser/stage.ts';
import { createRoom } from '../support/raw-client.ts';

const set = stage();

type Look = Pick<PersonOptions, 'colorScheme' | 'viewport' | 'locale'>;

const LOOKS: readonly (readonly [string, Look])[] = [
  ['light, desktop', { colorScheme: 'light', viewport: { width: 1280, height: 800 } }],
  ['dark, narrow phone', { colorScheme: 'dark', viewport: { width: 320, height: 640 } }],
  ['light, phone, Korean', { colorScheme: 'light', viewport: { width: 390, height: 844 }, locale: 'ko-KR' }],
];

type Page = Parameters<typeof assertAccessible>[0];

async function assertGood(page: Page, where: string): Promise<void> {
  await assertAccessible(page, where);
  await assertLargeTargets(page, where);
  await assertNoSidewaysScroll(page, where);
}

for (const [name, look] of LOOKS) {
  test(`before the call (${name})`, async () => {
    const { page } = await set.person({ name: 'Alice', ...look });
    await page.goto(set.server.url);
    await page.locator('.lobby [aria-expanded]').click();
    await assertGood(page, 'home');

    await page.goto(`${set.server.url}/#new`);
    await page.reload();
    await page.locator('.preview video').waitFor();
    await assertGood(page, 'pre-join');

    const room = await createRoom(set.server, { passcode: 'sesame' });
    await page.goto(`${set.server.url}/r/${room}`);
    await page.getByRole('textbox').first().fill('Alice');
    await page.locator('button[type=submit]').click();
    await page.locator('[name=passcode]').waitFor();
    await assertGood(page, 'passcode');
  });

  test(`a refused camera, and waiting at the door (${name})`, async () => {
    const room = await createRoom(set.server, { entry: 'ask' });
    const host = await set.join(room, { name: 'Alice', query: 'video=0', ...look, locale: 'en-US' });
    const guest = await set.person({ name: 'Eve', ...look });
    await guest.context.addInitScript(() => {
      navigator.mediaDevices.getUserMedia = () =>
        Promise.reject(new DOMException('Permission denied', 'NotAllowedError'));
    });
    await guest.page.goto(`${set.server.url}/r/${room}?name=Eve`);
    await guest.page.locator('.permission').waitFor();
    await assertGood(guest.page, 'refused camera');
    await guest.page.locator('button[type=submit]').click();
    await guest.page.locator('.waiting').waitFor();
    await assertGood(guest.page, 'waiting');
    await host.page.locator('.knock').waitFor();
    await assertGood(host.page, 'a knock');
  });

  test(`in the call and after it (${name})`, async () => {
    const room = await createRoom(set.server, { title: 'Reading circle' });
    const alice = await set.person({ name: 'Alice', ...look });
    const { page } = alice;
    await page.goto(linkTo(set.server, room, 'Alice', 'video=360p').replace('lang=en', ''));
    await page.locator('.invite-card').waitFor();
    await page.locator('.invitation [aria-expanded]').click();
    await page.locator('.qr').waitFor();
    await assertGood(page, 'alone');

    const eve = await set.join(room, { name: 'Eve', query: 'video=180p' });
    await page.locator('.tile video').waitFor();
    await page.locator('.path').waitFor();
    await assertGood(page, 'two people');

    await sendChat(eve, 'Look: https://example.org/');
    await page.locator('.badge').waitFor();
    for (const drawer of ['chat', 'more', 'details', 'help'] as const) {
      await page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur());
      if (drawer === 'more') await page.locator('[data-control=more]').click();
      else await page.keyboard.press({ chat: 'c', details: 'd', help: '?' }[drawer]);
      await page.locator(`[data-drawer=${drawer}]`).waitFor();
      if (drawer === 'details') await page.locator('.numbers').first().waitFor();
      await assertGood(page, drawer);
      await page.keyboard.press('Escape');
    }

    await page.locator('[data-control=leave]').click();
    await page.locator('.leave').waitFor();
    await assertGood(page, 'after the call');
    await inRoom(eve);
  });
}
