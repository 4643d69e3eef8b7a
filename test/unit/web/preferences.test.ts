/** What a browser kept from an earlier visit, or claims to have kept. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parsePreferences } from '../../../web/src/app/preferences.ts';

const FIRST_VISIT = parsePreferences(null);

test('a first visit begins with both devices on and no name', () => {
  assert.equal(FIRST_VISIT.name, '');
  assert.equal(FIRST_VISIT.cameraOn, true);
  assert.equal(FIRST_VISIT.microphoneOn, true);
});

test('what was kept comes back', () => {
  const kept = { ...FIRST_VISIT, name: '민수', language: 'ko' as const, cameraId: 'abc', cameraOn: false };
  assert.deepEqual(parsePreferences(JSON.stringify(kept)), kept);
});

test('damaged or foreign text is a first visit, and never an exception', () => {
  for (const text of ['', '{', 'null', '7', '[]', '{"name":5,"language":"xx","cameraId":{}}']) {
    assert.deepEqual(parsePreferences(text), FIRST_VISIT, text);
  }
  fc.assert(fc.property(fc.json(), (text) => typeof parsePreferences(text).name === 'string'));
});
