/** Two machines give files to each other over channels that end anywhere, with disks that are slow. docs/files.md. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { concatBytes, SeededRandom } from '../../../src/base/index.ts';
import {
  distinctNames,
  FileReceiver,
  FileSender,
  isOffer,
  numbered,
  type OfferedFile,
  READY_TEXT,
  safeFileName,
} from '../../../src/client/index.ts';
import { digest } from '../../../src/node/digest.ts';

const TRANSFER = '0123456789abcdef0123456789abcdef';
const MIB = 2 ** 20;

function sha256(bytes: Uint8Array): string {
  return Buffer.from(digest('sha256', bytes)).toString('hex');
}

interface Given {
  readonly name: string;
  readonly content: Uint8Array;
}

function given(name: string, size: number): Given {
  return { name, content: new SeededRandom(size + 1).bytes(size) };
}

function offeredOf({ name, content }: Given): OfferedFile {
  return { name, size: content.length, version: '00112233aabbccdd' };
}

/** A receiver that outlives channels, with what it has on disk, and senders that come and go with them. */
class Scene {
  readonly disk: Uint8Array[];
  readonly finished: number[] = [];
  readonly failures: string[] = [];
  receiver = new FileReceiver();
  sender: FileSender | undefined;
  senderDone = false;
  received = false;
  restarts = 0;
  /** Messages that have been delivered. */
  delivered = 0;
  readonly #given: readonly Given[];
  /** What is read of a file; a test may spoil it. */
  spoil: (file: number, offset: number, bytes: Uint8Array) => Uint8Array = (_file, _offset, bytes) => bytes;
  wanted: (file: number) => boolean = () => true;

  constructor(given: readonly Given[]) {
    this.#given = given;
    this.disk = given.map(() => new Uint8Array(0));
  }

  connect(): void {
    this.sender = new FileSender({ transfer: TRANSFER, files: this.#given.map(offeredOf) });
    this.sender.handleMessage(READY_TEXT);
    this.receiver.handleOpen();
  }

  cut(): void {
    this.sender = undefined;
    this.receiver.handleClosed();
  }

  /** The receiving program is killed; its disk stays. */
  restartReceiver(): void {
    this.cut();
    this.receiver = new FileReceiver();
  }

  /** Delivers at most so many messages. False when nothing is left to do. */
  run(most = Number.POSITIVE_INFINITY): boolean {
    const until = this.delivered + most;
    for (;;) {
      if (this.delivered >= until) return true;
      if (!this.#step()) return false;
    }
  }

  #step(): boolean {
    const { sender, receiver } = this;
    const asked = sender?.pollEvent();
    if (asked && sender) {
      const content = this.#given[('file' in asked ? asked.file : 0) as number]?.content ?? new Uint8Array(0);
      if (asked.type === 'read') {
        const bytes = content.slice(asked.offset, asked.offset + asked.length);
        sender.handleRead(asked.file, asked.offset, bytes);
      } else if (asked.type === 'digest') sender.handleDigest(asked.file, sha256(content));
      else if (asked.type === 'done') this.senderDone = true;
      else if (asked.type === 'failed') this.failures.push(`sender: ${asked.reason}`);
      return true;
    }
    const told = receiver.pollEvent();
    if (told) {
      if (told.type === 'offered') {
        receiver.accept(this.disk.map((bytes, file) => (this.wanted(file) ? bytes.length : undefined)));
      } else if (told.type === 'write') {
        const bytes = this.spoil(told.file, told.offset, told.bytes);
        const before = this.disk[told.file] ?? new Uint8Array(0);
        assert.equal(told.offset, before.length, 'bytes come in order');
        this.disk[told.file] = concatBytes(before, bytes);
        receiver.handleWritten(told.file, told.offset + bytes.length);
      } else if (told.type === 'check') {
        const good = sha256(this.disk[told.file] ?? new Uint8Array(0)) === told.sha256;
        if (good) this.finished.push(told.file);
        receiver.handleChecked(told.file, good);
      } else if (told.type === 'restart') {
        this.restarts += 1;
        this.disk[told.file] = new Uint8Array(0);
      } else if (told.type === 'done') this.received = true;
      else this.failures.push(`receiver: ${told.reason}`);
      return true;
    }
    const out = sender?.pollTransmit();
    if (out !== undefined) {
      this.delivered += 1;
      receiver.handleMessage(out);
      sender?.handleBuffered(0);
      return true;
    }
    const back = receiver.pollTransmit();
    if (back !== undefined) {
      this.delivered += 1;
      sender?.handleMessage(back);
      return true;
    }
    return false;
  }
}

test('files of any length arrive whole, one after the other', () => {
  const files = [given('empty', 0), given('one byte', 1), given('a message', 65_536), given('more', 700_001)];
  const scene = new Scene(files);
  scene.connect();
  scene.run();
  assert.deepEqual(scene.finished, [0, 1, 2, 3]);
  for (const [i, { content }] of files.entries()) assert.deepEqual(scene.disk[i], content);
  assert.ok(scene.received && scene.senderDone);
  assert.ok(scene.sender?.allTaken);
  assert.deepEqual(scene.failures, []);
});

test('wherever the channel is cut, and whoever is killed, what is on disk is not sent again, and all of it is right', () => {
  const files = [given('a', 300_000), given('b', 5), given('c', 200_000)];
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.integer({ min: 0, max: 14 }), fc.boolean()), { maxLength: 12 }),
      (cuts) => {
        const scene = new Scene(files);
        for (const [messages, kill] of cuts) {
          scene.connect();
          scene.run(messages);
          if (scene.received) break;
          if (kill) scene.restartReceiver();
          else scene.cut();
        }
        if (!scene.received) {
          scene.connect();
          scene.run();
        }
        assert.ok(scene.received);
        assert.deepEqual(scene.failures, []);
        assert.equal(scene.restarts, 0);
        for (const [i, { content }] of files.entries()) assert.deepEqual(scene.disk[i], content);
      },
    ),
    { seed: 4, numRuns: 300 },
  );
});

test('what is not wanted is not sent', () => {
  const scene = new Scene([given('a', 10), given('b', 20), given('c', 30)]);
  scene.wanted = (file) => file !== 1;
  scene.connect();
  scene.run();
  assert.deepEqual(scene.finished, [0, 2]);
  assert.ok(scene.received && scene.senderDone);
});

test('bytes that are wrong on disk come once more; twice wrong is the end', () => {
  const files = [given('a', 100_000)];
  const once = new Scene(files);
  once.disk[0] = new Uint8Array(50_000); // left by an earlier run, of something else
  once.connect();
  once.run();
  assert.equal(once.restarts, 1);
  assert.deepEqual(once.disk[0], files[0]?.content);

  const always = new Scene(files);
  always.spoil = (_file, _offset, bytes) => bytes.map((byte) => byte ^ 1);
  always.connect();
  always.run();
  assert.ok(!always.received);
  assert.equal(always.failures.length, 2, 'both sides know');
});

test('a sender keeps no more on its way than the window, however fast the channel', () => {
  const size = 64 * MIB;
  const sender = new FileSender({
    transfer: TRANSFER,
    files: [{ name: 'a', size, version: '00112233aabbccdd' }],
  });
  sender.handleMessage(READY_TEXT);
  sender.handleMessage(JSON.stringify({ type: 'want', file: 0, offset: 0 }));
  const piece = new Uint8Array(4 * 65_536);
  const flood = (): number => {
    let sent = 0;
    for (let event = sender.pollEvent(); event; event = sender.pollEvent()) {
      if (event.type === 'read') sender.handleRead(event.file, event.offset, piece);
      for (let out = sender.pollTransmit(); out !== undefined; out = sender.pollTransmit()) {
        if (typeof out !== 'string') sent += out.length;
      }
      sender.handleBuffered(0);
    }
    return sent;
  };
  assert.equal(flood(), 32 * MIB);
  assert.equal(flood(), 0);
  sender.handleMessage(JSON.stringify({ type: 'have', file: 0, offset: 10 * MIB }));
  assert.equal(flood(), 10 * MIB);
});

test('who has not said that it takes files is offered nothing, and may not take any', () => {
  const offering = () => new FileSender({ transfer: TRANSFER, files: [offeredOf(given('a', 10))] });
  const quiet = offering();
  assert.equal(quiet.pollTransmit(), undefined);
  quiet.abort('the sender has ended it');
  assert.equal(quiet.pollTransmit(), undefined, 'nor is it told of an end');

  const rude = offering();
  rude.handleMessage(JSON.stringify({ type: 'want', file: 0, offset: 0 }));
  assert.equal(rude.pollEvent()?.type, 'failed');

  const ready = offering();
  ready.handleMessage(READY_TEXT);
  ready.handleMessage(READY_TEXT);
  assert.ok(ready.hasReceiver && isOffer(ready.pollTransmit()));
  assert.equal(ready.pollTransmit(), undefined, 'once');

  const newer = offering();
  newer.handleMessage(READY_TEXT.replace('1', '2'));
  assert.match(String(newer.pollTransmit()), /version 2 of this protocol, and we version 1/);
});

test('a full channel is not filled further', () => {
  const sender = new FileSender({
    transfer: TRANSFER,
    files: [{ name: 'a', size: 64 * MIB, version: '00112233aabbccdd' }],
  });
  sender.handleMessage(READY_TEXT);
  sender.handleMessage(JSON.stringify({ type: 'want', file: 0, offset: 0 }));
  let reads = 0;
  for (let event = sender.pollEvent(); event; event = sender.pollEvent()) {
    if (event.type !== 'read') continue;
    reads += 1;
    sender.handleRead(event.file, event.offset, new Uint8Array(event.length));
  }
  assert.equal(reads, 16, '4 MiB');
  sender.handleBuffered(MIB);
  assert.equal(sender.pollEvent()?.type, 'read');
});

test('offsets beyond 4 GiB are numbers like others', () => {
  const size = 10 * 2 ** 32 + 5;
  const sender = new FileSender({
    transfer: TRANSFER,
    files: [{ name: 'a', size, version: '00112233aabbccdd' }],
  });
  sender.handleMessage(READY_TEXT);
  sender.handleMessage(JSON.stringify({ type: 'want', file: 0, offset: size - 3 }));
  const events = [sender.pollEvent(), sender.pollEvent(), sender.pollEvent()];
  assert.deepEqual(events[2], { type: 'read', file: 0, offset: size - 3, length: 3 });
});

test('a file that has become shorter while it was sent is the end, for both', () => {
  const sender = new FileSender({
    transfer: TRANSFER,
    files: [{ name: 'a', size: 100, version: '00112233aabbccdd' }],
  });
  sender.handleMessage(READY_TEXT);
  sender.pollTransmit();
  sender.handleMessage(JSON.stringify({ type: 'want', file: 0, offset: 0 }));
  sender.handleRead(0, 0, new Uint8Array(99));
  const out = sender.pollTransmit();
  assert.ok(typeof out === 'string' && out.includes('abort'));
});

const OFFER = JSON.stringify({
  type: 'offer',
  v: 1,
  transfer: TRANSFER,
  files: [{ name: 'a', size: 10, version: '00112233aabbccdd' }],
});

function reasonAfter(...messages: readonly (string | Uint8Array)[]): string | undefined {
  const receiver = new FileReceiver();
  receiver.handleOpen();
  for (const message of messages) {
    receiver.handleMessage(message);
    for (let event = receiver.pollEvent(); event; event = receiver.pollEvent()) {
      if (event.type === 'offered') receiver.accept([0]);
      if (event.type === 'failed') return event.reason;
    }
  }
  return undefined;
}

for (const [what, messages] of [
  ['noise', ['no json']],
  ['a name that is no name', [OFFER.replace('"a"', '7')]],
  ['a size that is no size', [OFFER.replace('10', '-1')]],
  [
    'too many files',
    [JSON.stringify({ type: 'offer', v: 1, transfer: TRANSFER, files: Array(257).fill({}) })],
  ],
  ['another version', [OFFER.replace('"v":1', '"v":2')]],
  ['bytes before they are asked for', [new Uint8Array(3)]],
  ['more bytes than the file has', [OFFER, new Uint8Array(11)]],
  ['an end before the end', [OFFER, JSON.stringify({ type: 'end', file: 0, sha256: 'a'.repeat(64) })]],
  ['another offer', [OFFER, OFFER.replaceAll('0123', '3210')]],
] as const) {
  test(`a receiver ends with ${what}, and says why`, () => {
    assert.ok((reasonAfter(...messages) ?? '').length > 10);
  });
}

test('no messages make either of them throw', () => {
  const message = fc.oneof(
    fc.string(),
    fc.uint8Array({ maxLength: 20 }),
    fc.json(),
    fc
      .record({
        type: fc.constantFrom('ready', 'offer', 'want', 'have', 'got', 'done', 'end', 'abort'),
        file: fc.oneof(fc.integer(), fc.double(), fc.string()),
        offset: fc.oneof(fc.maxSafeInteger(), fc.double()),
        reason: fc.string(),
        v: fc.integer(),
        transfer: fc.constant(TRANSFER),
        files: fc.anything(),
        sha256: fc.string(),
      })
      .map((value) => JSON.stringify(value)),
    fc.constant(OFFER),
  );
  fc.assert(
    fc.property(fc.array(message, { maxLength: 20 }), (messages) => {
      const receiver = new FileReceiver();
      const sender = new FileSender({ transfer: TRANSFER, files: [offeredOf(given('a', 10))] });
      receiver.handleOpen();
      for (const one of messages) {
        receiver.handleMessage(one);
        sender.handleMessage(one);
        if (receiver.pollEvent()?.type === 'offered') receiver.accept([3]);
      }
    }),
    { seed: 9, numRuns: 2_000 },
  );
});

test('what the other side says for a reason cannot move the cursor', () => {
  const reason = reasonAfter(JSON.stringify({ type: 'abort', reason: '\u001b[2Jgone\r\n\u202eevil' })) ?? '';
  assert.ok(!/[\p{Cc}\p{Cf}]/u.test(reason), reason);
});

for (const [name, safe] of [
  ['../../etc/passwd', 'passwd'],
  ['..\\..\\windows\\system32\\cmd.exe', 'cmd.exe'],
  ['/', 'file'],
  ['..', 'file'],
  ['', 'file'],
  ['.bashrc', 'bashrc'],
  ['a\0b.txt', 'ab.txt'],
  ['CON', '_CON'],
  ['nul.txt', '_nul.txt'],
  ['what?.txt', 'what_.txt'],
  ['gpj.\u202eexe', 'gpj.exe'],
  ['사진 1.jpg', '사진 1.jpg'],
  ['trailing. . ', 'trailing'],
  ['a:b', 'a_b'],
] as const) {
  test(`${JSON.stringify(name)} is written as ${JSON.stringify(safe)}`, () => {
    assert.equal(safeFileName(name), safe);
  });
}

test('whatever a name is, it stays in its folder, fits, and can be seen', () => {
  fc.assert(
    fc.property(
      fc.oneof(fc.string({ unit: 'binary', maxLength: 400 }), fc.string({ maxLength: 300 })),
      (name) => {
        const safe = safeFileName(name);
        assert.ok(safe.length > 0 && Buffer.byteLength(safe) <= 200);
        assert.ok(!/[/\\\0]/.test(safe) && safe !== '.' && safe !== '..' && !safe.startsWith('.'));
        assert.equal(safeFileName(safe), safe, 'again it is the same');
      },
    ),
    { seed: 2, numRuns: 3_000 },
  );
});

test('a long name keeps its ending', () => {
  const safe = safeFileName(`${'가'.repeat(200)}.jpeg`);
  assert.ok(safe.endsWith('.jpeg') && Buffer.byteLength(safe) <= 200);
});

test('two files of one name are two files', () => {
  assert.deepEqual(distinctNames(['a.txt', 'A.TXT', 'a (2).txt', 'b']), [
    'a.txt',
    'A (2).TXT',
    'a (2) (2).txt',
    'b',
  ]);
  assert.equal(numbered('.x', 2), '.x (2)');
});
