/**
 * Takes the pictures of the README anew: `node --import tsx scripts/pictures.ts`. A real server, a real browser, a real
 * call; only the cameras are drawn. Needs a build.
 */
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { launchChromium } from '../test/support/browser/chromium.ts';
import { drawnCamera, LOOKS } from '../test/support/browser/drawn-camera.ts';
import { openPerson, type PersonOptions } from '../test/support/browser/people.ts';
import { startServerProcess } from '../test/support/server-process.ts';

type Look = keyof typeof LOOKS;

const FOLDER = path.resolve(import.meta.dirname, '../docs/img');
const DESKTOP = { viewport: { width: 1280, height: 800 }, deviceScaleFactor: 1.25 };
const PHONE = { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, hasTouch: true, isMobile: true };

/** The pictures need what nothing tells: that the first frames have come and have been decoded in full size. */
const SETTLE_MS = 4000;

const LANGUAGES = [
  { locale: 'en-US', suffix: '', names: { minsu: 'Minsu', jiwoo: 'Jiwoo', alice: 'Alice', hajun: 'Hajun' } },
  { locale: 'ko-KR', suffix: '-ko', names: { minsu: '민수', jiwoo: '지우', alice: '앨리스', hajun: '하준' } },
] as const;

async function open(browser: Browser, look: Look, options: Partial<PersonOptions>): Promise<Page> {
  const { context, page } = await openPerson(browser, { name: look, ...options });
  await context.addInitScript(drawnCamera, LOOKS[look]);
  return page;
}

async function take(page: Page, name: string): Promise<void> {
  await page.screenshot({ path: path.join(FOLDER, `${name}.png`) });
  process.stdout.write(`docs/img/${name}.png\n`);
}

async function takeCall(browser: Browser, url: string, language: (typeof LANGUAGES)[number]): Promise<void> {
  const { locale, suffix, names } = language;
  const minsu = await open(browser, 'minsu', { ...DESKTOP, locale });
  await minsu.goto(url);
  await minsu.waitForTimeout(SETTLE_MS / 4);
  await take(minsu, `home${suffix}`);
  await minsu.goto(`${url}/?name=${encodeURIComponent(names.minsu)}#new`);
  await minsu.locator('.preview video').waitFor();
  await minsu.waitForTimeout(SETTLE_MS / 4);
  if (suffix === '') await take(minsu, 'pre-join');
  await minsu.locator('button[type=submit]').click();
  await minsu.locator('.invite-card').waitFor();
  const room = minsu.url().split('?')[0] ?? '';

  const others: Page[] = [];
  for (const look of ['jiwoo', 'alice', 'hajun'] as const) {
    const page = await open(browser, look, { ...(look === 'jiwoo' ? PHONE : DESKTOP), locale });
    // One of them comes through the relay, so that both badges are in the picture.
    const way = look === 'hajun' ? '&ice=relay' : '';
    await page.goto(`${room}?join=1&name=${encodeURIComponent(names[look])}${way}`);
    await page.locator('.tile video').first().waitFor();
    if (look === 'jiwoo' && suffix === '') {
      await page.waitForTimeout(SETTLE_MS);
      await take(page, 'call-phone');
    }
    others.push(page);
  }
  await minsu.waitForTimeout(SETTLE_MS * 1.5);
  await minsu.mouse.move(400, 400);
  await minsu.mouse.move(420, 420);
  await minsu.waitForTimeout(400);
  await take(minsu, `call${suffix}`);
  if (suffix === '') {
    await minsu.keyboard.press('d');
    await minsu.locator('.numbers').first().waitFor();
    await minsu.waitForTimeout(SETTLE_MS);
    await take(minsu, 'details');
  }
  for (const page of [minsu, ...others]) await page.context().close();
}

mkdirSync(FOLDER, { recursive: true });
const server = await startServerProcess();
const chromium = await launchChromium({ ca: server.ca });
try {
  for (const language of LANGUAGES) await takeCall(chromium.browser, server.url, language);
} finally {
  await chromium.close();
  await server.stop();
}
