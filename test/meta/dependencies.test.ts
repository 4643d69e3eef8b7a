/** What people install runs no code while it is installed, and comes from the one registry that npm is set to. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { ROOT } from '../support/meta/sources.ts';

interface LockedPackage {
  readonly dev?: boolean;
  readonly optional?: boolean;
  readonly devOptional?: boolean;
  readonly hasInstallScript?: boolean;
  readonly resolved?: string;
  readonly link?: boolean;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}
type Lock = Readonly<Record<string, LockedPackage>>;

/** Development only. esbuild checks its own binary; fsevents is for macOS and optional. Neither reaches a user. */
const DEVELOPMENT_EXCEPTIONS: readonly string[] = ['esbuild', 'fsevents'];

/**
 * Optional, and whole without its script: koffi's binaries come in packages of their own, the script only looks for
 * them. Where they are missing or the script is not run the portable sockets serve (docs/adr/0008).
 */
const OPTIONAL_EXCEPTIONS: readonly string[] = ['koffi'];

function withInstallScripts(lock: Lock): readonly string[] {
  return Object.entries(lock).flatMap(([location, entry]) => {
    if (location === '' || !entry.hasInstallScript) return [];
    const name = location.split('node_modules/').at(-1) ?? location;
    if (entry.dev && DEVELOPMENT_EXCEPTIONS.includes(name)) return [];
    return entry.optional && OPTIONAL_EXCEPTIONS.includes(name) ? [] : [location];
  });
}

function fromElsewhere(lock: Lock): readonly string[] {
  return Object.entries(lock).flatMap(([location, entry]) =>
    entry.link || /^(git|file|github|https?:.*\.git)/.test(entry.resolved ?? '') ? [location] : [],
  );
}

/** Optional packages that the lock file does not name. `npm ci` refuses such a lock file, and other platforms miss them. */
function unlockedPlatforms(lock: Lock): readonly string[] {
  return Object.entries(lock).flatMap(([location, entry]) =>
    Object.keys(entry.optionalDependencies ?? {}).filter(
      (name) => !(`node_modules/${name}` in lock) && !(`${location}/node_modules/${name}` in lock),
    ),
  );
}

function readLock(): Lock {
  const text = readFileSync(path.join(ROOT, 'package-lock.json'), 'utf8');
  return (JSON.parse(text) as { readonly packages: Lock }).packages;
}

test('no dependency has install scripts', () => {
  const lock = readLock();
  assert.ok(Object.keys(lock).length > 50);
  assert.deepEqual(withInstallScripts(lock), []);
});

test('no dependency comes from a repository or a folder', () => {
  assert.deepEqual(fromElsewhere(readLock()), []);
});

test('the lock file serves every platform', () => {
  assert.deepEqual(unlockedPlatforms(readLock()), []);
});

test('notices each kind', () => {
  const lock: Lock = {
    '': { hasInstallScript: true },
    'node_modules/native': { hasInstallScript: true },
    'node_modules/tsx/node_modules/esbuild': { hasInstallScript: true, dev: true },
    'node_modules/esbuild': { hasInstallScript: true, optionalDependencies: { 'esbuild-there': '1.0.0' } },
    'node_modules/linter': { optionalDependencies: { 'linter-here': '1.0.0', 'linter-there': '1.0.0' } },
    'node_modules/linter/node_modules/linter-here': {},
    'node_modules/esbuild-there': {},
    'node_modules/fork': { resolved: 'git+ssh://example.org/fork.git#1234' },
  };
  assert.deepEqual(withInstallScripts(lock), ['node_modules/native', 'node_modules/esbuild']);
  assert.deepEqual(fromElsewhere(lock), ['node_modules/fork']);
  assert.deepEqual(unlockedPlatforms(lock), ['linter-there']);
});
