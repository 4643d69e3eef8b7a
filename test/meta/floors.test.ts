/** Imports stay in their folder or go down, through a door. ARCHITECTURE.md, "One package, folders as floors". */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  FLOORS,
  FURTHER_DOORS,
  floorOf,
  folderOf,
  isPure,
  PACKAGES_BELOW_THE_SHELLS,
} from '../support/meta/floors.ts';
import { type Import, importsOf } from '../support/meta/imports.ts';
import { place, type SourceFile, typescriptFiles } from '../support/meta/sources.ts';

/** Configuration of build tools runs in Node and belongs to no floor. */
const BUILD_CONFIGURATION = /^web\/vite\.config\.ts$/;

/** Why the import is not allowed; `undefined` when it is. */
function objection(found: Import): string | undefined {
  const from = folderOf(found.from.path);
  const fromFloor = floorOf(found.from.path);
  if (from === undefined || fromFloor === undefined) return 'the folder has no floor';
  if (found.target === undefined) return objectionToPackage(found);
  const to = folderOf(found.target);
  if (to === undefined) {
    return from === 'web' && found.target.startsWith('web/') ? undefined : 'leads out of the house';
  }
  if (to === from) return undefined;
  const toFloor = FLOORS[to];
  if (toFloor === undefined) return `src/${to} has no floor`;
  if (toFloor >= fromFloor) return `floor ${fromFloor} (${from}) looks at floor ${toFloor} (${to})`;
  const doors = [`src/${to}/index.ts`, ...Object.values(FURTHER_DOORS)];
  if (!doors.includes(found.target)) return `use the door, src/${to}/index.ts`;
  return undefined;
}

function objectionToPackage({ specifier, from }: Import): string | undefined {
  const system = specifier.startsWith('node:');
  if (folderOf(from.path) === 'web') return system ? 'the page has no Node modules' : undefined;
  const floor = floorOf(from.path) ?? 0;
  if (floor >= 6 && !isPure(from.path)) return undefined;
  if (PACKAGES_BELOW_THE_SHELLS.includes(specifier)) return undefined;
  return `floor ${floor} imports only ${PACKAGES_BELOW_THE_SHELLS.join(', ')}`;
}

function violations(files: readonly SourceFile[]): readonly string[] {
  return files
    .filter((file) => !BUILD_CONFIGURATION.test(file.path))
    .flatMap(importsOf)
    .flatMap((found) => {
      const why = objection(found);
      return why === undefined ? [] : [`${place(found.from, found.line)} ← ${why}`];
    });
}

test('every import stays in its folder or goes down through a door', () => {
  assert.deepEqual(violations(typescriptFiles('src', 'web')), []);
});

const planted: readonly (readonly [string, string, string])[] = [
  ['looks up', 'src/stun/a.ts', "import { x } from '../turn/index.ts';"],
  ['looks sideways, for a type only', 'src/stun/a.ts', "import type { X } from '../signaling/index.ts';"],
  ['goes past the door', 'src/turn/a.ts', "export { x } from '../stun/integrity.ts';"],
  [
    'goes past the door from a subfolder',
    'src/server/turn/a.ts',
    "import { x } from '../../turn/server.ts';",
  ],
  ['loads a module of Node in the core', 'src/base/a.ts', "const x = await import('node:fs');"],
  ['loads a module of Node in the virtual network', 'src/vnet/a.ts', "import net from 'node:net';"],
  ['takes a package into the core', 'src/turn/a.ts', "import pino from 'pino';"],
  ['names a type by import()', 'src/base/a.ts', "type X = import('../stun/index.ts').X;"],
  ['reaches from the page past a door', 'web/src/a.tsx', "import { x } from '../../src/client/call.ts';"],
  ['uses Node in the page', 'web/src/a.ts', "import fs from 'node:fs';"],
  ['leaves the house', 'src/base/a.ts', "import { x } from '../../test/support/x.ts';"],
];
for (const [what, path, text] of planted) {
  test(`notices a file that ${what}`, () => {
    assert.equal(violations([{ path, text: `// first line\n${text}` }]).length, 1);
  });
}

test('allows what is right', () => {
  const text =
    "import { a } from './b.ts';\nimport { s } from '../stun/index.ts';\nimport * as v from 'valibot';";
  assert.deepEqual(violations([{ path: 'src/turn/a.ts', text }]), []);
});
