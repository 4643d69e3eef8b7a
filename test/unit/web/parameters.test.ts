/** What the address may ask for. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseParameters } from '../../../web/src/app/parameters.ts';

test('an address without parameters asks for nothing', () => {
  assert.deepEqual(parseParameters('', true), {
    ice: 'all',
    transport: undefined,
    codec: undefined,
    videoHeight: undefined,
    audio: true,
    name: undefined,
    language: undefined,
    join: false,
  });
});

test('every parameter is understood', () => {
  const search = '?ice=relay&transport=tls&codec=VP9&video=360p&audio=0&name=Eve&lang=ko&join=1';
  assert.deepEqual(parseParameters(search, true), {
    ice: 'relay',
    transport: 'tls',
    codec: 'VP9',
    videoHeight: 360,
    audio: false,
    name: 'Eve',
    language: 'ko',
    join: true,
  });
  assert.equal(parseParameters('?video=0', false).videoHeight, 0);
});

test('a link cannot press Join for a person: only automation may', () => {
  assert.equal(parseParameters('?join=1&name=Eve', false).join, false);
});

test('unknown values are as if they were not there, whatever they are', () => {
  const search = '?ice=x&transport=sctp&codec=%3Cb%3E&video=9999p&audio=&name=%20&lang=fr&join=yes';
  assert.deepEqual(parseParameters(search, true), parseParameters('', true));
  fc.assert(
    fc.property(fc.webQueryParameters(), (query) => {
      const { name, codec } = parseParameters(`?${query}`, false);
      return (name?.length ?? 0) <= 64 && (codec?.length ?? 0) <= 8;
    }),
  );
});
