/** Shape of messages: what is read, what is ignored, what is no message at all. RFC 8489 §5, §14. */
import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { concatBytes, encodeUtf8 } from '../../../src/base/index.ts';
import { nodeCrypto } from '../../../src/node/index.ts';
import {
  bindingResponse,
  checkFingerprint,
  classOf,
  decodeErrorCode,
  decodeMessage,
  decodeUnknownAttributes,
  decodeXorAddress,
  encodeErrorCode,
  encodeMessageType,
  encodeXorAddress,
  looksLikeStun,
  MessageClass,
  MessageWriter,
  methodOf,
  StunAttribute,
  StunMethod,
  verifyIntegrity,
  verifyIntegritySha256,
} from '../../../src/stun/index.ts';
import { append } from '../../support/turn/append.ts';

const ID = Uint8Array.from({ length: 12 }, (_, i) => i + 1);
const KEY = encodeUtf8('key');
const SEALS: readonly number[] = [
  StunAttribute.MESSAGE_INTEGRITY,
  StunAttribute.MESSAGE_INTEGRITY_SHA256,
  StunAttribute.FINGERPRINT,
];

const anyMessage = fc.record({
  method: fc.integer({ min: 0, max: 0xfff }),
  messageClass: fc.constantFrom(...Object.values(MessageClass)),
  id: fc.uint8Array({ minLength: 12, maxLength: 12 }),
  attributes: fc.array(
    fc.record({
      type: fc.integer({ min: 0, max: 0xffff }).filter((type) => !SEALS.includes(type)),
      value: fc.uint8Array({ maxLength: 40 }),
    }),
    { maxLength: 8 },
  ),
});

function write(message: {
  method: number;
  messageClass: MessageClass;
  id: Uint8Array;
  attributes: readonly { type: number; value: Uint8Array }[];
}): MessageWriter {
  const writer = new MessageWriter(message.method, message.messageClass, message.id);
  for (const { type, value } of message.attributes) writer.attribute(type, value);
  return writer;
}

function request(): MessageWriter {
  return new MessageWriter(StunMethod.BINDING, MessageClass.REQUEST, ID);
}

test('§5: method and class share 14 bits and come apart again, for all of them', () => {
  assert.equal(encodeMessageType(StunMethod.BINDING, MessageClass.REQUEST), 0x0001);
  assert.equal(encodeMessageType(StunMethod.BINDING, MessageClass.INDICATION), 0x0011);
  assert.equal(encodeMessageType(StunMethod.BINDING, MessageClass.SUCCESS), 0x0101);
  assert.equal(encodeMessageType(StunMethod.BINDING, MessageClass.ERROR), 0x0111);
  const seen = new Set<number>();
  for (let method = 0; method <= 0xfff; method++) {
    for (const messageClass of Object.values(MessageClass)) {
      const type = encodeMessageType(method, messageClass);
      assert.ok(type <= 0x3fff);
      assert.equal(methodOf(type), method);
      assert.equal(classOf(type), messageClass);
      seen.add(type);
    }
  }
  assert.equal(seen.size, 0x4000);
});

test('what is written is what is read, and every byte of padding is zero', () => {
  fc.assert(
    fc.property(anyMessage, (message) => {
      const bytes = write(message).finish();
      assert.equal(bytes.length % 4, 0);
      const decoded = decodeMessage(bytes);
      assert.ok(decoded);
      assert.equal(decoded.method, message.method);
      assert.equal(decoded.class, message.messageClass);
      assert.deepEqual(decoded.transactionId, message.id);
      assert.deepEqual(
        decoded.attributes(),
        message.attributes.map((attribute) => ({ ...attribute })),
      );
      // Written again from what was read, it is the same, padding included.
      const again = write({ ...message, attributes: decoded.attributes() }).finish();
      assert.deepEqual(again, bytes);
    }),
    { numRuns: 500 },
  );
});

test('noise never throws and is hardly ever a message', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      const message = decodeMessage(bytes);
      if (message) assert.ok(looksLikeStun(bytes));
    }),
    { numRuns: 2000 },
  );
});

test('a message with bytes changed, cut off or added never throws', () => {
  fc.assert(
    fc.property(
      anyMessage,
      fc.array(fc.record({ at: fc.nat(300), value: fc.nat(255) }), { maxLength: 4 }),
      fc.integer({ min: -8, max: 8 }),
      (message, changes, lengthChange) => {
        const original = write(message).integrity(nodeCrypto, KEY).fingerprint().finish();
        const bytes = new Uint8Array(Math.max(0, original.length + lengthChange));
        bytes.set(original.subarray(0, bytes.length));
        for (const { at, value } of changes) if (at < bytes.length) bytes[at] = value;
        const decoded = decodeMessage(bytes);
        if (!decoded) return;
        verifyIntegrity(nodeCrypto, decoded, KEY);
        verifyIntegritySha256(nodeCrypto, decoded, KEY);
        checkFingerprint(decoded);
        for (const { value } of decoded.attributes()) {
          decodeXorAddress(value, decoded.transactionId);
          decodeErrorCode(value);
          decodeUnknownAttributes(value);
        }
      },
    ),
    { numRuns: 2000 },
  );
});

test('the first bytes tell noise: other bits, an odd length, another cookie, a short header', () => {
  const good = request().finish();
  assert.ok(decodeMessage(good));
  const spoil = (at: number, value: number) => {
    const bytes = good.slice();
    bytes[at] = value;
    return bytes;
  };
  assert.equal(decodeMessage(spoil(0, 0x80)), undefined); // RTP
  assert.equal(decodeMessage(spoil(0, 0x40)), undefined); // ChannelData
  assert.equal(decodeMessage(spoil(3, 2)), undefined);
  assert.equal(decodeMessage(spoil(4, 0x22)), undefined);
  assert.equal(decodeMessage(spoil(7, 0x43)), undefined);
  assert.equal(decodeMessage(good.subarray(0, 19)), undefined);
  assert.equal(decodeMessage(new Uint8Array(0)), undefined);
});

test('the length field must name exactly the bytes that are there', () => {
  const good = request().text(StunAttribute.SOFTWARE, 'x').finish();
  assert.equal(decodeMessage(concatBytes(good, new Uint8Array(4))), undefined);
  assert.equal(decodeMessage(good.subarray(0, good.length - 4)), undefined);
});

test('an attribute that runs past the end makes the whole message invalid', () => {
  const bytes = request().text(StunAttribute.SOFTWARE, 'abcd').finish();
  bytes[23] = 5; // says 5, there are 4
  assert.equal(decodeMessage(bytes), undefined);
});

test('§14: of two attributes with one type the first counts, and both can be had', () => {
  const message = decodeMessage(
    request().text(StunAttribute.USERNAME, 'a').text(StunAttribute.USERNAME, 'b').finish(),
  );
  assert.deepEqual(message?.get(StunAttribute.USERNAME), encodeUtf8('a'));
  assert.deepEqual(message?.getAll(StunAttribute.USERNAME), [encodeUtf8('a'), encodeUtf8('b')]);
  assert.equal(message?.get(StunAttribute.REALM), undefined);
});

test('§14.5: what is appended behind the integrity does not exist, except the other integrity and the fingerprint', () => {
  const sealed = request().text(StunAttribute.USERNAME, 'u').integrity(nodeCrypto, KEY).finish();
  // An attacker on the way appends attributes and corrects the length; the integrity cannot notice.
  const forged = append(sealed, StunAttribute.XOR_MAPPED_ADDRESS, new Uint8Array(8));
  const message = decodeMessage(forged);
  assert.ok(message);
  assert.equal(verifyIntegrity(nodeCrypto, message, KEY), true);
  assert.deepEqual(message.attributeTypes(), [StunAttribute.USERNAME, StunAttribute.MESSAGE_INTEGRITY]);

  const honest = request()
    .text(StunAttribute.USERNAME, 'u')
    .integrity(nodeCrypto, KEY)
    .integritySha256(nodeCrypto, KEY)
    .fingerprint()
    .finish();
  const all = decodeMessage(honest);
  assert.ok(all);
  assert.deepEqual(all.attributeTypes(), [StunAttribute.USERNAME, ...SEALS]);
  assert.equal(verifyIntegrity(nodeCrypto, all, KEY), true);
  assert.equal(verifyIntegritySha256(nodeCrypto, all, KEY), true);
  assert.equal(checkFingerprint(all), 'right');
});

test('§14.6: after MESSAGE-INTEGRITY-SHA256 a MESSAGE-INTEGRITY no longer counts', () => {
  const sealed = request().integritySha256(nodeCrypto, KEY).integrity(nodeCrypto, KEY).finish();
  assert.deepEqual(decodeMessage(sealed)?.attributeTypes(), [StunAttribute.MESSAGE_INTEGRITY_SHA256]);
});

test('§14.6: a shortened MESSAGE-INTEGRITY-SHA256 is refused, since no usage of ours allows it', () => {
  const whole = request().integritySha256(nodeCrypto, KEY).finish();
  const message = decodeMessage(whole);
  const mac = message?.get(StunAttribute.MESSAGE_INTEGRITY_SHA256);
  assert.ok(mac);
  const short = request().attribute(StunAttribute.MESSAGE_INTEGRITY_SHA256, mac.subarray(0, 16)).finish();
  const decoded = decodeMessage(short);
  assert.ok(decoded);
  assert.equal(verifyIntegritySha256(nodeCrypto, decoded, KEY), false);
});

test('§14.7: the fingerprint must be last', () => {
  const bytes = append(request().fingerprint().finish(), StunAttribute.SOFTWARE, encodeUtf8('late'));
  const message = decodeMessage(bytes);
  assert.ok(message);
  assert.equal(checkFingerprint(message), 'wrong');
});

test('a wrong key, or none, does not verify', () => {
  const message = decodeMessage(request().integrity(nodeCrypto, KEY).finish());
  assert.ok(message);
  assert.equal(verifyIntegrity(nodeCrypto, message, encodeUtf8('other')), false);
  const bare = decodeMessage(request().finish());
  assert.ok(bare);
  assert.equal(verifyIntegrity(nodeCrypto, bare, KEY), false);
});

test('§14.2: addresses of both families survive the XOR', () => {
  const ipv4 = fc.ipV4();
  const ipv6 = fc.ipV6();
  fc.assert(
    fc.property(
      fc.oneof(ipv4, ipv6),
      fc.nat(65_535),
      fc.uint8Array({ minLength: 12, maxLength: 12 }),
      (ip, port, id) => {
        const value = encodeXorAddress({ ip, port }, id);
        const decoded = decodeXorAddress(value, id);
        assert.ok(decoded);
        assert.equal(decoded.port, port);
        assert.deepEqual(encodeXorAddress(decoded, id), value);
      },
    ),
  );
});

test('§14.1: the first byte is ignored; an unknown family or a wrong length is no address', () => {
  const value = encodeXorAddress({ ip: '192.0.2.1', port: 1 }, ID);
  assert.deepEqual(decodeXorAddress(Uint8Array.of(0xff, ...value.subarray(1)), ID), {
    ip: '192.0.2.1',
    port: 1,
  });
  assert.equal(decodeXorAddress(Uint8Array.of(0, 3, ...value.subarray(2)), ID), undefined);
  assert.equal(decodeXorAddress(value.subarray(0, 7), ID), undefined);
  assert.equal(decodeXorAddress(new Uint8Array(0), ID), undefined);
  assert.throws(() => encodeXorAddress({ ip: 'example.org', port: 1 }, ID), TypeError);
});

test('§14.8: an error code is hundreds and the rest; nonsense is none', () => {
  for (let code = 300; code < 700; code++) {
    assert.deepEqual(decodeErrorCode(encodeErrorCode(code, 'because')), { code, reason: 'because' });
  }
  assert.equal(decodeErrorCode(Uint8Array.of(0, 0, 2, 0)), undefined);
  assert.equal(decodeErrorCode(Uint8Array.of(0, 0, 7, 0)), undefined);
  assert.equal(decodeErrorCode(Uint8Array.of(0, 0, 4, 100)), undefined);
  assert.equal(decodeErrorCode(Uint8Array.of(0, 0, 4)), undefined);
  // Reserved bits are ignored.
  assert.deepEqual(decodeErrorCode(Uint8Array.of(0xff, 0xff, 0xfc, 1)), { code: 401, reason: '' });
});

test('§14.13: unknown attributes are listed as 16-bit numbers', () => {
  const message = decodeMessage(request().unknownAttributes([0x0003, 0x7fff]).finish());
  assert.deepEqual(
    decodeUnknownAttributes(message?.get(StunAttribute.UNKNOWN_ATTRIBUTES) ?? new Uint8Array()),
    [0x0003, 0x7fff],
  );
});

test('the answer to a Binding request holds XOR-MAPPED-ADDRESS only: 32 bytes, 44 for IPv6', () => {
  const message = decodeMessage(request().finish());
  assert.ok(message);
  const answer = decodeMessage(bindingResponse(message, { ip: '203.0.113.7', port: 5000 }));
  assert.ok(answer);
  assert.equal(answer.bytes.length, 32);
  assert.equal(answer.class, MessageClass.SUCCESS);
  assert.deepEqual(answer.transactionId, ID);
  assert.deepEqual(answer.attributeTypes(), [StunAttribute.XOR_MAPPED_ADDRESS]);
  assert.equal(bindingResponse(message, { ip: '2001:db8::1', port: 5000 }).length, 44);
});

test('a message that would not fit its length field is refused to the caller', () => {
  assert.throws(() => request().attribute(StunAttribute.SOFTWARE, new Uint8Array(65_533)), RangeError);
  assert.throws(() => new MessageWriter(1, MessageClass.REQUEST, new Uint8Array(11)));
});
