/** Somebody at a terminal in a call with somebody at a page: chat both ways, no sound and pictures from one of them. docs/files.md. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import path from 'node:path';
import { test } from 'node:test';
import { inRoom, stage } from '../support/browser/stage.ts';

const PROGRAM = path.resolve(import.meta.dirname, '../../dist/cli/main.js');
const PATIENCE_MS = 30_000;
const set = stage();

async function until(fact: () => boolean, what: () => string): Promise<void> {
  const deadline = Date.now() + PATIENCE_MS;
  while (!fact() && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 20));
  assert.ok(fact(), what());
}

test('a page and a terminal talk with each other, and the page sees who is there', async () => {
  const alice = await set.person({ name: 'Alice' });
  const { page } = alice;
  await page.goto(set.server.url);
  await page.getByRole('button', { name: 'Start a call' }).click();
  await page.getByLabel('Your name').fill('Alice');
  await page.getByRole('button', { name: 'Start the call' }).click();
  await inRoom(alice);

  const terminal = spawn(process.execPath, [PROGRAM, 'call', page.url(), '--name', 'Terry']);
  let out = '';
  for (const stream of [terminal.stdout, terminal.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      out += text;
    });
  }
  const ended = new Promise<number | null>((resolve) => terminal.once('exit', resolve));
  try {
    await until(
      () => out.includes('Alice: connected'),
      () => out,
    );

    // Terry -> Alice
    terminal.stdin.write('hello from a terminal\n');
    await page.getByRole('button', { name: /^Chat/ }).click();
    await page.getByText('hello from a terminal').first().waitFor();

    // Alice -> Terry
    await page.getByRole('textbox').fill('and from a page');
    await page.keyboard.press('Enter');
    await until(
      () => out.includes('Alice: and from a page'),
      () => out,
    );

    terminal.stdin.write('/leave\n');
    assert.equal(await ended, 0);
    await page.getByText('Bring someone in').waitFor();
    assert.doesNotMatch(out, /failed/);
  } finally {
    terminal.kill('SIGKILL');
  }
});
