/** What the package offers changes on purpose only. After a wished change: `npm run public-names`, and a CHANGELOG line. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { publicNames, SNAPSHOT, writeSnapshot } from '../support/meta/public-names.ts';

const names = publicNames();

test('the doors offer exactly the names of test/meta/public-names.json', () => {
  const snapshot = readFileSync(SNAPSHOT, 'utf8').replaceAll('\r\n', '\n');
  assert.equal(writeSnapshot(names), snapshot, 'public names changed; if wished: npm run public-names');
});

test('every name was understood', () => {
  assert.ok((names.base ?? []).includes('class StackError'));
  assert.ok((names.base ?? []).includes('type Env'));
  assert.deepEqual(
    Object.values(names).flatMap((door) => door.filter((name) => name.startsWith('unknown '))),
    [],
  );
});
