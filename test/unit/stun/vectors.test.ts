/** The published test vectors: RFC 5769 §2.1 … §2.4 and RFC 8489 appendix B.1. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { decodeHex, decodeUtf8, encodeHex, encodeUtf8 } from '../../../src/base/index.ts';
import { nodeCrypto } from '../../../src/node/index.ts';
import {
  checkFingerprint,
  decodeMessage,
  decodeXorAddress,
  longTermKey,
  MessageClass,
  MessageWriter,
  StunAttribute,
  type StunMessage,
  StunMethod,
  userHash,
  verifyIntegrity,
  verifyIntegritySha256,
} from '../../../src/stun/index.ts';

const PRIORITY = 0x0024; // RFC 8445 §16.1
const ICE_CONTROLLED = 0x8029;
const SHORT_TERM_KEY = encodeUtf8('VOkJxbRl1RmTxUk/WvJxBt');
const MATRIX = 'マトリックス';

const REQUEST = `
  00010058 2112a442 b7e7a701 bc34d686 fa87dfae
  80220010 5354554e 20746573 7420636c 69656e74
  00240004 6e0001ff 80290008 932ff9b1 51263b36
  00060009 6576746a 3a683676 59202020
  00080014 9aeaa70c bfd8cb56 781ef2b5 b2d3f249 c1b571a2
  80280004 e57a3bcf`;

const IPV4_RESPONSE = `
  0101003c 2112a442 b7e7a701 bc34d686 fa87dfae
  8022000b 74657374 20766563 746f7220
  00200008 0001a147 e112a643
  00080014 2b91f599 fd9e90c3 8c7489f9 2af9ba53 f06be7d7
  80280004 c07d4c96`;

const IPV6_RESPONSE = `
  01010048 2112a442 b7e7a701 bc34d686 fa87dfae
  8022000b 74657374 20766563 746f7220
  00200014 0002a147 0113a9fa a5d3f179 bc25f4b5 bed2b9d9
  00080014 a382954e 4be67bf1 1784c97c 8292c275 bfe3ed41
  80280004 c8fb0b4c`;

const LONG_TERM_REQUEST = `
  00010060 2112a442 78ad3433 c6ad72c0 29da412e
  00060012 e3839ee3 8388e383 aae38383 e382afe3 82b90000
  0015001c 662f2f34 39396b39 35346436 4f4c3334 6f4c3946 53547679 36347341
  0014000b 6578616d 706c652e 6f726700
  00080014 f6702465 6dd64a3e 02b8e071 2e85c9a2 8ca89666`;

/** As erratum 6268 corrects it: the printed one has a length of 0x9c for 0x88 bytes, and lacks PASSWORD-ALGORITHM. */
const SHA256_REQUEST = `
  00010090 2112a442 78ad3433 c6ad72c0 29da412e
  001e0020 4a3cf38f ef6992bd a952c678 0417da0f 24819415 569e60b2 05c46e41 407f1704
  00150029 6f624d61 744a6f73 32414141 43662f2f 3439396b 39353464 364f4c33 346f4c39 46535476 79363473 41000000
  0014000b 6578616d 706c652e 6f726700
  001d0004 00020000
  001c0020 b5c7bf00 5b6c52a2 1c51c5e8 92f81924 136296cb 927c4314 9309278c c6518e65`;

const PRINTED_SHA256_REQUEST = `
  0001009c 2112a442 78ad3433 c6ad72c0 29da412e
  001e0020 4a3cf38f ef6992bd a952c678 0417da0f 24819415 569e60b2 05c46e41 407f1704
  00150029 6f624d61 744a6f73 32414141 43662f2f 3439396b 39353464 364f4c33 346f4c39 46535476 79363473 41000000
  0014000b 6578616d 706c652e 6f726700
  001c0020 e4686c8f 0edeb590 13e07090 010a93ef ccbccc54 4c0a45d9 f830aa6d 6f735a01`;

function decoded(hex: string): StunMessage {
  const bytes = decodeHex(hex);
  assert.ok(bytes);
  const message = decodeMessage(bytes);
  assert.ok(message);
  return message;
}

function text(message: StunMessage, type: number): string {
  const value = message.get(type);
  assert.ok(value);
  return decodeUtf8(value);
}

test('RFC 5769 §2.1: a request with short-term credentials', () => {
  const message = decoded(REQUEST);
  assert.equal(message.method, StunMethod.BINDING);
  assert.equal(message.class, MessageClass.REQUEST);
  assert.equal(encodeHex(message.transactionId), 'b7e7a701bc34d686fa87dfae');
  assert.equal(text(message, StunAttribute.SOFTWARE), 'STUN test client');
  assert.equal(text(message, StunAttribute.USERNAME), 'evtj:h6vY'); // without the padding
  assert.equal(encodeHex(message.get(PRIORITY) ?? new Uint8Array()), '6e0001ff');
  assert.equal(encodeHex(message.get(ICE_CONTROLLED) ?? new Uint8Array()), '932ff9b151263b36');
  assert.equal(verifyIntegrity(nodeCrypto, message, SHORT_TERM_KEY), true);
  assert.equal(checkFingerprint(message), 'right');
});

for (const [name, hex, ip] of [
  ['RFC 5769 §2.2: a response with an IPv4 address', IPV4_RESPONSE, '192.0.2.1'],
  ['RFC 5769 §2.3: a response with an IPv6 address', IPV6_RESPONSE, '2001:db8:1234:5678:11:2233:4455:6677'],
] as const) {
  test(name, () => {
    const message = decoded(hex);
    assert.equal(message.class, MessageClass.SUCCESS);
    assert.equal(text(message, StunAttribute.SOFTWARE), 'test vector');
    const mapped = message.get(StunAttribute.XOR_MAPPED_ADDRESS);
    assert.ok(mapped);
    assert.deepEqual(decodeXorAddress(mapped, message.transactionId), { ip, port: 32_853 });
    assert.equal(verifyIntegrity(nodeCrypto, message, SHORT_TERM_KEY), true);
    assert.equal(checkFingerprint(message), 'right');
  });
}

test('RFC 5769 §2.4: a request with long-term credentials, read and written', () => {
  const message = decoded(LONG_TERM_REQUEST);
  assert.equal(text(message, StunAttribute.USERNAME), MATRIX);
  assert.equal(text(message, StunAttribute.NONCE), 'f//499k954d6OL34oL9FSTvy64sA');
  assert.equal(text(message, StunAttribute.REALM), 'example.org');
  const key = longTermKey(nodeCrypto, MATRIX, 'example.org', 'TheMatrIX');
  assert.equal(verifyIntegrity(nodeCrypto, message, key), true);
  assert.equal(checkFingerprint(message), 'absent');

  const written = new MessageWriter(StunMethod.BINDING, MessageClass.REQUEST, message.transactionId)
    .text(StunAttribute.USERNAME, MATRIX)
    .text(StunAttribute.NONCE, 'f//499k954d6OL34oL9FSTvy64sA')
    .text(StunAttribute.REALM, 'example.org')
    .integrity(nodeCrypto, key)
    .finish();
  assert.deepEqual(written, message.bytes);
});

test('RFC 8489 B.1 (erratum 6268): USERHASH and MESSAGE-INTEGRITY-SHA256, read and written', () => {
  const message = decoded(SHA256_REQUEST);
  const hash = userHash(nodeCrypto, MATRIX, 'example.org');
  assert.deepEqual(message.get(StunAttribute.USERHASH), hash);
  const key = longTermKey(nodeCrypto, MATRIX, 'example.org', 'TheMatrIX', 'sha256');
  assert.equal(verifyIntegritySha256(nodeCrypto, message, key), true);
  assert.equal(verifyIntegrity(nodeCrypto, message, key), false);

  const written = new MessageWriter(StunMethod.BINDING, MessageClass.REQUEST, message.transactionId)
    .attribute(StunAttribute.USERHASH, hash)
    .text(StunAttribute.NONCE, 'obMatJos2AAACf//499k954d6OL34oL9FSTvy64sA')
    .text(StunAttribute.REALM, 'example.org')
    .attribute(StunAttribute.PASSWORD_ALGORITHM, Uint8Array.of(0, 2, 0, 0))
    .integritySha256(nodeCrypto, key)
    .finish();
  assert.deepEqual(written, message.bytes);
});

test('RFC 8489 B.1 as printed is no message, since its length field is wrong', () => {
  const bytes = decodeHex(PRINTED_SHA256_REQUEST);
  assert.ok(bytes);
  assert.equal(decodeMessage(bytes), undefined);
});

test('one flipped bit anywhere breaks the fingerprint', () => {
  const { bytes } = decoded(REQUEST);
  for (let bit = 0; bit < (bytes.length - 8) * 8; bit++) {
    const damaged = bytes.slice();
    damaged[bit >> 3] = (damaged[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    const message = decodeMessage(damaged);
    // Either the shape is broken too, or the fingerprint tells.
    if (message) assert.notEqual(checkFingerprint(message), 'right', `bit ${bit}`);
  }
});
