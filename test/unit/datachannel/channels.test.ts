/** Channels open, carry and close. RFC 8831 §6, RFC 8832 §6. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DataChannelOptions } from '../../../src/datachannel/index.ts';
import { announced, ChannelPair, eventsOf, text, textsOf } from '../../support/datachannel/pair.ts';

const RELIABILITIES: readonly Omit<DataChannelOptions, 'label'>[] = [
  {},
  { ordered: false },
  { maxRetransmits: 0 },
  { ordered: false, maxRetransmits: 3 },
  { maxPacketLifeTimeMs: 500 },
  { ordered: false, maxPacketLifeTimeMs: 0xffff_ffff },
];

test('a channel that was made before there is an association opens with it, and its first message needs no ACK', () => {
  const pair = new ChannelPair();
  const mine = pair.a.machine.open(0, { label: 'chat', protocol: 'ieum' });
  assert.equal(pair.a.machine.streamOf(mine), undefined);
  pair.connect();
  // A -> OPEN -> B, A <- ACK <- B
  assert.deepEqual(eventsOf(pair.a, 'channel-open'), [{ type: 'channel-open', channel: mine, stream: 0 }]);
  const theirs = announced(pair.b);
  assert.equal(pair.b.machine.factsOf(theirs)?.label, 'chat');
  pair.a.machine.send(pair.now, mine, text('hello'));
  pair.b.machine.send(pair.now, theirs, text('welcome'));
  pair.run(100);
  assert.deepEqual(textsOf(pair.b, theirs), ['text:hello']);
  assert.deepEqual(textsOf(pair.a, mine), ['text:welcome']);
});

test('the first messages follow OPEN in the same flight', () => {
  const pair = new ChannelPair().connect();
  const mine = pair.a.machine.open(pair.now, { label: '', ordered: false });
  for (const word of ['one', 'two', 'three']) pair.a.machine.send(pair.now, mine, text(word));
  pair.run(15); // one way only
  assert.deepEqual(textsOf(pair.b, announced(pair.b)), ['text:one', 'text:two', 'text:three']);
});

for (const options of RELIABILITIES) {
  test(`the peer learns the kind of channel: ${JSON.stringify(options)}`, () => {
    const pair = new ChannelPair().connect();
    const facts = { label: 'héllo-日本-🎉', protocol: 'プロトコル', priority: 'high' as const, ...options };
    pair.a.machine.open(pair.now, facts);
    pair.run(100);
    const theirs = pair.b.machine.factsOf(announced(pair.b));
    assert.deepEqual(theirs, {
      label: facts.label,
      protocol: facts.protocol,
      ordered: options.ordered ?? true,
      maxRetransmits: options.maxRetransmits,
      maxPacketLifeTimeMs: options.maxPacketLifeTimeMs,
      priority: 'high',
      negotiated: false,
    });
  });
}

test('texts and bytes keep their kind, empty ones too', () => {
  const pair = new ChannelPair().connect();
  const mine = pair.a.machine.open(pair.now, { label: 'x' });
  for (const kind of ['text', 'binary'] as const) {
    pair.a.machine.send(pair.now, mine, { kind, bytes: new Uint8Array(0) });
    pair.a.machine.send(pair.now, mine, { kind, bytes: Uint8Array.of(65) });
  }
  pair.run(100);
  assert.deepEqual(textsOf(pair.b, announced(pair.b)), ['text:', 'text:A', 'binary:', 'binary:A']);
});

test('the DTLS client has the even streams, the server the odd ones, and agreed ones are left out', () => {
  const pair = new ChannelPair();
  pair.a.machine.open(0, { label: 'agreed', negotiatedStream: 2 });
  pair.connect();
  const ofA = [1, 2, 3].map(() => pair.a.machine.open(pair.now, { label: '' }));
  const ofB = [1, 2].map(() => pair.b.machine.open(pair.now, { label: '' }));
  assert.deepEqual(
    ofA.map((id) => pair.a.machine.streamOf(id)),
    [0, 4, 6],
  );
  assert.deepEqual(
    ofB.map((id) => pair.b.machine.streamOf(id)),
    [1, 3],
  );
});

test('agreed channels need no word, and differ in nothing else', () => {
  const pair = new ChannelPair();
  const [a, b] = [pair.a, pair.b].map(({ machine }) =>
    machine.open(0, { label: 'agreed', negotiatedStream: 7, ordered: false }),
  );
  assert.ok(a !== undefined && b !== undefined);
  pair.connect();
  pair.a.machine.send(pair.now, a, text('here'));
  pair.b.machine.send(pair.now, b, text('there'));
  pair.run(100);
  assert.deepEqual(textsOf(pair.a, a), ['text:there']);
  assert.deepEqual(textsOf(pair.b, b), ['text:here']);
  assert.deepEqual(eventsOf(pair.b, 'channel-announced'), []);
});

test('closing sends what waits, resets both directions, and the stream is free again', () => {
  const pair = new ChannelPair().connect();
  const mine = pair.a.machine.open(pair.now, { label: 'first' });
  pair.a.machine.send(pair.now, mine, { kind: 'binary', bytes: new Uint8Array(100_000) });
  pair.a.machine.send(pair.now, mine, text('last words'));
  pair.a.machine.close(pair.now, mine);
  assert.equal(pair.a.machine.stateOf(mine), 'closing');
  assert.equal(pair.a.machine.send(pair.now, mine, text('too late')), false);
  // A stream that is being reset is nobody's yet.
  assert.equal(pair.a.machine.streamOf(pair.a.machine.open(pair.now, { label: 'second' })), 2);
  pair.run(2000);
  const theirs = announced(pair.b);
  assert.equal(textsOf(pair.b, theirs).at(-1), 'text:last words');
  assert.deepEqual(eventsOf(pair.b, 'channel-closing'), [{ type: 'channel-closing', channel: theirs }]);
  for (const [side, channel] of [
    [pair.a, mine],
    [pair.b, theirs],
  ] as const)
    assert.deepEqual(eventsOf(side, 'channel-closed'), [
      { type: 'channel-closed', channel, error: undefined },
    ]);
  const again = pair.a.machine.open(pair.now, { label: 'third' });
  assert.equal(pair.a.machine.streamOf(again), 0);
  pair.a.machine.send(pair.now, again, text('on the same stream'));
  pair.run(100);
  assert.deepEqual(textsOf(pair.b, announced(pair.b, 2)), ['text:on the same stream']);
});

test('both may close at once', () => {
  const pair = new ChannelPair().connect();
  const mine = pair.a.machine.open(pair.now, { label: '' });
  pair.run(100);
  const theirs = announced(pair.b);
  pair.a.machine.close(pair.now, mine);
  pair.b.machine.close(pair.now, theirs);
  pair.run(1000);
  assert.equal(eventsOf(pair.a, 'channel-closed').length, 1);
  assert.equal(eventsOf(pair.b, 'channel-closed').length, 1);
  assert.deepEqual(eventsOf(pair.a, 'channel-closing'), []);
});

test('a stream is opened and closed a hundred times over a path that loses every fifth packet', () => {
  const pair = new ChannelPair({ lossFraction: 0.2, seed: 5 }).connect();
  pair.run(20_000);
  for (let i = 0; i < 100; i++) {
    const mine = pair.a.machine.open(pair.now, { label: `round ${i}` });
    pair.a.machine.send(pair.now, mine, text(`word ${i}`));
    pair.a.machine.close(pair.now, mine);
    pair.run(i % 3 === 0 ? 30_000 : 50);
  }
  pair.run(60_000);
  assert.equal(eventsOf(pair.a, 'channel-closed').length, 100);
  const words = eventsOf(pair.b, 'channel-announced').map(({ channel }) => textsOf(pair.b, channel).join());
  assert.deepEqual(words.sort(), Array.from({ length: 100 }, (_, i) => `text:word ${i}`).sort());
  assert.equal(eventsOf(pair.b, 'channel-closed').length, 100);
  assert.deepEqual(pair.b.machine.statistics(), []);
});

test('messages of an unordered channel do not overtake its OPEN, whatever is lost', () => {
  for (let seed = 1; seed <= 20; seed++) {
    const pair = new ChannelPair({ lossFraction: 0.3, seed }).connect();
    pair.run(20_000);
    const mine = pair.a.machine.open(pair.now, { label: '', ordered: false });
    const words = Array.from({ length: 20 }, (_, i) => `word ${i}`);
    for (const [i, word] of words.entries()) {
      pair.a.machine.send(pair.now, mine, text(word));
      if (i % 4 === 0) pair.run(5);
    }
    pair.run(60_000);
    assert.deepEqual(textsOf(pair.b, announced(pair.b)).sort(), words.map((word) => `text:${word}`).sort());
    assert.equal(pair.a.machine.stateOf(mine), 'open');
  }
});

test('a channel of higher priority has the larger share', () => {
  const pair = new ChannelPair().connect();
  const open = (priority: 'very-low' | 'high') => {
    const mine = pair.a.machine.open(pair.now, { label: priority, priority });
    for (let i = 0; i < 100; i++)
      pair.a.machine.send(pair.now, mine, { kind: 'binary', bytes: new Uint8Array(50_000) });
    return mine;
  };
  const [low, high] = [open('very-low'), open('high')];
  pair.run(100);
  const sent = (channel: number) => 5_000_000 - pair.a.machine.bufferedBytes(channel);
  const ratio = sent(high) / sent(low);
  // RFC 8831 §6.4: 1024 to 128.
  assert.ok(ratio > 5 && ratio < 11, `${sent(high)} : ${sent(low)}`);
});

test('a peer with few streams gets channels on those, and a word about the others', () => {
  const pair = new ChannelPair({ sctp: { inboundStreams: 4, outboundStreams: 4 } });
  const ids = Array.from({ length: 3 }, (_, i) => pair.a.machine.open(0, { label: `${i}` }));
  pair.connect();
  assert.equal(pair.a.machine.maxChannels, 4);
  const [closed, ...others] = eventsOf(pair.a, 'channel-closed');
  assert.deepEqual(others, []);
  assert.equal(closed?.channel, ids[2]); // streams 0, 2, and there is no 4
  assert.equal(closed?.error?.code, 'CHANNEL_NO_STREAM');
  assert.equal(eventsOf(pair.b, 'channel-announced').length, 2);
});

test('a message longer than the peer takes is the caller’s mistake', () => {
  const pair = new ChannelPair().connect(1000);
  const mine = pair.a.machine.open(pair.now, { label: '' });
  assert.throws(
    () => pair.a.machine.send(pair.now, mine, { kind: 'binary', bytes: new Uint8Array(1001) }),
    RangeError,
  );
  assert.ok(pair.a.machine.send(pair.now, mine, { kind: 'binary', bytes: new Uint8Array(1000) }));
});

test('says what waits, and when it has gone', () => {
  const pair = new ChannelPair().connect();
  const mine = pair.a.machine.open(pair.now, { label: '' });
  pair.run(100);
  pair.a.events.length = 0;
  for (let i = 0; i < 10; i++)
    pair.a.machine.send(pair.now, mine, { kind: 'binary', bytes: new Uint8Array(100_000) });
  assert.equal(pair.a.machine.bufferedBytes(mine), 1_000_000);
  pair.run(30_000);
  assert.equal(pair.a.machine.bufferedBytes(mine), 0);
  const drained = eventsOf(pair.a, 'channel-drained').map(({ bufferedBytes }) => bufferedBytes);
  assert.equal(drained.at(-1), 0);
  assert.deepEqual(
    drained,
    drained.toSorted((a, b) => b - a),
  );
});

test('refuses what cannot be a channel', () => {
  const { machine } = new ChannelPair().connect().a;
  const wrong: DataChannelOptions[] = [
    { label: '한'.repeat(21_846) },
    { label: '', protocol: 'x'.repeat(65_536) },
    { label: '', maxRetransmits: 1, maxPacketLifeTimeMs: 1 },
    { label: '', maxRetransmits: 2 ** 32 },
    { label: '', negotiatedStream: 65_535 },
  ];
  for (const options of wrong) assert.throws(() => machine.open(0, options), RangeError);
  machine.open(0, { label: '', negotiatedStream: 9 });
  assert.throws(() => machine.open(0, { label: '', negotiatedStream: 9 }), { code: 'CHANNEL_NO_STREAM' });
});

test('the end of the association ends every channel, with the reason where there is one', () => {
  const pair = new ChannelPair().connect();
  const mine = pair.a.machine.open(pair.now, { label: '' });
  pair.run(100);
  pair.b.machine.abort(pair.now, 'enough');
  pair.run(100);
  const [closed] = eventsOf(pair.a, 'channel-closed');
  assert.equal(closed?.channel, mine);
  assert.equal(pair.a.machine.isConnected, false);
  assert.equal(pair.a.machine.nextTimeout(), Number.POSITIVE_INFINITY);
});
