/** What people press in the room, by the names that they (and screen readers) read. English page. */
import type { Locator } from 'playwright-core';
import type { Person } from './people.ts';

/** The places where the page names somebody: the whole word, so that "Eve" is not found in "Whoever". */
export function naming({ page }: Person, name: string): Locator {
  return page.getByText(new RegExp(`\\b${name}\\b`));
}

async function openChat({ page }: Person): Promise<void> {
  const field = page.getByLabel('Write a message');
  if (!(await field.isVisible())) await page.getByRole('button', { name: /^Chat/ }).first().click();
  await field.waitFor();
}

export async function sendChat(person: Person, text: string): Promise<void> {
  await openChat(person);
  await person.page.getByLabel('Write a message').fill(text);
  await person.page.getByRole('button', { name: 'Send', exact: true }).click();
}

/** Resolves when the person can read `text` in the chat. */
export async function receiveChat(person: Person, text: string): Promise<void> {
  await openChat(person);
  await person.page.getByText(text).first().waitFor({ timeout: 10_000 });
}

export async function shareScreen({ page }: Person): Promise<void> {
  await page
    .getByRole('button', { name: /Share your screen|^Share$/ })
    .first()
    .click();
}
