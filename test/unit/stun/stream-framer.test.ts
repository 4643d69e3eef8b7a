/** Cutting a byte stream into messages. RFC 8489 §6.2.2, RFC 8656 §12.5. */
import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { concatBytes } from '../../../src/base/index.ts';
import { MessageClass, MessageWriter, StreamFramer, StunAttribute } from '../../../src/stun/index.ts';

const stunFrame = fc
  .uint8Array({ maxLength: 300 })
  .map((value) =>
    new MessageWriter(1, MessageClass.REQUEST, new Uint8Array(12))
      .attribute(StunAttribute.SOFTWARE, value)
      .finish(),
  );
/** Padded to four, and the length does not count the padding. */
const channelFrame = fc
  .record({ channel: fc.integer({ min: 0x4000, max: 0x7fff }), data: fc.uint8Array({ maxLength: 300 }) })
  .map(({ channel, data }) => {
    const frame = new Uint8Array(4 + ((data.length + 3) & ~3));
    frame.set([channel >> 8, channel & 0xff, data.length >> 8, data.length & 0xff]);
    frame.set(data, 4);
    return frame;
  });

function framesOf(framer: StreamFramer, chunk: Uint8Array): Uint8Array[] {
  framer.push(chunk);
  const frames: Uint8Array[] = [];
  for (let frame = framer.next(); frame; frame = framer.next()) frames.push(frame.slice());
  return frames;
}

test('however the stream is cut into chunks, the same frames come out', () => {
  fc.assert(
    fc.property(
      fc.array(fc.oneof(stunFrame, channelFrame), { minLength: 1, maxLength: 12 }),
      fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1, maxLength: 20 }),
      (frames, sizes) => {
        const stream = concatBytes(...frames);
        const framer = new StreamFramer();
        const seen: Uint8Array[] = [];
        for (let at = 0, i = 0; at < stream.length; i++) {
          const size = sizes[i % sizes.length] ?? 1;
          seen.push(...framesOf(framer, stream.subarray(at, at + size)));
          at += size;
        }
        assert.deepEqual(seen, frames);
        assert.equal(framer.bufferedBytes, 0);
        assert.equal(framer.fault, undefined);
      },
    ),
    { numRuns: 200 },
  );
});

test('the chunk is copied: the caller may reuse its buffer', () => {
  const framer = new StreamFramer();
  const frame = new MessageWriter(1, MessageClass.REQUEST, new Uint8Array(12).fill(7)).finish();
  const chunk = frame.slice(0, 10);
  framer.push(chunk);
  assert.equal(framer.next(), undefined);
  chunk.fill(0xff);
  assert.deepEqual(framesOf(framer, frame.subarray(10)), [frame]);
});

test('what cannot be STUN is noticed at the earliest byte, and nothing more is kept', () => {
  for (const [bytes, why] of [
    [[0x80], 'first byte of no protocol of ours'],
    [[0x80, 0x60], 'RTP'],
    [[0x16, 0x03, 0x01, 0x00, 0xff], 'TLS: no cookie'],
    [[0x47, 0x45, 0x54, 0x20, 0xff, 0xff], ''],
    [[0x00, 0x01, 0x00, 0x03], 'a length that is no multiple of four'],
    [[0x00, 0x01, 0x00, 0x00, 0x21, 0x12, 0xa4, 0x43], 'another cookie'],
  ] as const) {
    const framer = new StreamFramer();
    assert.deepEqual(framesOf(framer, Uint8Array.from(bytes)), []);
    // "GET " begins like ChannelData of channel 0x4745 and is only too long a frame to ever complete.
    if (why !== '') assert.equal(framer.fault, 'not-stun', why);
    framer.push(new Uint8Array(100_000));
    if (framer.fault) assert.equal(framer.bufferedBytes, 0);
  }
});

test('a frame longer than the bound is refused before it is collected', () => {
  const framer = new StreamFramer(1500);
  framer.push(Uint8Array.of(0x40, 0x00, 0xff, 0xff));
  assert.equal(framer.next(), undefined);
  assert.equal(framer.fault, 'too-long');
});

test('noise never throws', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 50 }), { maxLength: 10 }), (chunks) => {
      const framer = new StreamFramer();
      for (const chunk of chunks) framesOf(framer, chunk);
    }),
  );
});
