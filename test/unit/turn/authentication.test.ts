/** Who is let in, what strangers hear, what repetitions get. RFC 8489 §9.2.4, §6.3.1; RFC 8656 §5. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { decodeUtf8 } from '../../../src/base/index.ts';
import { nodeCrypto } from '../../../src/node/index.ts';
import {
  decodeMessage,
  longTermKey,
  MessageClass,
  MessageWriter,
  StunAttribute,
  StunMethod,
  verifyIntegrity,
} from '../../../src/stun/index.ts';
import { TurnAttribute, TurnMethod } from '../../../src/turn/index.ts';
import { append } from '../../support/turn/append.ts';
import { codeOf, peers, RawClient, REALM, TurnLab, udpRequested } from '../../support/turn/lab.ts';

const CLIENT = { ip: '203.0.113.5', port: 40_000 };

test('a stranger hears realm and nonce, briefly: no SOFTWARE, no reason, no integrity', () => {
  const client = new RawClient(new TurnLab({ software: 'Ieum' }), CLIENT);
  const request = client.bare(TurnMethod.ALLOCATE, udpRequested);
  const answer = client.exchange(request);
  assert.equal(codeOf(answer), 401);
  assert.deepEqual(answer?.attributeTypes(), [
    StunAttribute.ERROR_CODE,
    StunAttribute.REALM,
    StunAttribute.NONCE,
    StunAttribute.PASSWORD_ALGORITHMS,
  ]);
  assert.equal(decodeUtf8(answer?.get(StunAttribute.REALM) ?? new Uint8Array()), REALM);
  // RFC 8489 §9.2: the nonce says that this server knows RFC 8489, and bit 0 that PASSWORD-ALGORITHMS is there.
  assert.match(decodeUtf8(client.nonce), /^obMatJos2gAAA[A-Za-z0-9_-]{11}$/);
  assert.ok((answer?.bytes.length ?? 0) <= 3 * request.length, 'a poor amplifier');
});

test('integrity without USERNAME, REALM or NONCE is 400, and that cannot be sealed', () => {
  const client = new RawClient(new TurnLab(), CLIENT).challenge();
  for (const missing of [StunAttribute.USERNAME, StunAttribute.REALM, StunAttribute.NONCE]) {
    const writer = new MessageWriter(TurnMethod.ALLOCATE, MessageClass.REQUEST, client.nextId());
    udpRequested(writer);
    if (missing !== StunAttribute.USERNAME) writer.text(StunAttribute.USERNAME, 'alice');
    if (missing !== StunAttribute.REALM) writer.text(StunAttribute.REALM, REALM);
    if (missing !== StunAttribute.NONCE) writer.attribute(StunAttribute.NONCE, client.nonce);
    const answer = client.exchange(writer.integrity(nodeCrypto, client.key).finish());
    assert.equal(codeOf(answer), 400);
    assert.equal(answer?.has(StunAttribute.MESSAGE_INTEGRITY), false);
  }
});

test('an unknown user, a wrong password and another realm are 401 alike', () => {
  const client = new RawClient(new TurnLab(), CLIENT).challenge();
  for (const [username, password] of [
    ['alice', 'wrong'],
    ['carol', 'wonder'],
    ['', 'wonder'],
  ] as const) {
    client.username = username;
    client.password = password;
    assert.equal(codeOf(client.exchange(client.signed(TurnMethod.ALLOCATE, udpRequested))), 401);
  }
  const key = longTermKey(nodeCrypto, 'alice', 'elsewhere', 'wonder');
  const writer = new MessageWriter(TurnMethod.ALLOCATE, MessageClass.REQUEST, client.nextId());
  udpRequested(writer);
  const bytes = writer
    .text(StunAttribute.USERNAME, 'alice')
    .text(StunAttribute.REALM, 'elsewhere')
    .attribute(StunAttribute.NONCE, client.nonce)
    .integrity(nodeCrypto, key)
    .finish();
  assert.equal(codeOf(client.exchange(bytes)), 401);
});

test('a nonce is good for an hour, for this client address only, and 438 brings a new one', () => {
  const lab = new TurnLab();
  const client = new RawClient(lab, CLIENT).challenge();
  lab.now += 3_599_000;
  assert.equal(codeOf(client.exchange(client.signed(TurnMethod.REFRESH))), 437); // fresh, but nothing to refresh
  lab.now += 1000;
  const stale = client.exchange(client.signed(TurnMethod.REFRESH));
  assert.equal(codeOf(stale), 438);
  assert.ok(stale?.has(StunAttribute.REALM));
  assert.equal(codeOf(client.exchange(client.signed(TurnMethod.REFRESH))), 437, 'the new nonce is fresh');

  for (const elsewhere of [
    { ...CLIENT, port: 40_001 },
    { ...CLIENT, ip: '203.0.113.6' },
  ]) {
    const thief = new RawClient(lab, elsewhere);
    thief.nonce = client.nonce;
    assert.equal(codeOf(thief.exchange(thief.signed(TurnMethod.REFRESH))), 438);
  }
});

test('nonces that are made up, changed or from the future are stale', () => {
  const lab = new TurnLab();
  const client = new RawClient(lab, CLIENT).challenge();
  const good = client.nonce;
  const code = (nonce: Uint8Array) => {
    client.nonce = nonce;
    return codeOf(client.exchange(client.signed(TurnMethod.REFRESH)));
  };
  assert.equal(code(good), 437);
  assert.equal(code(good.subarray(1)), 438);
  assert.equal(code(new Uint8Array(24).fill(65)), 438);
  for (let i = 0; i < good.length; i++) {
    const changed = good.slice();
    changed[i] = changed[i] === 0x42 ? 0x43 : 0x42;
    assert.equal(code(changed), 438, `byte ${i}`);
  }
  const future = new TurnLab();
  future.now = 120_000;
  const traveller = new RawClient(future, CLIENT).challenge();
  assert.equal(code(traveller.nonce), 438);
});

test('a nonce does not come back to life when its 16 bits of time do', () => {
  const lab = new TurnLab();
  const client = new RawClient(lab, CLIENT).challenge();
  const { nonce } = client;
  for (const seconds of [65_536, 2 * 65_536 - 1, 3 * 65_536 + 30]) {
    lab.now = seconds * 1000;
    client.nonce = nonce;
    assert.equal(codeOf(client.exchange(client.signed(TurnMethod.REFRESH))), 438);
  }
  assert.throws(() => new TurnLab({ lifetimes: { nonceSeconds: 65_477 } }), RangeError);
});

test('servers that share a nonce secret accept each other’s nonces', () => {
  const one = new RawClient(new TurnLab({}, 1), CLIENT).challenge();
  const other = new RawClient(new TurnLab({}, 2), CLIENT);
  other.nonce = one.nonce;
  assert.equal(codeOf(other.exchange(other.signed(TurnMethod.REFRESH))), 437);
  const stranger = new RawClient(new TurnLab({ nonceSecret: new Uint8Array(32) }), CLIENT);
  stranger.nonce = one.nonce;
  assert.equal(codeOf(stranger.exchange(stranger.signed(TurnMethod.REFRESH))), 438);
});

test('a request sealed with MESSAGE-INTEGRITY-SHA256 is accepted, and it is what counts when both are there', () => {
  const client = new RawClient(new TurnLab(), CLIENT).challenge();
  const write = (): MessageWriter => {
    const writer = new MessageWriter(TurnMethod.REFRESH, MessageClass.REQUEST, client.nextId());
    return writer
      .text(StunAttribute.USERNAME, 'alice')
      .text(StunAttribute.REALM, REALM)
      .attribute(StunAttribute.NONCE, client.nonce);
  };
  const wrong = new Uint8Array(16);
  assert.equal(codeOf(client.exchange(write().integritySha256(nodeCrypto, client.key).finish())), 437);
  const both = write().integrity(nodeCrypto, client.key).integritySha256(nodeCrypto, wrong).finish();
  assert.equal(codeOf(client.exchange(both)), 401);
});

test('a repeated request gets the very same bytes, and does nothing twice', () => {
  const lab = new TurnLab();
  const client = new RawClient(lab, CLIENT).challenge();
  const twice = (bytes: Uint8Array) => {
    const first = client.exchange(bytes)?.bytes;
    lab.wait(500);
    const second = client.exchange(bytes)?.bytes;
    assert.ok(first);
    assert.deepEqual(second, first);
    return codeOf(decodeMessage(first));
  };
  assert.equal(twice(client.signed(TurnMethod.ALLOCATE, udpRequested)), 0);
  assert.equal(lab.server.statistics.allocations, 1);
  assert.equal(lab.sockets.size, 1);
  assert.equal(twice(client.signed(TurnMethod.ALLOCATE, udpRequested)), 437);
  assert.equal(twice(client.signed(TurnMethod.CREATE_PERMISSION, peers('127.0.0.1'))), 403);
  const before = lab.server.statistics.retransmissions;
  // Deleting: the repetition is answered with success too, although the allocation is gone.
  assert.equal(
    twice(client.signed(TurnMethod.REFRESH, (writer) => writer.u32(TurnAttribute.LIFETIME, 0))),
    0,
  );
  assert.equal(lab.server.statistics.retransmissions, before + 1);
});

test('a repeated Allocate is answered once while the socket is being opened, and the same way long after', () => {
  const lab = new TurnLab();
  lab.holdSockets = true;
  const client = new RawClient(lab, CLIENT).challenge();
  const request = client.signed(TurnMethod.ALLOCATE, udpRequested);
  assert.equal(client.exchange(request), undefined);
  lab.wait(500);
  assert.equal(client.exchange(request), undefined);
  const orders = lab.events.filter((event) => event.type === 'open-relay');
  assert.equal(orders.length, 1);
  // Another Allocate on the same 5-tuple is not the same request.
  assert.equal(codeOf(client.exchange(client.signed(TurnMethod.ALLOCATE, udpRequested))), 437);
  assert.ok(orders[0]);
  lab.toClients.length = 0;
  lab.server.handleRelayOpened(lab.now, orders[0].relay);
  lab.drain();
  const answer = lab.toClients[0]?.bytes;
  assert.ok(answer);
  // 50 s later the memory of answers has forgotten it (40 s); the allocation itself has not.
  lab.wait(50_000);
  assert.equal(lab.server.statistics.rememberedAnswers, 0);
  assert.deepEqual(client.exchange(request)?.bytes, answer);
});

test('the same transaction id with other contents is no repetition', () => {
  const lab = new TurnLab();
  const client = new RawClient(lab, CLIENT).challenge();
  client.allocate();
  const id = client.nextId();
  const write = (ip: string) => {
    const writer = new MessageWriter(TurnMethod.CREATE_PERMISSION, MessageClass.REQUEST, id);
    peers(ip)(writer);
    return writer
      .text(StunAttribute.USERNAME, 'alice')
      .text(StunAttribute.REALM, REALM)
      .attribute(StunAttribute.NONCE, client.nonce)
      .integrity(nodeCrypto, client.key)
      .finish();
  };
  assert.equal(codeOf(client.exchange(write('192.0.2.1'))), 0);
  assert.equal(codeOf(client.exchange(write('127.0.0.1'))), 403);
});

test('what is appended behind the integrity is not obeyed', () => {
  const lab = new TurnLab();
  const client = new RawClient(lab, CLIENT);
  const relayed = client.allocate();
  // On the way somebody adds a peer to an authentic request.
  const authentic = client.signed(TurnMethod.CREATE_PERMISSION, peers('192.0.2.1'));
  const peerAttribute = new MessageWriter(1, MessageClass.REQUEST, authentic.slice(8, 20));
  peers('192.0.2.66')(peerAttribute);
  const value = decodeMessage(peerAttribute.finish())?.get(TurnAttribute.XOR_PEER_ADDRESS);
  assert.ok(value);
  const forged = append(authentic, TurnAttribute.XOR_PEER_ADDRESS, value);
  const answer = client.exchange(forged);
  assert.equal(codeOf(answer), 0);
  assert.ok(answer && verifyIntegrity(nodeCrypto, answer, client.key));
  const relay = lab.relayAt(relayed.port);
  lab.toClients.length = 0;
  lab.fromPeer(relay, { ip: '192.0.2.66', port: 1 }, Uint8Array.of(1));
  assert.equal(lab.toClients.length, 0);
  lab.fromPeer(relay, { ip: '192.0.2.1', port: 1 }, Uint8Array.of(1));
  assert.equal(lab.toClients.length, 1);
  // A lifetime of 0 appended to a Refresh does not delete.
  const refresh = append(client.signed(TurnMethod.REFRESH), TurnAttribute.LIFETIME, new Uint8Array(4));
  assert.equal(codeOf(client.exchange(refresh)), 0);
  assert.equal(lab.server.statistics.allocations, 1);
});

test('a damaged fingerprint means that it is not for us', () => {
  const client = new RawClient(new TurnLab(), CLIENT);
  const good = new MessageWriter(StunMethod.BINDING, MessageClass.REQUEST, client.nextId())
    .fingerprint()
    .finish();
  assert.equal(codeOf(client.exchange(good)), 0);
  good[good.length - 1] = (good.at(-1) ?? 0) ^ 1;
  assert.equal(client.exchange(good), undefined);
});

test('Binding: the address and nothing else; unknown required attributes are 420', () => {
  const client = new RawClient(new TurnLab(), CLIENT);
  const answer = client.exchange(client.bare(StunMethod.BINDING));
  assert.deepEqual(answer?.attributeTypes(), [StunAttribute.XOR_MAPPED_ADDRESS]);
  assert.equal(answer?.bytes.length, 32);
  const changeRequest = client.bare(StunMethod.BINDING, (writer) => writer.u32(0x0003, 6)); // RFC 5780
  assert.equal(codeOf(client.exchange(changeRequest)), 420);
  const indication = new MessageWriter(StunMethod.BINDING, MessageClass.INDICATION, client.nextId()).finish();
  assert.equal(client.exchange(indication), undefined);
});

test('methods and classes that are not ours are silence, over TCP too', () => {
  const lab = new TurnLab();
  for (const transport of ['udp', 'tcp'] as const) {
    const client = new RawClient(lab, CLIENT, 'alice', 'wonder', transport).challenge();
    for (const method of [0x002, 0x006, 0x007, 0x00c, 0xfff]) {
      assert.equal(client.exchange(client.signed(method)), undefined);
    }
    for (const messageClass of [MessageClass.SUCCESS, MessageClass.ERROR]) {
      const bytes = new MessageWriter(TurnMethod.ALLOCATE, messageClass, client.nextId()).finish();
      assert.equal(client.exchange(bytes), undefined);
    }
  }
  assert.equal(
    lab.events.some((event) => event.type === 'close-leg'),
    false,
  );
});

test('on a stream a broken message ends the connection; on UDP it is dropped', () => {
  const lab = new TurnLab();
  const broken = new MessageWriter(TurnMethod.ALLOCATE, MessageClass.REQUEST, new Uint8Array(12))
    .text(StunAttribute.SOFTWARE, 'abcd')
    .finish();
  broken[23] = 200; // the attribute runs past the end
  const udp = new RawClient(lab, CLIENT);
  assert.equal(udp.exchange(broken), undefined);
  assert.equal(lab.events.length, 0);
  const tcp = new RawClient(lab, CLIENT, 'alice', 'wonder', 'tcp');
  assert.equal(tcp.exchange(broken), undefined);
  assert.deepEqual(
    lab.events.map((event) => event.type),
    ['close-leg'],
  );
});

test('a flood of forged Allocates leaves nothing behind', () => {
  const lab = new TurnLab();
  for (let i = 0; i < 20_000; i++) {
    const ip = `192.0.${i % 256}.${(i >> 8) % 256}`;
    const client = new RawClient(lab, { ip, port: 1024 + i });
    lab.fromClient(client.leg, client.bare(TurnMethod.ALLOCATE, udpRequested));
    lab.toClients.length = 0;
  }
  const { allocations, relays, rememberedAnswers, challenges } = lab.server.statistics;
  assert.deepEqual(
    { allocations, relays, rememberedAnswers },
    { allocations: 0, relays: 0, rememberedAnswers: 0 },
  );
  assert.equal(challenges, 20_000);
  assert.equal(lab.events.length, 0);
  assert.equal(lab.server.nextTimeout(), Number.POSITIVE_INFINITY);
});

test('one source address hears at most burst + rate unauthenticated answers; others and TCP are not affected', () => {
  const lab = new TurnLab({ limits: { unauthenticatedAnswers: { perSecond: 10, burst: 20 } } });
  const heard = (client: RawClient, times: number, method: number) => {
    let answers = 0;
    for (let i = 0; i < times; i++) if (client.exchange(client.bare(method))) answers += 1;
    return answers;
  };
  const victim = new RawClient(lab, CLIENT);
  assert.equal(heard(victim, 50, TurnMethod.ALLOCATE), 20);
  assert.equal(
    heard(new RawClient(lab, { ...CLIENT, port: 9 }), 50, StunMethod.BINDING),
    0,
    'ports share the address',
  );
  assert.equal(heard(new RawClient(lab, { ...CLIENT, ip: '203.0.113.6' }), 5, StunMethod.BINDING), 5);
  assert.equal(heard(new RawClient(lab, CLIENT, 'alice', 'wonder', 'tcp'), 50, StunMethod.BINDING), 50);
  lab.now += 1000;
  assert.equal(heard(victim, 50, StunMethod.BINDING), 10);
  // All addresses of one IPv6 subscriber are one source.
  const six = (ip: string) => heard(new RawClient(lab, { ip, port: 1 }), 15, StunMethod.BINDING);
  assert.equal(six('2001:db8:0:1::1'), 15);
  assert.equal(six('2001:db8:0:1::2'), 5);
  assert.equal(six('2001:db8:0:2::1'), 15);
});

test('passwords are not tried faster over a stream, whatever number of them', () => {
  const lab = new TurnLab({ limits: { unauthenticatedAnswers: { perSecond: 10, burst: 20 } } });
  let heard = 0;
  for (let port = 1; port <= 50; port++) {
    const client = new RawClient(lab, { ...CLIENT, port }, 'alice', `guess ${port}`, 'tls').challenge();
    if (client.exchange(client.signed(TurnMethod.ALLOCATE, udpRequested))) heard += 1;
  }
  assert.equal(heard, 20);
  const alice = new RawClient(lab, { ...CLIENT, port: 99 }, 'alice', 'wonder', 'tls');
  assert.ok(alice.allocate(), 'who knows the password is let in');
});

test('while an address is limited, whoever proves who they are is still served', () => {
  const lab = new TurnLab({ limits: { unauthenticatedAnswers: { perSecond: 1, burst: 5 } } });
  const client = new RawClient(lab, CLIENT).challenge();
  const flood = new RawClient(lab, { ...CLIENT, port: 1 });
  for (let i = 0; i < 100; i++) flood.exchange(flood.bare(TurnMethod.ALLOCATE, udpRequested));
  assert.equal(flood.exchange(flood.bare(TurnMethod.ALLOCATE, udpRequested)), undefined);
  assert.ok(client.allocate());
  assert.equal(client.refresh(), 0);
});

test('the memory of answers is bounded, and forgets after 40 seconds', () => {
  const lab = new TurnLab({ limits: { rememberedAnswers: 50 } });
  const client = new RawClient(lab, CLIENT);
  client.allocate();
  for (let i = 0; i < 500; i++) client.permit('192.0.2.9');
  assert.equal(lab.server.statistics.rememberedAnswers, 50);
  lab.wait(41_500);
  assert.equal(lab.server.statistics.rememberedAnswers, 0);
});
