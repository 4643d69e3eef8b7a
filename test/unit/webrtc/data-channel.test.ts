/** A data channel over a port that a test holds: order, amounts, errors, ends. webrtc.html §6.2. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RTCDataChannel } from '../../../src/webrtc/data-channel.ts';
import { type ChannelPort, DataChannelState } from '../../../src/webrtc/data-channel-state.ts';
import { INSIDE } from '../../../src/webrtc/idl/interface.ts';
import type { RTCErrorEvent } from '../../../src/webrtc/index.ts';

const FACTS = {
  label: 'chat',
  protocol: 'v1',
  ordered: true,
  maxRetransmits: undefined,
  maxPacketLifeTimeMs: undefined,
  priority: 'low',
  negotiated: false,
} as const;

class FakePort implements ChannelPort {
  readonly sent: string[] = [];
  buffered = 0;
  closes = 0;
  id: number | undefined;
  most = 1000;
  refusal: Error | undefined;

  send(kind: 'text' | 'binary', bytes: Uint8Array): void {
    if (this.refusal) throw this.refusal;
    this.sent.push(`${kind} ${new TextDecoder().decode(bytes)}`);
    this.buffered += bytes.byteLength;
  }
  close(): void {
    this.closes += 1;
  }
  bufferedBytes(): number {
    return this.buffered;
  }
  stream(): number | undefined {
    return this.id;
  }
  maxMessageBytes(): number {
    return this.most;
  }
}

interface Scene {
  readonly port: FakePort;
  readonly state: DataChannelState;
  readonly channel: RTCDataChannel;
  readonly heard: string[];
}

function scene({ open = true } = {}): Scene {
  const port = new FakePort();
  const state = new DataChannelState(FACTS, port);
  const channel = new RTCDataChannel(INSIDE, state);
  if (open) state.announceOpen();
  const heard: string[] = [];
  for (const type of ['open', 'message', 'bufferedamountlow', 'error', 'closing', 'close']) {
    channel.addEventListener(type, () => void heard.push(type));
  }
  return { port, state, channel, heard };
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('shows what it was made with', () => {
  const { channel, port } = scene({ open: false });
  assert.equal(channel.label, 'chat');
  assert.equal(channel.protocol, 'v1');
  assert.equal(channel.ordered, true);
  assert.equal(channel.maxRetransmits, null);
  assert.equal(channel.maxPacketLifeTime, null);
  assert.equal(channel.negotiated, false);
  assert.equal(channel.readyState, 'connecting');
  assert.equal(channel.binaryType, 'arraybuffer');
  assert.equal(channel.id, null);
  port.id = 4;
  assert.equal(channel.id, 4);
  port.id = undefined;
  assert.equal(channel.id, 4);
});

test('sends text, buffers and parts of buffers, as copies', () => {
  const { channel, port } = scene();
  const bytes = new TextEncoder().encode('abcdef');
  channel.send('한 글');
  channel.send(bytes.buffer);
  channel.send(bytes.subarray(2, 4));
  channel.send(new DataView(bytes.buffer, 4));
  bytes.fill(0);
  assert.deepEqual(port.sent, ['text 한 글', 'binary abcdef', 'binary cd', 'binary ef']);
  assert.equal(channel.bufferedAmount, 7 + 6 + 2 + 2);
});

test('keeps its order around a Blob', async () => {
  const { channel, port } = scene();
  channel.send('one');
  channel.send(new Blob(['two']));
  channel.send('three');
  channel.send(new Blob(['four']));
  channel.send('five');
  assert.equal(channel.bufferedAmount, 3 + 3 + 5 + 4 + 4);
  assert.deepEqual(port.sent, ['text one']);
  await settled();
  await settled();
  assert.deepEqual(port.sent, ['text one', 'binary two', 'text three', 'binary four', 'text five']);
});

test('closes behind a Blob that is being read', async () => {
  const { channel, port } = scene();
  channel.send(new Blob(['last words']));
  channel.close();
  assert.equal(channel.readyState, 'closing');
  assert.equal(port.closes, 0);
  assert.throws(() => channel.send('no'), { name: 'InvalidStateError' });
  await settled();
  await settled();
  assert.deepEqual(port.sent, ['binary last words']);
  assert.equal(port.closes, 1);
});

test('ends with an error when what waited behind a Blob is refused', async () => {
  const { channel, port, heard } = scene();
  let error: RTCErrorEvent['error'] | undefined;
  channel.onerror = (event) => {
    error = event.error;
  };
  channel.send(new Blob(['x']));
  port.refusal = new DOMException('full', 'OperationError');
  await settled();
  await settled();
  assert.deepEqual(heard, ['error']);
  assert.equal(error?.errorDetail, 'data-channel-failure');
  assert.equal(channel.readyState, 'closing');
  assert.equal(port.closes, 1);
});

test('refuses what is too long, what is nothing, and everything before it is open', () => {
  const { channel, port } = scene();
  assert.throws(() => channel.send('x'.repeat(1001)), TypeError);
  assert.throws(() => channel.send(new Blob(['x'.repeat(1001)])), TypeError);
  assert.throws(() => channel.send(null as unknown as string), TypeError);
  assert.throws(() => Reflect.apply(channel.send, channel, []), TypeError);
  assert.deepEqual(port.sent, []);
  assert.equal(channel.bufferedAmount, 0);
  assert.throws(() => scene({ open: false }).channel.send('x'), { name: 'InvalidStateError' });
});

test('a message that the session refuses does not count', () => {
  const { channel, port } = scene();
  port.refusal = new DOMException('full', 'OperationError');
  assert.throws(() => channel.send('x'), { name: 'OperationError' });
  assert.equal(channel.bufferedAmount, 0);
});

test('bufferedamountlow is fired when the amount falls to the threshold, and once', () => {
  const { channel, port, state, heard } = scene();
  channel.bufferedAmountLowThreshold = 4;
  channel.send('0123456789');
  port.buffered = 5;
  state.handleDrained();
  assert.equal(channel.bufferedAmount, 5);
  assert.deepEqual(heard, []);
  port.buffered = 4;
  state.handleDrained();
  assert.deepEqual(heard, ['bufferedamountlow']);
  port.buffered = 0;
  state.handleDrained();
  assert.deepEqual(heard, ['bufferedamountlow']);
  assert.equal(channel.bufferedAmount, 0);
});

test('a threshold is an unsigned long', () => {
  const { channel } = scene();
  channel.bufferedAmountLowThreshold = 2 ** 32 - 1;
  assert.equal(channel.bufferedAmountLowThreshold, 2 ** 32 - 1);
  assert.throws(() => {
    channel.bufferedAmountLowThreshold = -1;
  }, TypeError);
  assert.throws(() => {
    channel.bufferedAmountLowThreshold = 2 ** 32;
  }, TypeError);
});

test('messages come as text, ArrayBuffer or Blob', async () => {
  const { channel, state } = scene();
  const data: unknown[] = [];
  channel.onmessage = (event) => void data.push(event.data);
  const bytes = new Uint8Array([7, 8, 9]);
  state.receive('text', new TextEncoder().encode('\ufeffhé'));
  state.receive('binary', bytes);
  state.receive('binary', bytes.subarray(1, 2));
  channel.binaryType = 'blob';
  state.receive('binary', bytes.slice());
  channel.binaryType = 'paper' as 'blob';
  assert.equal(channel.binaryType, 'blob');
  const [text, whole, part, blob] = data;
  assert.equal(text, '\ufeffhé');
  assert.equal(whole, bytes.buffer);
  assert.ok(part instanceof ArrayBuffer);
  assert.deepEqual([...new Uint8Array(part)], [8]);
  assert.ok(blob instanceof Blob);
  assert.deepEqual([...new Uint8Array(await blob.arrayBuffer())], [7, 8, 9]);
});

test('the other side closes: closing, then close', () => {
  const { channel, state, heard } = scene();
  state.announceClosing();
  assert.equal(channel.readyState, 'closing');
  state.announceClosed(undefined);
  state.announceClosed(undefined);
  assert.equal(channel.readyState, 'closed');
  assert.deepEqual(heard, ['closing', 'close']);
});

test('we close: no closing event, then close', () => {
  const { channel, port, state, heard } = scene();
  channel.close();
  channel.close();
  assert.equal(port.closes, 1);
  state.announceClosing();
  state.announceClosed(undefined);
  assert.deepEqual(heard, ['close']);
});

test('an association that broke: error with its cause, then close', () => {
  const { channel, state, heard } = scene();
  let seen: RTCErrorEvent | undefined;
  channel.onerror = (event) => {
    seen = event;
  };
  state.announceClosed({
    detail: 'sctp-failure',
    message: 'User Initiated Abort',
    code: 'SCTP_ABORTED',
    sctpCauseCode: 12,
    receivedAlert: undefined,
    sentAlert: undefined,
  });
  assert.deepEqual(heard, ['error', 'close']);
  assert.equal(seen?.error.errorDetail, 'sctp-failure');
  assert.equal(seen.error.sctpCauseCode, 12);
});

test('a connection that is closed takes its channels along in silence', () => {
  const { channel, state, heard } = scene();
  channel.send('x');
  state.closeAbruptly();
  assert.equal(channel.readyState, 'closed');
  assert.equal(channel.bufferedAmount, 1);
  state.announceOpen();
  state.receive('text', new Uint8Array(1));
  state.announceClosed(undefined);
  assert.deepEqual(heard, []);
});

test('what waits is limited, Blobs that are being read included', () => {
  const { channel, port } = scene();
  port.most = Number.POSITIVE_INFINITY;
  const megabyte = new Blob([new Uint8Array(2 ** 20)]);
  for (let i = 0; i < 16; i++) channel.send(megabyte);
  assert.throws(() => channel.send(megabyte), { name: 'OperationError' });
  assert.throws(() => channel.send('x'), { name: 'OperationError' });
  assert.equal(channel.bufferedAmount, 2 ** 24);
});
