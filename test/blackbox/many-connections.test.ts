/** A thousand connections opened and closed in one process: no handle and no memory is left, and the process ends by itself. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import path from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import type { Leftovers } from '../support/webrtc/many-connections.ts';

const PROGRAM = path.join(import.meta.dirname, '../support/webrtc/many-connections.ts');

/** Caches, compiled code: far from what even a hundred connections hold. */
const MOST_GROWTH_BYTES = 4_000_000;

test('1,000 connections leave nothing behind', async () => {
  const args = ['--expose-gc', '--import', 'tsx', PROGRAM, '50', '450'];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  const { before, after } = JSON.parse(stdout) as { readonly before: Leftovers; readonly after: Leftovers };
  assert.deepEqual(after.resources, before.resources);
  assert.deepEqual(
    after.resources.filter((name) => /UDP|TCP|Timeout|Immediate/.test(name)),
    [],
  );
  const growth = after.heapBytes + after.externalBytes - before.heapBytes - before.externalBytes;
  assert.ok(growth < MOST_GROWTH_BYTES, `grew by ${growth} bytes`);
});
