/** What a peer must not do with data channels, and what becomes of it. RFC 8831 §6.6, §7; RFC 8832 §6, §7. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { openMessage, RawEnd } from '../../support/datachannel/raw-end.ts';

const ACK = 0x02;

test('OPEN by the rules is answered by ACK', () => {
  const end = new RawEnd();
  end.sendControl(1, openMessage('by hand'));
  end.run(100);
  assert.equal(end.all('channel-announced')[0]?.facts.label, 'by hand');
  const [answer] = end.rawEvents.flatMap((event) => (event.type === 'message' ? [event] : []));
  assert.deepEqual([answer?.stream, answer?.ppid, answer?.payload[0]], [1, 50, ACK]);
});

const REFUSED: readonly (readonly [string, number, Uint8Array])[] = [
  ['a stream that is ours to open', 2, openMessage()],
  ['a kind of channel that nobody knows', 1, openMessage('', 0x05)],
  ['a label that ends before its length', 1, openMessage('short', 0, 400)],
  ['bytes behind the protocol', 1, openMessage('long', 0, 2)],
  ['nothing but the first byte', 1, Uint8Array.of(0x03)],
  ['a message that DCEP does not have', 1, Uint8Array.of(0x77, 1, 2, 3)],
];

for (const [what, stream, message] of REFUSED) {
  test(`OPEN with ${what} is reset, and nobody hears of it`, () => {
    const end = new RawEnd();
    end.sendControl(stream, message);
    end.run(100);
    assert.deepEqual(end.resets, [stream]);
    assert.deepEqual(
      end.events.map(({ type }) => type),
      ['connected'],
    );
    assert.deepEqual(end.machine.statistics(), []);
  });
}

test('a stream that was refused can be opened once both sides have reset it', () => {
  const end = new RawEnd();
  end.sendControl(1, openMessage('', 0x05));
  end.run(100);
  end.raw.resetStreams(end.now, [1]);
  end.run(100);
  end.sendControl(1, openMessage('better'));
  end.run(100);
  assert.equal(end.all('channel-announced')[0]?.facts.label, 'better');
});

test('a channel that the peer resets before its ACK was refused; behind it, closed', () => {
  const end = new RawEnd();
  const id = end.machine.open(end.now, { label: 'unwanted' });
  end.run(100);
  const stream = end.machine.statistics()[0]?.stream ?? -1;
  end.raw.resetStreams(end.now, [stream]);
  end.run(100);
  const [closed] = end.all('channel-closed');
  assert.deepEqual([closed?.channel, closed?.error?.code], [id, 'CHANNEL_REFUSED']);

  end.machine.open(end.now, { label: 'wanted' });
  end.run(100);
  const next = end.machine.statistics().find(({ state }) => state === 'open')?.stream ?? -1;
  end.sendControl(next, Uint8Array.of(ACK));
  end.run(100);
  end.raw.resetStreams(end.now, [next]);
  end.run(100);
  assert.equal(end.all('channel-closed').at(-1)?.error, undefined);
});

test('messages on a stream that has no channel close it', () => {
  const end = new RawEnd();
  end.send({ stream: 7, payload: new Uint8Array(10) });
  end.run(100);
  assert.deepEqual(end.resets, [7]);
  assert.deepEqual(end.all('channel-message'), []);
});

test('an ACK that answers nothing changes nothing', () => {
  const end = new RawEnd();
  end.sendControl(9, Uint8Array.of(ACK));
  end.run(100);
  assert.deepEqual(end.resets, []);
});

test('OPEN on a stream that has a channel closes that channel', () => {
  const end = new RawEnd();
  end.sendControl(1, openMessage('one'));
  end.sendControl(1, openMessage('two'));
  end.run(100);
  end.raw.resetStreams(end.now, [1]);
  end.run(100);
  assert.equal(end.all('channel-announced').length, 1);
  assert.equal(end.all('channel-closed')[0]?.error?.code, 'CHANNEL_PEER_VIOLATED');
});

test('a message of an unknown kind closes the channel', () => {
  const end = new RawEnd();
  end.sendControl(1, openMessage());
  end.send({ ppid: 99, payload: new Uint8Array(10) });
  end.run(100);
  assert.equal(end.all('channel-closing').length, 1);
  end.raw.resetStreams(end.now, [1]);
  end.run(100);
  assert.equal(end.all('channel-closed')[0]?.error?.code, 'CHANNEL_PEER_VIOLATED');
});

test('a message longer than what was announced closes the channel', () => {
  const end = new RawEnd({ maxMessageBytes: 1000 });
  end.sendControl(1, openMessage());
  end.send({ payload: new Uint8Array(1000) });
  end.send({ payload: new Uint8Array(1001) });
  end.send({ payload: new Uint8Array(1) });
  end.run(100);
  assert.deepEqual(
    end.all('channel-message').map(({ bytes }) => bytes.length),
    [1000],
  );
  end.raw.resetStreams(end.now, [1]);
  end.run(100);
  assert.equal(end.all('channel-closed')[0]?.error?.code, 'CHANNEL_MESSAGE_TOO_LONG');
});

test('the old way to cut messages is understood: parts, then the last', () => {
  const end = new RawEnd();
  end.sendControl(1, openMessage());
  end.send({ ppid: 54, payload: new TextEncoder().encode('one ') });
  end.send({ ppid: 54, payload: new TextEncoder().encode('whole ') });
  end.send({ ppid: 51, payload: new TextEncoder().encode('text') });
  end.send({ ppid: 53, payload: Uint8Array.of(1) });
  end.run(100);
  const messages = end.all('channel-message');
  assert.deepEqual(
    messages.map(({ kind, bytes }) => [kind, bytes.length]),
    [
      ['text', 'one whole text'.length],
      ['binary', 1],
    ],
  );
});

test('parts without end, and parts of two kinds, close the channel', () => {
  for (const ppids of [Array<number>(600).fill(52), [52, 51]]) {
    const end = new RawEnd({ maxMessageBytes: 100_000 });
    end.sendControl(1, openMessage());
    for (const ppid of ppids) end.send({ ppid, payload: new Uint8Array(1) });
    end.run(1000);
    assert.equal(end.all('channel-closing').length, 1);
    assert.deepEqual(end.all('channel-message'), []);
  }
});

test('65,536 OPENs open as many channels as there may be, and no more', { timeout: 60_000 }, () => {
  const end = new RawEnd({ maxPeerChannels: 100 });
  for (let stream = 0; stream < 65_535; stream++) {
    end.sendControl(stream, openMessage('x'));
    if (stream % 100 === 0) end.run(0);
  }
  end.run(10_000);
  assert.equal(end.all('channel-announced').length, 100);
  assert.equal(end.machine.statistics().length, 100);
  assert.equal(new Set(end.resets).size, 65_535 - 100);
});

test('labels of the greatest length are taken until there are too many bytes of them', () => {
  const end = new RawEnd();
  const label = 'x'.repeat(65_535);
  for (let i = 0; i < 20; i++) end.sendControl(2 * i + 1, openMessage(label));
  end.run(10_000);
  assert.equal(end.all('channel-announced').length, 16);
});

test('whatever comes with the PPID of DCEP, nothing is thrown and nothing stays open', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ minLength: 1, maxLength: 40 }), { maxLength: 20 }), (messages) => {
      const end = new RawEnd();
      for (const [i, message] of messages.entries()) end.sendControl(i % 5, message);
      end.run(1000);
      assert.ok(end.machine.statistics().length <= messages.length);
    }),
    { numRuns: 100 },
  );
});

test('whatever is opened, sent, reset and closed, every channel has one end', () => {
  const act = fc.record({
    what: fc.constantFrom('open', 'send', 'reset', 'ours', 'close', 'wait'),
    stream: fc.nat({ max: 6 }),
  });
  fc.assert(
    fc.property(fc.array(act, { maxLength: 60 }), (acts) => {
      const end = new RawEnd();
      for (const { what, stream } of acts) {
        if (what === 'open') end.sendControl(stream, openMessage(`${stream}`));
        if (what === 'send') end.send({ stream, payload: Uint8Array.of(1, 2, 3) });
        if (what === 'reset') end.raw.resetStreams(end.now, [stream]);
        if (what === 'ours') end.machine.open(end.now, { label: 'ours' });
        if (what === 'close') end.machine.close(end.now, stream + 1);
        if (what === 'wait') end.run(200);
      }
      end.run(2000);
      const closed = end.all('channel-closed').map(({ channel }) => channel);
      assert.equal(new Set(closed).size, closed.length);
      end.raw.abort(end.now, 'enough');
      end.run(100);
      const begun = [...end.all('channel-announced'), ...end.all('channel-open')].map(
        ({ channel }) => channel,
      );
      const ended = end.all('channel-closed').map(({ channel }) => channel);
      assert.deepEqual(new Set(ended), new Set(begun));
    }),
    { numRuns: 200 },
  );
});
