/** Which errors end the process. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { test } from 'node:test';
import { isNetworkFailure } from '../../../src/cli/crash-guard.ts';

const CLI = path.resolve(import.meta.dirname, '../../../src/cli');

/** Runs a program that has the guard and then does `work`. */
function run(work: string): { readonly status: number | null; readonly log: string } {
  const program = `
    const { guardAgainstCrashes } = await import(${JSON.stringify(new URL(`file://${CLI}/crash-guard.ts`).href)});
    const { createLog } = await import(${JSON.stringify(new URL(`file://${CLI}/logger.ts`).href)});
    guardAgainstCrashes(createLog({ logLevel: 'info', logFormat: 'json' }));
    setTimeout(() => process.exit(0), 50);
    ${work}`;
  const { status, stderr } = spawnSync(
    process.execPath,
    ['--import', import.meta.resolve('tsx'), '--input-type=module', '--eval', program],
    { encoding: 'utf8' },
  );
  return { status, log: stderr };
}

test('a socket’s error that nobody listened for is noted, and everybody’s calls go on', () => {
  assert.equal(isNetworkFailure(Object.assign(new Error(), { code: 'ECONNRESET' })), true);
  const { status, log } = run(
    `setTimeout(() => { throw Object.assign(new Error('reset'), { code: 'ECONNRESET' }); });`,
  );
  assert.equal(status, 0);
  assert.match(log, /"level":"warn".*ECONNRESET/);
});

test('a mistake of ours ends the process with code 1 and its stack in the log', () => {
  for (const work of [
    `setTimeout(() => { throw new Error('broken'); });`,
    `Promise.reject(new Error('broken'));`,
  ]) {
    const { status, log } = run(work);
    assert.equal(status, 1);
    assert.match(log, /"level":"error".*broken.*stack/);
  }
});

test('what nobody should log goes no further', () => {
  const { log } = run(
    `createLog({ logLevel: 'info', logFormat: 'json' }).info('x', { credential: 'abc', user: 'u' });`,
  );
  assert.match(log, /"credential":"\*\*\*","user":"u"/);
});
