/** Many agents on one UDP port: whose a datagram is. RFC 8445 §7.2.2. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { SeededRandom, type SocketAddress } from '../../../src/base/index.ts';
import { type MuxMember, UdpMux } from '../../../src/ice/index.ts';
import { MessageClass, MessageWriter, StunAttribute, StunMethod } from '../../../src/stun/index.ts';

const ADDRESS: SocketAddress = { ip: '192.0.2.1', port: 5000 };
const OTHER: SocketAddress = { ip: '192.0.2.2', port: 5000 };
/** RFC 7983 §7. */
const DTLS = Uint8Array.of(22, 254, 253);

const id = (n: number): Uint8Array => new Uint8Array(12).fill(n);

function check(username: string, n = 1): Uint8Array {
  return new MessageWriter(StunMethod.BINDING, MessageClass.REQUEST, id(n))
    .text(StunAttribute.USERNAME, username)
    .finish();
}

function answer(n = 1, messageClass: MessageClass = MessageClass.SUCCESS): Uint8Array {
  return new MessageWriter(StunMethod.BINDING, messageClass, id(n)).finish();
}

function muxOf(...fragments: readonly string[]): [UdpMux, ...MuxMember[]] {
  const mux = new UdpMux();
  const members = fragments.map((fragment) => {
    const member = mux.join();
    assert.ok(mux.expect(member, fragment));
    return member;
  });
  return [mux, ...members];
}

test('a check is for whom it names; what follows from its address too, once it was answered with success', () => {
  const [mux, alice, bob] = muxOf('alice', 'bob');
  assert.equal(mux.route(0, ADDRESS, check('bob:peer')), bob);
  assert.equal(mux.route(0, ADDRESS, DTLS), undefined, 'anybody can name a fragment');
  mux.noteSent(0, bob ?? 0, ADDRESS, answer());
  assert.equal(mux.route(0, ADDRESS, DTLS), bob);
  assert.equal(mux.route(0, OTHER, check('alice:peer')), alice);
  assert.equal(mux.route(0, OTHER, check('carol:peer')), undefined);
  assert.equal(mux.route(0, OTHER, check('alice')), undefined, 'no colon, no check');
});

test('an answer is for whoever asked; its address is proven by it, since a lite peer never checks', () => {
  const [mux, alice, bob] = muxOf('alice', 'bob');
  mux.noteSent(0, bob ?? 0, ADDRESS, check('peer:bob', 7));
  mux.noteSent(0, alice ?? 0, ADDRESS, check('peer:alice', 8));
  assert.equal(mux.route(0, ADDRESS, answer(7)), bob);
  assert.equal(mux.route(0, ADDRESS, answer(7)), undefined, 'once');
  assert.equal(mux.route(0, ADDRESS, DTLS), bob);
  assert.equal(mux.route(0, OTHER, answer(8, MessageClass.ERROR)), alice);
  assert.equal(mux.route(0, OTHER, DTLS), undefined, 'an error proves nothing');
  assert.equal(mux.route(0, OTHER, answer(9)), undefined);
});

test('the first agent keeps an address while its peer is there; 30 s after its last proof another may have it', () => {
  const [mux, alice, bob] = muxOf('alice', 'bob');
  mux.noteSent(0, alice ?? 0, ADDRESS, answer());
  mux.noteSent(20_000, alice ?? 0, ADDRESS, answer());
  mux.noteSent(40_000, bob ?? 0, ADDRESS, answer());
  assert.equal(mux.route(40_000, ADDRESS, DTLS), alice);
  mux.noteSent(50_000, bob ?? 0, ADDRESS, answer());
  assert.equal(mux.route(50_000, ADDRESS, DTLS), bob);
});

test('who leaves is forgotten: fragments, addresses, questions', () => {
  const [mux, alice, bob] = muxOf('alice', 'bob');
  mux.noteSent(0, alice ?? 0, ADDRESS, answer());
  mux.noteSent(0, alice ?? 0, OTHER, check('peer:alice', 3));
  mux.leave(alice ?? 0);
  assert.equal(mux.route(0, ADDRESS, DTLS), undefined);
  assert.equal(mux.route(0, ADDRESS, check('alice:peer')), undefined);
  assert.equal(mux.route(0, OTHER, answer(3)), undefined);
  assert.deepEqual(mux.statistics, { members: 1, addresses: 0, unrouted: 3 });
  mux.noteSent(0, bob ?? 0, ADDRESS, answer());
  assert.equal(mux.route(0, ADDRESS, DTLS), bob);
  assert.equal(mux.expect(alice ?? 0, 'again'), false);
});

test('a restart: checks of four generations are heard, older ones are not; a fragment is one member’s', () => {
  const [mux, alice, bob] = muxOf('a1', 'b1');
  for (const fragment of ['a2', 'a3', 'a4', 'a5']) assert.ok(mux.expect(alice ?? 0, fragment));
  assert.equal(mux.route(0, ADDRESS, check('a1:x')), undefined);
  assert.equal(mux.route(0, ADDRESS, check('a2:x')), alice);
  assert.equal(mux.expect(bob ?? 0, 'a5'), false);
  assert.ok(mux.expect(alice ?? 0, 'a2'), 'told again');
  assert.equal(mux.route(0, ADDRESS, check('a5:x')), alice);
});

test('is bounded: 32 addresses of a member, 16,384 questions', () => {
  const [mux, alice] = muxOf('alice');
  for (let port = 1; port <= 1000; port++) mux.noteSent(0, alice ?? 0, { ip: '192.0.2.1', port }, answer());
  assert.equal(mux.statistics.addresses, 32);
  assert.equal(mux.route(0, { ip: '192.0.2.1', port: 1000 }, DTLS), alice);
  assert.equal(mux.route(0, { ip: '192.0.2.1', port: 1 }, DTLS), undefined);
});

test('no bytes make it throw', () => {
  const random = new SeededRandom(1);
  const [mux, alice] = muxOf('alice');
  const seeds = [check('alice:peer'), answer(), DTLS];
  for (let i = 0; i < 50_000; i++) {
    const bytes = (seeds[i % 3] ?? DTLS).slice();
    for (let n = random.uint32() % 4; n > 0; n--)
      bytes[random.uint32() % bytes.length] = random.uint32() & 0xff;
    const cut = bytes.subarray(0, random.uint32() % (bytes.length + 1));
    if (i % 2 === 0) mux.route(i, ADDRESS, cut);
    else mux.noteSent(i, alice ?? 0, ADDRESS, cut);
  }
  assert.equal(mux.statistics.members, 1);
});
