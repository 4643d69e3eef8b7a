/** Somebody at a terminal in a call with somebody at a page: chat both ways, no sound and pictures from one of them. docs/files.md. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import path from 'node:path';
import { test } from 'node:test';
import { inRoom, stage } from '../support/browser/stage.ts';
import { until } from '../support/until.ts';

const PROGRAM = path.resolve(import.meta.dirname, '../../dist/cli/main.js');
const PATIENCE_MS = 30_000;
const set = stage();

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
      PATIENCE_MS,
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
      PATIENCE_MS,
    );

    terminal.stdin.write('/leave\n');
    assert.equal(await ended, 0);
    await page.getByText('Bring someone in').waitFor();
    assert.doesNotMatch(out, /failed/);
  } finally {
    terminal.kill('SIGKILL');
  }
});
