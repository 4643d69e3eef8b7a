/** A flood is one line for each kind and window, with a number, where it comes from, and an example. */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, mock, test } from 'node:test';
import { type LogFields, silentLog } from '../../../src/base/index.ts';
import { FloodLog } from '../../../src/server/flood-log.ts';

const lines: { message: string; fields: LogFields | undefined }[] = [];
const log = {
  ...silentLog,
  info: (message: string, fields?: LogFields) => void lines.push({ message, fields }),
};

beforeEach(() => {
  lines.length = 0;
  mock.timers.enable({ apis: ['setTimeout'] });
});
afterEach(() => mock.timers.reset());

test('ten thousand refusals are one line', () => {
  const floods = new FloodLog({ log });
  for (let i = 0; i < 10_000; i++) floods.note('refused', { n: i }, `192.0.2.${i % 256}`);
  for (let i = 0; i < 10; i++) floods.note('refused', {}, `2001:db8:0:1::${i}`);
  floods.note('other', { x: 1 });
  assert.deepEqual(lines, []);
  mock.timers.tick(10_000);
  assert.deepEqual(lines, [
    {
      message: 'refused',
      fields: {
        count: 10_010,
        networks: 2,
        most: { '192.0.2.0/24': 10_000, '2001:db8:0:1::/64': 10 },
        example: { n: 0 },
      },
    },
    { message: 'other', fields: { count: 1, example: { x: 1 } } },
  ]);
  mock.timers.tick(60_000);
  assert.equal(lines.length, 2, 'quiet again');
  floods.close();
});

test('sources without number cannot grow it', () => {
  const floods = new FloodLog({ log });
  for (let i = 0; i < 5_000; i++) floods.note('refused', {}, `10.${i >> 8}.${i & 255}.1`);
  floods.flush();
  const [line] = lines;
  assert.ok(line?.fields);
  const { count, networks, most } = line.fields;
  assert.deepEqual([count, networks], [5_000, 1025]);
  assert.deepEqual(Object.entries(Object(most))[0], ['elsewhere', 5_000 - 1024]);
  floods.close();
});

test('counters that others keep are told in windows in which they jump', () => {
  let malformed = 5;
  const floods = new FloodLog({ log });
  floods.watch('noise', () => malformed, 100);
  malformed += 99;
  mock.timers.tick(10_000);
  assert.deepEqual(lines, []);
  malformed += 100;
  mock.timers.tick(10_000);
  assert.deepEqual(lines, [{ message: 'noise', fields: { count: 100 } }]);
  floods.close();
});

test('what has not been told is told at the end', () => {
  const floods = new FloodLog({ log });
  floods.note('refused', {});
  floods.close();
  assert.equal(lines.length, 1);
});
