/** People for call tests: each is a page in a browser context of its own, with what they were given to be judged by. */
import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core';
import { recordPeerConnections } from './recorder.ts';

export interface Person {
  readonly name: string;
  readonly context: BrowserContext;
  readonly page: Page;
  /** Errors that nobody caught and what the page said on its console, newest last. */
  readonly complaints: readonly string[];
}

/** Like a reader of a Korean or an English browser; permissions are what the browser would have been asked for. */
export interface PersonOptions extends BrowserContextOptions {
  readonly name: string;
}

/** Opens an empty page for one person. Nothing is loaded yet. */
export async function openPerson(browser: Browser, options: PersonOptions): Promise<Person> {
  const { name, ...contextOptions } = options;
  const context = await browser.newContext({
    locale: 'en-US',
    viewport: { width: 960, height: 640 },
    permissions: ['camera', 'microphone'],
    ...contextOptions,
  });
  // The transpiler wraps named functions in a call of this; functions that are sent into a page need it there.
  await context.addInitScript({ content: 'globalThis.__name ??= (value) => value;' });
  await context.addInitScript(recordPeerConnections);
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(`${name}: uncaught ${error.message}`));
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') {
      complaints.push(`${name}: ${message.type()} ${message.text()}`);
    }
  });
  return { name, context, page, complaints };
}

/** Serves `html` at `path` of `origin` to this person only: a page of the test's own, under the server's origin. */
export async function servePage(person: Person, url: string, html: string): Promise<void> {
  await person.context.route(url, (route) =>
    route.fulfill({ contentType: 'text/html; charset=utf-8', body: html }),
  );
}
