/** What the package offers changes on purpose only. After a wished change: `npm run public-names`, and a CHANGELOG line. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { type PublicNames, publicNames, SNAPSHOT } from '../support/meta/public-names.ts';

const names = publicNames();

/** What came and what went, as `door: kind name`. */
function differences(before: PublicNames, now: PublicNames): readonly string[] {
  const flat = (names: PublicNames): readonly string[] =>
    Object.entries(names).flatMap(([door, list]) => list.map((name) => `${door}: ${name}`));
  const [old, fresh] = [flat(before), flat(now)];
  return [
    ...fresh.filter((name) => !old.includes(name)).map((name) => `+ ${name}`),
    ...old.filter((name) => !fresh.includes(name)).map((name) => `- ${name}`),
  ];
}

test('the doors offer exactly the names of test/meta/public-names.json', () => {
  const snapshot = JSON.parse(readFileSync(SNAPSHOT, 'utf8')) as PublicNames;
  assert.deepEqual(differences(snapshot, names), [], 'public names changed; if wished: npm run public-names');
});

test('notices what came, what went, and what became another kind', () => {
  const before = { base: ['class A', 'type B', 'const C'] };
  assert.deepEqual(differences(before, { base: ['class A', 'const B'], rtp: ['type D'] }), [
    '+ base: const B',
    '+ rtp: type D',
    '- base: type B',
    '- base: const C',
  ]);
});

test('every name was understood', () => {
  assert.ok((names.base ?? []).includes('class StackError'));
  assert.ok((names.base ?? []).includes('type Env'));
  assert.deepEqual(
    Object.values(names).flatMap((door) => door.filter((name) => name.startsWith('unknown '))),
    [],
  );
});
