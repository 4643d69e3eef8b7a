/** The map that knows its oldest entry: in order like a Map, and quick where a Map is not. */
import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { AgingMap } from '../../../src/base/index.ts';

test('what was set or touched last is the last to be the oldest', () => {
  const map = new AgingMap<string, number>();
  const oldest = () => map.oldest?.key;
  assert.equal(oldest(), undefined);
  map.set('a', 1);
  map.set('b', 2);
  map.set('c', 3);
  assert.equal(oldest(), 'a');
  assert.equal(map.touch('a'), 1);
  assert.equal(oldest(), 'b');
  map.set('b', 4);
  assert.equal(oldest(), 'c');
  assert.equal(map.delete('c'), true);
  assert.equal(oldest(), 'a');
  assert.equal(map.get('b'), 4);
  assert.equal(map.touch('nobody'), undefined);
  map.clear();
  assert.equal(map.size, 0);
  assert.equal(oldest(), undefined);
});

test('through any mixture of steps it is a Map in which setting and touching move to the end', () => {
  const step = fc.tuple(fc.constantFrom('set', 'touch', 'delete', 'forget-oldest'), fc.nat(12));
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const map = new AgingMap<number, number>();
      const model = new Map<number, number>();
      for (const [i, [kind, key]] of steps.entries()) {
        const known = model.get(key);
        if (kind === 'set') {
          map.set(key, i);
          model.delete(key);
          model.set(key, i);
        } else if (kind === 'touch') {
          assert.equal(map.touch(key), known);
          if (known !== undefined && model.delete(key)) model.set(key, known);
        } else if (kind === 'delete') {
          assert.equal(map.delete(key), model.delete(key));
        } else {
          const [oldest] = model.keys();
          if (oldest === undefined) continue;
          assert.equal(map.delete(oldest), model.delete(oldest));
        }
        const [first] = model;
        assert.deepEqual(map.oldest && [map.oldest.key, map.oldest.value], first);
        assert.equal(map.size, model.size);
        assert.equal(map.has(key), model.has(key));
        assert.equal(map.get(key), model.get(key));
      }
    }),
  );
});
