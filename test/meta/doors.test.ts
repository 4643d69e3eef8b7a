/** Each folder has one door with named exports, and package.json offers exactly these doors. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import ts from 'typescript';
import { FURTHER_DOORS, folderOf } from '../support/meta/floors.ts';
import { parse } from '../support/meta/imports.ts';
import { place, ROOT, type SourceFile, typescriptFiles } from '../support/meta/sources.ts';

/** `cli/` is a program, no library. */
const NOT_OFFERED: readonly string[] = ['cli'];

function starExports(files: readonly SourceFile[]): readonly string[] {
  return files.flatMap((file) => {
    const source = parse(file);
    return source.statements
      .filter((statement) => ts.isExportDeclaration(statement))
      .filter(
        (statement) => statement.exportClause === undefined || ts.isNamespaceExport(statement.exportClause),
      )
      .map((statement) => place(file, source.getLineAndCharacterOfPosition(statement.getStart()).line + 1));
  });
}

function foldersWithoutDoor(files: readonly SourceFile[]): readonly string[] {
  const folders = new Set(files.flatMap((file) => folderOf(file.path) ?? []));
  const paths = new Set(files.map((file) => file.path));
  return [...folders].filter(
    (folder) => !NOT_OFFERED.includes(folder) && !paths.has(`src/${folder}/index.ts`),
  );
}

/** What `exports` of package.json should be for these folders. */
function expectedExports(files: readonly SourceFile[]): Readonly<Record<string, string>> {
  const folders = [...new Set(files.flatMap((file) => folderOf(file.path) ?? []))].sort();
  const doors = folders
    .filter((folder) => !NOT_OFFERED.includes(folder))
    .map((folder) => [`./${folder}`, `./dist/${folder}/index.js`]);
  const further = Object.entries(FURTHER_DOORS)
    .filter(([, source]) => files.some(({ path }) => path === source))
    .map(([name, source]) => [name, `./${source.replace(/^src/, 'dist').replace(/ts$/, 'js')}`]);
  return { ...Object.fromEntries([...doors, ...further]), './package.json': './package.json' };
}

test('every folder under src has a door', () => {
  assert.deepEqual(foldersWithoutDoor(typescriptFiles('src')), []);
});

test('no door and no file says export *', () => {
  assert.deepEqual(starExports(typescriptFiles('src', 'web', 'test')), []);
});

test('package.json offers every door and nothing else', () => {
  const manifest = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8')) as {
    readonly exports: Readonly<Record<string, string>>;
  };
  assert.deepEqual(manifest.exports, expectedExports(typescriptFiles('src')));
});

test('notices both kinds of star export, and a folder without a door', () => {
  const text = "export * from './b.ts';\nexport * as c from './c.ts';\nexport { d } from './d.ts';";
  assert.equal(starExports([{ path: 'src/base/index.ts', text }]).length, 2);
  assert.deepEqual(foldersWithoutDoor([{ path: 'src/rtp/packet.ts', text: '' }]), ['rtp']);
  assert.deepEqual(expectedExports([{ path: 'src/rtp/index.ts', text: '' }]), {
    './rtp': './dist/rtp/index.js',
    './package.json': './package.json',
  });
});
