/** Whether a page can be used by everybody: what axe-core finds, and the size of what is to be pressed. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { AxeResults } from 'axe-core';
import type { Page } from 'playwright-core';

/** WCAG 2.2 AA and what axe calls good practice. */
const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

/** CSS pixels: more than the 24 of WCAG 2.2 §2.5.8, as much as its §2.5.5. */
const TARGET = 44;

const source = readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** Nothing that axe-core knows is wrong with what `page` shows now. */
export async function assertAccessible(page: Page, where: string): Promise<void> {
  await page.evaluate(await source);
  const results = await page.evaluate<AxeResults, readonly string[]>(
    (tags) => Reflect.get(window, 'axe').run(document, { runOnly: [...tags] }),
    TAGS,
  );
  const found = results.violations.map(
    ({ id, impact, nodes }) =>
      `${impact} ${id}: ${nodes.map((node) => node.html.slice(0, 160)).join('\n    ')}`,
  );
  assert.deepEqual(found, [], where);
}

/** Everything that can be pressed is large enough for a thumb. */
export async function assertLargeTargets(page: Page, where: string): Promise<void> {
  const small = await page.evaluate((least) => {
    const found: string[] = [];
    for (const element of document.querySelectorAll(
      'button, input, select, textarea, summary, [tabindex="0"]',
    )) {
      const { width, height } = element.getBoundingClientRect();
      if (width === 0 && height === 0) continue;
      if (width < least - 0.5 || height < least - 0.5) {
        found.push(`${Math.round(width)} × ${Math.round(height)} ${element.outerHTML.slice(0, 120)}`);
      }
    }
    return found;
  }, TARGET);
  assert.deepEqual(small, [], where);
}

/** Nothing has to be scrolled sideways. WCAG 2.2 §1.4.10. */
export async function assertNoSidewaysScroll(page: Page, where: string): Promise<void> {
  const { content, window: view } = await page.evaluate(() => ({
    content: document.documentElement.scrollWidth,
    window: document.documentElement.clientWidth,
  }));
  assert.ok(content <= view, `${where}: ${content} pixels wide in ${view}`);
}
