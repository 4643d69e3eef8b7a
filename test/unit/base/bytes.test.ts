/** Reading and writing fields in network order. */
import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import {
  ByteReader,
  ByteWriter,
  concatBytes,
  crc32,
  encodeUtf8,
  sameBytes,
} from '../../../src/base/index.ts';

type Field = { kind: 'u8' | 'u16' | 'u32'; value: number } | { kind: 'bytes'; value: Uint8Array };

const anyField: fc.Arbitrary<Field> = fc.oneof(
  fc.record({ kind: fc.constant('u8' as const), value: fc.nat(0xff) }),
  fc.record({ kind: fc.constant('u16' as const), value: fc.nat(0xffff) }),
  fc.record({ kind: fc.constant('u32' as const), value: fc.nat(0xffffffff) }),
  fc.record({ kind: fc.constant('bytes' as const), value: fc.uint8Array({ maxLength: 20 }) }),
);

test('what a writer wrote a reader reads, whatever the first capacity was', () => {
  fc.assert(
    fc.property(fc.array(anyField, { maxLength: 40 }), fc.nat(16), (fields, capacity) => {
      const writer = new ByteWriter(capacity);
      for (const field of fields) {
        if (field.kind === 'bytes') writer.bytes(field.value);
        else writer[field.kind](field.value);
      }
      const reader = new ByteReader(writer.finish());
      for (const field of fields) {
        if (field.kind === 'bytes') assert.deepEqual(reader.take(field.value.length), field.value);
        else assert.equal(reader[field.kind](), field.value);
      }
      assert.equal(reader.remaining, 0);
      assert.equal(reader.failed, false);
    }),
  );
});

test('a field that makes the buffer grow is not lost', () => {
  assert.deepEqual(new ByteWriter(0).u8(1).finish(), Uint8Array.of(1));
  assert.deepEqual(new ByteWriter(1).u16(0x0102).finish(), Uint8Array.of(1, 2));
  assert.deepEqual(new ByteWriter(2).u8(1).u32(0x02030405).finish(), Uint8Array.of(1, 2, 3, 4, 5));
});

test('a reader that runs past the end yields zeros and remembers, for good', () => {
  const reader = new ByteReader(Uint8Array.of(1, 2, 3));
  assert.equal(reader.u16(), 0x0102);
  assert.equal(reader.u16(), 0);
  assert.equal(reader.failed, true);
  assert.equal(reader.u8(), 0, 'the byte that is left is not read after a failure');
  assert.equal(reader.take(1).length, 0);
  const negative = new ByteReader(Uint8Array.of(1));
  negative.skip(-1);
  assert.equal(negative.failed, true);
});

test('a reader over a part of a buffer stays in that part', () => {
  const reader = new ByteReader(Uint8Array.of(9, 1, 2, 9).subarray(1, 3));
  assert.equal(reader.u16(), 0x0102);
  assert.equal(reader.remaining, 0);
  assert.equal(reader.offset, 2);
});

test('lengths can be filled in afterwards, and zeros are zeros', () => {
  const writer = new ByteWriter(2).u16(0).bytes(Uint8Array.of(0xff, 0xff)).zeros(3);
  writer.patchU16(0, writer.length);
  assert.deepEqual(writer.written(), Uint8Array.of(0, 7, 0xff, 0xff, 0, 0, 0));
  const finished = writer.finish();
  writer.patchU16(0, 1);
  assert.equal(finished[1], 7, 'finish gives a copy');
  assert.throws(() => writer.patchU16(writer.length - 1, 1), /only what was written/);
});

test('bytes joined and compared', () => {
  assert.deepEqual(
    concatBytes(Uint8Array.of(1), new Uint8Array(0), Uint8Array.of(2, 3)),
    Uint8Array.of(1, 2, 3),
  );
  assert.equal(sameBytes(Uint8Array.of(1, 2), Uint8Array.of(1, 2)), true);
  assert.equal(sameBytes(Uint8Array.of(1, 2), Uint8Array.of(1, 3)), false);
  assert.equal(sameBytes(Uint8Array.of(1, 2), Uint8Array.of(1)), false);
});

test('CRC-32 of the check string', () => {
  assert.equal(crc32(encodeUtf8('123456789')), 0xcbf43926);
  assert.equal(crc32(new Uint8Array(0)), 0);
});
