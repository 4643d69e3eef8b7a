/** No file reaches itself through its imports: each can be read, tested and loaded before those that use it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { importsOf } from '../support/meta/imports.ts';
import { type SourceFile, typescriptFiles } from '../support/meta/sources.ts';

/** Each cycle once, as the paths along it. Depth first; a file is finished when all below it is. */
function cycles(files: readonly SourceFile[]): readonly string[] {
  const edges = new Map(
    files.map((file) => [file.path, importsOf(file).flatMap((found) => found.target ?? [])]),
  );
  const finished = new Set<string>();
  const found: string[] = [];
  const visit = (path: string, trail: readonly string[]): void => {
    const start = trail.indexOf(path);
    if (start >= 0) found.push([...trail.slice(start), path].join(' → '));
    if (start >= 0 || finished.has(path)) return;
    for (const next of edges.get(path) ?? []) visit(next, [...trail, path]);
    finished.add(path);
  };
  for (const path of edges.keys()) visit(path, []);
  return found;
}

test('no import cycles', () => {
  assert.deepEqual(cycles(typescriptFiles('src', 'web', 'test', 'scripts', 'bench')), []);
});

test('notices a cycle of three, even one of types', () => {
  const files = [
    { path: 'src/base/a.ts', text: "import { b } from './b.ts';" },
    { path: 'src/base/b.ts', text: "export { c } from './c.ts';" },
    { path: 'src/base/c.ts', text: "import type { A } from './a.ts';" },
  ];
  assert.deepEqual(cycles(files), ['src/base/a.ts → src/base/b.ts → src/base/c.ts → src/base/a.ts']);
});
