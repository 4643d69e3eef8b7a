/** Settings that change while the server runs: what is taken up, what waits, and what a mistake does (nothing). */
import assert from 'node:assert/strict';
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { type LogFields, StackError, silentLog } from '../../../src/base/index.ts';
import { watchFile } from '../../../src/server/reload/file-watch.ts';
import { Reloader } from '../../../src/server/reload/reloader.ts';
import { loadSettings } from '../../../src/server/settings/load.ts';
import type { Settings } from '../../../src/server/settings/options.ts';

let folder = '';
before(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'ieum-reload-'));
});
after(() => rmSync(folder, { recursive: true }));

function write(development: unknown): void {
  const text = typeof development === 'string' ? development : JSON.stringify({ development });
  writeFileSync(path.join(folder, 'settings.json'), text);
}

interface Line {
  readonly message: string;
  readonly fields: LogFields | undefined;
}

function running(development: unknown, argv: readonly string[] = []) {
  write(development);
  const applied: Settings[] = [];
  const lines: Line[] = [];
  const note = (message: string, fields?: LogFields): void => void lines.push({ message, fields });
  const refuse: { with?: StackError } = {};
  const reloader = new Reloader({
    loaded: loadSettings({ argv, environment: {}, folder }),
    log: { ...silentLog, info: note, warn: note },
    apply: async (next) => {
      if (refuse.with) throw refuse.with;
      applied.push(next);
    },
  });
  return { reloader, applied, lines, refuse };
}

test('what can be taken up is, what cannot waits for the next start, and both are told by name', async () => {
  const { reloader, applied, lines } = running({ userQuota: 5, realm: 'old' });
  write({ userQuota: 6, realm: 'new', user: ['mina:a-password'] });
  assert.deepEqual(await reloader.reload('on SIGHUP'), {
    kind: 'read',
    changed: ['--user', '--user-quota'],
    later: ['--realm'],
  });
  assert.deepEqual(
    applied.map(({ userQuota, realm, user }) => [userQuota, realm, user.length]),
    [[6, 'old', 1]],
  );
  assert.doesNotMatch(JSON.stringify(lines), /a-password|mina/, 'values are never logged');
  assert.match(JSON.stringify(lines), /on SIGHUP/);
});

test('the same again changes nothing, and what waits is told again', async () => {
  const { reloader, applied, lines } = running({ userQuota: 5 });
  assert.deepEqual(await reloader.reload('by hand'), { kind: 'read', changed: [], later: [] });
  assert.deepEqual([applied.length, lines.length], [0, 0]);
  write({ userQuota: 5, realm: 'new' });
  await reloader.reload('by hand');
  assert.deepEqual(await reloader.reload('by hand'), { kind: 'read', changed: [], later: ['--realm'] });
});

test('a mistake changes nothing, and one sentence says what it is', async () => {
  const { reloader, applied, lines } = running({ userQuota: 5 });
  for (const [file, words] of [
    ['{ "development": {', /^--settings: settings\.json is not valid JSON\.$/],
    [{ userQuota: 0 }, /^--user-quota must be/],
    [{ userQota: 6 }, /^Unknown option "userQota".*did you mean userQuota/],
    [{ allocationKbps: 9, totalKbps: 8 }, /^--allocation-kbps must not be above/],
  ] as const) {
    write(file);
    const outcome = await reloader.reload('by hand');
    assert.ok(outcome.kind === 'refused', JSON.stringify(outcome));
    assert.match(outcome.reason, words);
    assert.equal(lines.at(-1)?.fields?.reason, outcome.reason);
  }
  write({ userQuota: 7 });
  await reloader.reload('by hand');
  assert.deepEqual(
    applied.map(({ userQuota }) => userQuota),
    [7],
  );
});

test('what the relay refuses is not taken for running', async () => {
  const { reloader, applied, refuse } = running({});
  write({ userQuota: 7 });
  refuse.with = new StackError('TURN_USER_INVALID', 'The name of a TURN user is empty.');
  assert.deepEqual(await reloader.reload('by hand'), { kind: 'refused', reason: refuse.with.message });
  delete refuse.with;
  const outcome = await reloader.reload('by hand');
  assert.deepEqual(outcome.kind === 'read' && outcome.changed, ['--user-quota']);
  assert.equal(applied.length, 1);
});

test('flags stay stronger than the file', async () => {
  const { reloader } = running({ userQuota: 5 }, ['--user-quota', '9']);
  write({ userQuota: 6 });
  assert.deepEqual(await reloader.reload('by hand'), { kind: 'read', changed: [], later: [] });
});

test('reloads that come together become one after another, and no more than needed', async () => {
  const { reloader, applied } = running({ userQuota: 5 });
  write({ userQuota: 6 });
  const first = reloader.reload('one');
  const second = reloader.reload('two');
  await Promise.all([first, second]);
  assert.equal(applied.length, 1);
});

test('a file is noticed when it is written, replaced, taken away and put back; never after the end', async () => {
  const file = path.join(folder, 'watched.json');
  writeFileSync(file, 'a');
  let changes = 0;
  const watch = watchFile(file, () => {
    changes += 1;
  });
  await watch.look();
  await watch.look();
  assert.equal(changes, 0);
  writeFileSync(file, 'longer');
  await watch.look();
  writeFileSync(`${file}.new`, 'longes'); // of the same length: another file all the same
  renameSync(`${file}.new`, file);
  await watch.look();
  rmSync(file);
  await watch.look();
  writeFileSync(file, 'a');
  await watch.look();
  assert.equal(changes, 4);
  watch.close();
  rmSync(file);
  await watch.look();
  assert.equal(changes, 4);
});
