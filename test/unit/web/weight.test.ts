/** What the call page weighs: the script that a browser loads for `/r/<id>` before anybody opens a drawer. */
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'vite';

/** The promise of the page, bytes after gzip. */
const LIMIT_BYTES = 60_000;

interface ManifestEntry {
  readonly file: string;
  readonly imports?: readonly string[];
}

type Manifest = Readonly<Record<string, ManifestEntry>>;

const web = fileURLToPath(new URL('../../../web/', import.meta.url));
let folder = '';

before(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'ieum-weight-'));
  await build({
    root: web,
    configFile: path.join(web, 'vite.config.ts'),
    logLevel: 'warn',
    build: { outDir: folder, emptyOutDir: true },
  });
});

after(() => rm(folder, { recursive: true, force: true }));

/** The files of a chunk and of everything that it imports at once. */
function filesOf(manifest: Manifest, key: string, seen = new Set<string>()): Set<string> {
  const entry = manifest[key];
  assert.ok(entry, `the manifest has ${key}`);
  if (!seen.has(entry.file)) {
    seen.add(entry.file);
    for (const imported of entry.imports ?? []) filesOf(manifest, imported, seen);
  }
  return seen;
}

async function weigh(files: Iterable<string>): Promise<number> {
  let bytes = 0;
  for (const file of files) bytes += gzipSync(await readFile(path.join(folder, file)), { level: 9 }).length;
  return bytes;
}

test('the call page with its larger dictionary stays within 60 KB gzip', async (t) => {
  const manifest: Manifest = JSON.parse(await readFile(path.join(folder, '.vite/manifest.json'), 'utf8'));
  const page = await weigh(filesOf(manifest, 'index.html'));
  const korean = await weigh(filesOf(manifest, 'src/words/ko.ts'));
  const english = await weigh(filesOf(manifest, 'src/words/en.ts'));
  const total = page + Math.max(korean, english);
  t.diagnostic(
    `${page} bytes of page, ${korean} of Korean, ${english} of English: ${total} of ${LIMIT_BYTES}`,
  );
  assert.ok(total <= LIMIT_BYTES, `${total} bytes`);
});

test('the page asks for nothing that its policy forbids', async () => {
  const html = await readFile(path.join(folder, 'index.html'), 'utf8');
  assert.doesNotMatch(html, /<script(?![^>]*\ssrc=)/, 'an inline script');
  assert.doesNotMatch(html, /\sstyle="/, 'a style attribute');
  assert.doesNotMatch(html, /(?:src|href)="(?:https?:)?\/\//, 'something from elsewhere');
});
