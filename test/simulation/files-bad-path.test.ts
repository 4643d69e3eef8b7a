/** Files over the virtual internet: through lossy lines and connections that die again and again, and every byte is right. docs/files.md. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { concatBytes, SeededRandom } from '../../src/base/index.ts';
import { FILES_CHANNEL, FileReceiver, FileSender, isOffer, READY_TEXT } from '../../src/client/index.ts';
import { digest } from '../../src/node/digest.ts';
import { burstyLoss, type Host } from '../../src/vnet/index.ts';
import type { RTCDataChannel } from '../../src/webrtc/index.ts';
import { Internet } from '../support/ice/internet.ts';
import { wire } from '../support/webrtc/connect.ts';
import { runUntil, webRtcOn } from '../support/webrtc/virtual-shell.ts';

const TRANSFER = '0123456789abcdef0123456789abcdef';
const HOUR_MS = 3_600_000;

const sha256 = (bytes: Uint8Array): string => Buffer.from(digest('sha256', bytes)).toString('hex');

/** Both ends of one transfer; the receiver outlives the connections. */
class Transfer {
  readonly content: readonly Uint8Array[];
  readonly disk: Uint8Array[];
  readonly receiver = new FileReceiver();
  done = false;
  failed: string | undefined;
  /** Bytes that have come, on whatever connection. */
  carried = 0;

  constructor(content: readonly Uint8Array[]) {
    this.content = content;
    this.disk = content.map(() => new Uint8Array(0));
  }

  give(channel: RTCDataChannel): void {
    const files = this.content.map(({ length }, i) => ({
      name: `${i}`,
      size: length,
      version: '0011223344556677',
    }));
    const sender = new FileSender({ transfer: TRANSFER, files });
    channel.bufferedAmountLowThreshold = 65_536;
    const drain = (): void => {
      for (;;) {
        const out = sender.pollTransmit();
        const event = out === undefined ? sender.pollEvent() : undefined;
        if (out !== undefined) {
          if (channel.readyState !== 'open') return;
          channel.send(out as string);
          sender.handleBuffered(channel.bufferedAmount);
        } else if (event?.type === 'read') {
          const { file, offset, length } = event;
          sender.handleRead(
            file,
            offset,
            this.content[file]?.slice(offset, offset + length) ?? new Uint8Array(0),
          );
        } else if (event?.type === 'digest') {
          sender.handleDigest(event.file, sha256(this.content[event.file] ?? new Uint8Array(0)));
        } else if (!event) return;
      }
    };
    channel.onbufferedamountlow = () => {
      sender.handleBuffered(channel.bufferedAmount);
      drain();
    };
    channel.onmessage = ({ data }) => {
      sender.handleMessage(String(data));
      drain();
    };
    drain();
  }

  take(channel: RTCDataChannel): void {
    const { receiver } = this;
    channel.binaryType = 'arraybuffer';
    const drain = (): void => {
      for (let event = receiver.pollEvent(); event; event = receiver.pollEvent()) {
        if (event.type === 'offered') receiver.accept(this.disk.map((bytes) => bytes.length));
        else if (event.type === 'write') {
          this.disk[event.file] = concatBytes(this.disk[event.file] ?? new Uint8Array(0), event.bytes);
          this.carried += event.bytes.length;
          receiver.handleWritten(event.file, event.offset + event.bytes.length);
        } else if (event.type === 'check') {
          receiver.handleChecked(
            event.file,
            sha256(this.disk[event.file] ?? new Uint8Array(0)) === event.sha256,
          );
        } else if (event.type === 'done') this.done = true;
        else if (event.type === 'failed') this.failed = event.reason;
      }
      for (let text = receiver.pollTransmit(); text !== undefined; text = receiver.pollTransmit()) {
        if (channel.readyState === 'open') channel.send(text);
      }
    };
    channel.onmessage = ({ data }) => {
      if (isOffer(data)) receiver.handleOpen();
      receiver.handleMessage(typeof data === 'string' ? data : new Uint8Array(data as ArrayBuffer));
      drain();
    };
    channel.send(READY_TEXT);
  }
}

/** A fresh pair of connections that carries the transfer on. Returns how to lose it. */
function connect(transfer: Transfer, one: Host, other: Host): () => void {
  const a = new (webRtcOn(one).RTCPeerConnection)();
  const b = new (webRtcOn(other).RTCPeerConnection)();
  const init = { negotiated: true, id: FILES_CHANNEL.id };
  const near = a.createDataChannel(FILES_CHANNEL.label, init);
  const far = b.createDataChannel(FILES_CHANNEL.label, init);
  near.onopen = () => transfer.give(near);
  far.onopen = () => transfer.take(far);
  wire(a, b);
  return () => {
    far.onmessage = null;
    transfer.receiver.handleClosed();
    a.close();
    b.close();
  };
}

test('through a line that loses bursts', async () => {
  const net = new Internet();
  const random = new SeededRandom(3);
  const transfer = new Transfer([random.bytes(400_000), new Uint8Array(0), random.bytes(65_537)]);
  const [one, other] = [net.home('open', { latencyMs: 15, loss: burstyLoss(0.05, 3) }), net.home('open')];
  const lose = connect(transfer, one.host, other.host);
  assert.ok(
    await runUntil(net.world, HOUR_MS, () => transfer.done),
    transfer.failed ?? `${transfer.carried} bytes came`,
  );
  for (const [i, bytes] of transfer.content.entries()) assert.deepEqual(transfer.disk[i], bytes);
  lose();
  await runUntil(net.world, 1_000);
});

test('over a dozen connections that die in the middle, nothing is carried twice', async () => {
  const net = new Internet();
  const random = new SeededRandom(5);
  const transfer = new Transfer([random.bytes(700_000), random.bytes(900_000)]);
  const total = 1_600_000;
  const [one, other] = [net.home('open'), net.home('open')];
  let connections = 0;
  while (!transfer.done) {
    connections += 1;
    assert.ok(connections < 100, 'it gets on');
    const lose = connect(transfer, one.host, other.host);
    const before = transfer.carried;
    // Longer each time, so that it ends some day.
    const enough = before + 100_000 + 2_000 * connections;
    await runUntil(net.world, 60_000, () => transfer.done || transfer.carried >= enough);
    lose();
    await runUntil(net.world, 100);
  }
  assert.ok(connections > 10, `${connections} connections`);
  assert.equal(transfer.carried, total);
  for (const [i, bytes] of transfer.content.entries()) assert.deepEqual(transfer.disk[i], bytes);
});
