/** The parts that read bytes without knowing anybody: STUN messages, streams, ChannelData. */
import assert from 'node:assert/strict';
import { concatBytes, type SeededRandom, sameBytes } from '../../src/base/index.ts';
import { nodeCrypto } from '../../src/node/index.ts';
import {
  checkFingerprint,
  decodeErrorCode,
  decodeMessage,
  decodePasswordAlgorithm,
  decodePasswordAlgorithms,
  decodeUnknownAttributes,
  decodeXorAddress,
  encodeXorAddress,
  MessageWriter,
  StreamFramer,
  type StunMessage,
  verifyIntegrity,
  verifyIntegritySha256,
} from '../../src/stun/index.ts';
import { channelDataOf, channelNumberOf, encodeChannelData, isChannelData } from '../../src/turn/index.ts';
import { corpus } from './corpus.ts';
import { damage, once, pick } from './damage.ts';
import { bend, ODD_PEERS, putTogether, takeApart } from './stun-parts.ts';
import { count, type Episode, type FuzzTarget } from './target.ts';

const KEY = new Uint8Array(16).fill(3);

/** A bent or damaged message, sometimes both, sometimes with a seal. */
function someMessage(random: SeededRandom): Uint8Array {
  const { toServer, toClient, attributes } = corpus();
  const all = [...toServer, ...toClient];
  const original = pick(random, all);
  const parts = once(random, 4) ? undefined : takeApart(original);
  if (!parts) return damage(random, original, all);
  bend(random, parts, attributes, ODD_PEERS);
  const bytes = putTogether(parts, (writer) => {
    if (once(random, 2)) writer.integrity(nodeCrypto, KEY);
    if (once(random, 3)) writer.integritySha256(nodeCrypto, KEY);
    if (once(random, 2)) writer.fingerprint();
  });
  return once(random, 2) ? damage(random, bytes, all) : bytes;
}

/** The same bytes at any place of a larger buffer: nothing may depend on alignment. */
function somewhere(random: SeededRandom, bytes: Uint8Array): Uint8Array {
  const offset = random.uint32() % 9;
  const buffer = new Uint8Array(offset + bytes.length + (random.uint32() % 9)).fill(0xa5);
  buffer.set(bytes, offset);
  return buffer.subarray(offset, offset + bytes.length);
}

/** Whatever it is, it can be read; what was read and is written again reads the same. */
function readAll(message: StunMessage): void {
  for (const { value } of message.attributes()) {
    const address = decodeXorAddress(value, message.transactionId);
    if (address && value[0] === 0)
      assert.ok(sameBytes(encodeXorAddress(address, message.transactionId), value));
    decodeErrorCode(value);
    decodeUnknownAttributes(value);
    decodePasswordAlgorithm(value);
    decodePasswordAlgorithms(value);
  }
  const writer = new MessageWriter(message.method, message.class, message.transactionId);
  for (const { type, value } of message.attributes()) writer.attribute(type, value);
  const again = decodeMessage(writer.finish());
  assert.deepEqual(again?.attributes(), message.attributes());
}

export const stunCodec: FuzzTarget = {
  name: 'stun',
  episodeLength: 1000,
  begin: (random, reached) => {
    const episode: Episode & { input: Uint8Array } = {
      input: new Uint8Array(0),
      next() {
        const bytes = somewhere(random, someMessage(random));
        episode.input = bytes;
        const before = bytes.slice();
        const message = decodeMessage(bytes);
        count(reached, message ? 'decoded' : 'not STUN');
        if (!message) return;
        readAll(message);
        const [sha1, sha256] = [
          verifyIntegrity(nodeCrypto, message, KEY),
          verifyIntegritySha256(nodeCrypto, message, KEY),
        ];
        if (sha1 || sha256) count(reached, 'integrity right');
        count(reached, `fingerprint ${checkFingerprint(message)}`);
        assert.ok(sameBytes(bytes, before), 'reading changes nothing');
      },
      end() {},
    };
    return episode;
  },
};

const MAX_FRAME_BYTES = 4096;

export const streamFramer: FuzzTarget = {
  name: 'stream',
  episodeLength: 1000,
  begin: (random, reached) => {
    const episode: Episode & { input: Uint8Array } = {
      input: new Uint8Array(0),
      /** One connection: a few frames, some of them damaged, cut anywhere. */
      next() {
        const { toServer } = corpus();
        const parts: Uint8Array[] = [];
        for (let i = random.uint32() % 6; i >= 0; i--) {
          const data = encodeChannelData(
            0x4000 + (random.uint32() % 9),
            random.bytes(random.uint32() % 50),
            true,
          );
          const whole = once(random, 3) ? data : pick(random, toServer);
          parts.push(once(random, 6) ? damage(random, whole, toServer) : whole);
        }
        const stream = concatBytes(...parts);
        episode.input = stream;
        const framer = new StreamFramer(MAX_FRAME_BYTES);
        const frames: Uint8Array[] = [];
        for (let at = 0; at < stream.length; ) {
          const length = 1 + (random.uint32() % 200);
          framer.push(stream.subarray(at, at + length));
          at += length;
          for (let frame = framer.next(); frame; frame = framer.next()) frames.push(frame.slice());
          assert.ok(framer.bufferedBytes <= MAX_FRAME_BYTES + 200);
        }
        const out = concatBytes(...frames);
        assert.ok(sameBytes(out, stream.subarray(0, out.length)), 'frames are the stream, cut');
        for (const frame of frames) assert.ok(frame.length >= 4 && frame.length <= MAX_FRAME_BYTES);
        count(reached, framer.fault ?? (frames.length === parts.length ? 'all frames' : 'some frames'));
        if (framer.fault) {
          framer.push(stream);
          assert.equal(framer.next(), undefined, 'nothing comes after a fault');
        }
      },
      end() {},
    };
    return episode;
  },
};

export const channelDataCodec: FuzzTarget = {
  name: 'channel-data',
  episodeLength: 1000,
  begin: (random, reached) => {
    const episode: Episode & { input: Uint8Array } = {
      input: new Uint8Array(0),
      next() {
        const data = random.bytes(random.uint32() % 300);
        const whole = encodeChannelData(0x4000 + (random.uint32() % 0x4000), data, once(random, 2));
        const bytes = somewhere(random, once(random, 3) ? whole : damage(random, whole, [whole]));
        episode.input = bytes;
        const found = channelDataOf(bytes);
        count(reached, found ? 'data' : 'too short');
        if (!found) return;
        assert.ok(found.length <= bytes.length - 4);
        assert.equal(found.buffer, bytes.buffer, 'a view, no copy');
        if (!isChannelData(bytes)) return;
        const again = encodeChannelData(channelNumberOf(bytes), found, false);
        assert.ok(sameBytes(again, bytes.subarray(0, again.length)));
      },
      end() {},
    };
    return episode;
  },
};
