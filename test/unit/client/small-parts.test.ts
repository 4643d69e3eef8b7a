/** The small nouns of a call, each by what it promises. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Backoff } from '../../../src/client/backoff.ts';
import { CLIENT_ERRORS, clientError, reasonOf } from '../../../src/client/call-error.ts';
import { chatBytes, MAX_CHAT_BYTES, parseChat } from '../../../src/client/chat-channel.ts';
import { ChatHistory } from '../../../src/client/chat-history.ts';
import { MediaSlots } from '../../../src/client/media-slots.ts';
import { OutgoingMedia, preferCodec } from '../../../src/client/outgoing-media.ts';
import { SeatKeeper } from '../../../src/client/seat-keeper.ts';
import { Store } from '../../../src/client/store.ts';
import { TaskQueue } from '../../../src/client/task-queue.ts';
import type { Participant } from '../../../src/signaling/index.ts';
import { fakeStream, fakeTrack } from '../../support/client/fake-media.ts';
import { tabStorage } from '../../support/client/people.ts';

test('backoff doubles up to its bound, and half of it is chance', () => {
  const waits = (random: number): number[] => {
    const backoff = new Backoff({ firstMs: 100, maxMs: 500 }, () => random);
    return [1, 2, 3, 4, 5].map(() => backoff.next());
  };
  assert.deepEqual(waits(1), [100, 200, 400, 500, 500]);
  assert.deepEqual(waits(0), [50, 100, 200, 250, 250]);
});

test('tasks run one after the other; one that fails does not stop the next; a closed queue runs none', async () => {
  const ran: string[] = [];
  const queue = new TaskQueue((thrown) => ran.push(`failed ${reasonOf(thrown)}`), 3);
  const task = (name: string) => async (): Promise<void> => {
    await Promise.resolve();
    ran.push(name);
    if (name === 'b') throw new Error(name);
    if (name === 'c') queue.close();
  };
  assert.deepEqual(
    ['a', 'b', 'c', 'd'].map((name) => queue.push(task(name))),
    [true, true, true, false],
  );
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(ran, ['a', 'b', 'failed b', 'c']);
  assert.equal(queue.push(task('e')), false);
});

test('a store makes a new snapshot only when something is new, and never changes an old one', async () => {
  const store = new Store({ a: 1, b: 2 });
  const seen: number[] = [];
  store.subscribe((state) => seen.push(state.a));
  const before = store.state;
  store.update({ a: 1 });
  assert.equal(store.state, before);
  store.update({ a: 5 });
  store.update({ a: 6 });
  assert.equal(before.a, 1);
  assert.deepEqual(seen, []);
  await Promise.resolve();
  assert.deepEqual(seen, [6]);
});

test('a seat is kept for its room, and storage that is forbidden or spoiled costs only the seat', () => {
  const storage = tabStorage();
  const keeper = new SeatKeeper(storage);
  keeper.keep('room', 'seat');
  assert.equal(keeper.seatFor('room'), 'seat');
  assert.equal(keeper.seatFor('other'), undefined);
  keeper.forget();
  assert.equal(keeper.seatFor('room'), undefined);
  for (const spoiled of ['{', '7', '{"room":"room","seat":7}', 'null']) {
    storage.setItem('ieum.seat', spoiled);
    assert.equal(keeper.seatFor('room'), undefined);
  }
  const forbidden = (): never => {
    throw new DOMException('denied', 'SecurityError');
  };
  const barred = new SeatKeeper({ getItem: forbidden, setItem: forbidden, removeItem: forbidden });
  barred.keep('room', 'seat');
  barred.forget();
  assert.equal(barred.seatFor('room'), undefined);
});

test('only chat messages are taken for chat', () => {
  assert.deepEqual(parseChat('{"type":"chat","n":1,"text":"hi","more":1}'), { n: 1, text: 'hi' });
  const others = ['{', '7', 'null', '{"type":"file","n":1,"text":"x"}', '{"type":"chat","n":"1","text":"x"}'];
  for (const other of [
    ...others,
    '{"type":"chat","n":1}',
    new ArrayBuffer(3),
    'x'.repeat(MAX_CHAT_BYTES + 1),
  ]) {
    assert.equal(parseChat(other), undefined);
  }
  assert.ok(chatBytes('가') - chatBytes('a') === 2);
});

test('what is said twice is heard once', () => {
  const history = new ChatHistory();
  const from = 'a'.repeat(16) as Participant['id'];
  assert.equal(history.hear(from, 'A', { n: 1, text: 'x' }, 0), true);
  assert.equal(history.hear(from, 'A', { n: 1, text: 'x' }, 0), false);
  assert.equal(history.entries.length, 1);
});

test('a preferred codec goes first and takes its helpers along behind', () => {
  const codecs = ['VP8', 'rtx', 'H264', 'H264', 'ulpfec'].map((name, clockRate) => ({
    mimeType: `video/${name}`,
    clockRate,
  }));
  assert.deepEqual(
    preferCodec(codecs, 'h264').map((codec) => codec.clockRate),
    [2, 3, 0, 1, 4],
  );
  assert.deepEqual(preferCodec(codecs, 'AV2'), []);
  assert.deepEqual(preferCodec(codecs, undefined), []);
});

test('a browser that can neither scale nor choose codecs is left as it is', () => {
  const outgoing = new OutgoingMedia((tracks) => fakeStream(tracks));
  outgoing.setTrack('camera', fakeTrack('video', 720));
  outgoing.limits = { maxHeight: 180 };
  outgoing.videoCodec = 'VP9';
  const sender = { track: null, getParameters: () => ({}), replaceTrack: async () => {} };
  const transceiver = {
    sender,
    setCodecPreferences: () => {
      throw new DOMException('unknown codec', 'InvalidModificationError');
    },
  };
  const pc = { addTransceiver: () => transceiver } as unknown as RTCPeerConnection;
  const slots = new MediaSlots({
    pc,
    outgoing,
    videoCodecs: () => [],
    onError: (thrown) => assert.fail(reasonOf(thrown)),
  });
  slots.open();
  slots.applyCodec();
  slots.applyParameters();
  assert.equal(slots.roleOfSender(sender as unknown as RTCRtpSender), 'microphone');
});

test('every error of this side is a sentence that ends in a full stop; details stand in brackets', () => {
  for (const sentence of Object.values(CLIENT_ERRORS)) assert.match(sentence, /^[A-Z].*\.$/);
  assert.match(clientError('CLIENT_TIMEOUT', 'join-room').message, / \(join-room\)$/);
  assert.equal(reasonOf(new DOMException('no', 'OperationError')), 'OperationError: no');
  assert.equal(reasonOf('text'), 'text');
});
