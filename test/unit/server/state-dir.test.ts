/** What is kept between starts: where, for whose eyes, and whole or not at all. */
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { StackError } from '../../../src/base/index.ts';
import { openSecrets } from '../../../src/server/secrets.ts';
import { defaultStateDir, StateDir } from '../../../src/server/state-dir.ts';

let folder = '';
before(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'ieum-state-'));
});
after(() => rmSync(folder, { recursive: true }));

/** Windows has no such modes. */
const modeOf = (name: string): number | 'none' =>
  process.platform === 'win32' ? 'none' : statSync(name).mode & 0o777;
const expectedMode = (mode: number): number | 'none' => (process.platform === 'win32' ? 'none' : mode);

test('state lives where each system keeps the state of a user’s programs', () => {
  const home = path.join(path.sep, 'somebody');
  assert.equal(defaultStateDir('linux', {}, home), path.join(home, '.local/state/ieum'));
  assert.equal(
    defaultStateDir('linux', { XDG_STATE_HOME: path.join(home, 'x') }, home),
    path.join(home, 'x/ieum'),
  );
  assert.equal(
    defaultStateDir('linux', { STATE_DIRECTORY: '/var/lib/ieum:/var/lib/b' }, home),
    '/var/lib/ieum',
  );
  assert.equal(defaultStateDir('darwin', {}, home), path.join(home, 'Library/Application Support/ieum'));
  assert.equal(defaultStateDir('win32', { LOCALAPPDATA: 'L' }, home), path.join('L', 'ieum'));
  assert.equal(defaultStateDir('win32', {}, home), path.join(home, 'AppData', 'Local', 'ieum'));
});

test('secrets are made once, for the owner only, and are the same at the next start', () => {
  const state = new StateDir(path.join(folder, 'new/deep'));
  const first = openSecrets(state);
  assert.equal(modeOf(state.path), expectedMode(0o700));
  assert.equal(modeOf(path.join(state.path, 'secrets.json')), expectedMode(0o600));
  assert.deepEqual(openSecrets(new StateDir(state.path)), first);
  assert.equal(new Set(Object.values(first)).size, 3);
  assert.deepEqual(readdirSync(state.path), ['secrets.json'], 'no temporary file stays');
});

test('two servers that start at the same time agree on one content', () => {
  const state = new StateDir(path.join(folder, 'race'));
  assert.equal(state.writeOnce('a', 'first'), 'first');
  assert.equal(state.writeOnce('a', 'second'), 'first');
  state.write('a', 'third');
  assert.equal(state.read('a'), 'third');
  assert.equal(state.read('b'), undefined);
});

function refusal(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    assert.ok(error instanceof StackError, String(error));
    assert.equal(error.code, 'STATE_UNUSABLE');
    return error.message;
  }
  assert.fail('nothing was refused');
}

test('damaged secrets are reported and never replaced', () => {
  const state = new StateDir(path.join(folder, 'damaged'));
  for (const content of ['{', '{}', '{"turn":"short","nonce":"short","signaling":"short"}']) {
    state.write('secrets.json', content);
    assert.match(
      refusal(() => openSecrets(state)),
      /^--state-dir: secrets\.json in .* is damaged/,
    );
    assert.equal(state.read('secrets.json'), content);
  }
});

test('a state folder that is a file is refused in one sentence', () => {
  const file = path.join(folder, 'file');
  writeFileSync(file, '');
  assert.match(
    refusal(() => new StateDir(file)),
    /^--state-dir: .*file cannot be made/,
  );
  assert.match(
    refusal(() => new StateDir(path.join(file, 'below'))),
    /^--state-dir: .* \(ENOTDIR\)\.$/,
  );
});

test('a place where nobody can make folders is refused in one sentence, and not tried for ever', () => {
  const file = path.join(folder, 'a-file-again');
  writeFileSync(file, '');
  const nowhere = process.platform === 'linux' ? '/proc/ieum/state' : path.join(file, 'state');
  assert.throws(
    () => new StateDir(nowhere),
    (error: unknown) => error instanceof StackError && error.code === 'STATE_UNUSABLE',
  );
  const deep = path.join(folder, 'made', 'with', 'all above it');
  assert.equal(new StateDir(deep).path, deep);
  assert.equal(modeOf(deep), expectedMode(0o700));
});
