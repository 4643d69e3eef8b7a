/** The receiver on a channel: whom it believes to be the sender, and what it says when its user stops. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ReceiveSession } from '../../../src/cli/files/receive-session.ts';
import { READY_TEXT } from '../../../src/client/index.ts';
import type { RTCDataChannel } from '../../../src/webrtc/index.ts';

const OFFER = JSON.stringify({
  type: 'offer',
  v: 1,
  transfer: '0123456789abcdef0123456789abcdef',
  files: [{ name: 'a', size: 10, version: '00112233aabbccdd' }],
});

class Channel {
  readyState = 'open';
  onmessage: ((event: { readonly data: unknown }) => void) | null = null;
  readonly sent: unknown[] = [];

  send(data: unknown): void {
    this.sent.push(data);
  }

  asChannel(): RTCDataChannel {
    return this as unknown as RTCDataChannel;
  }
}

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

function session(plan: () => Promise<string>): {
  readonly session: ReceiveSession;
  readonly ends: unknown[];
} {
  const ends: unknown[] = [];
  const nothing = (): void => undefined;
  return {
    ends,
    session: new ReceiveSession({
      plan,
      onProgress: nothing,
      onFile: nothing,
      onRestart: nothing,
      onEnd: (outcome) => ends.push(outcome),
    }),
  };
}

test('who says that he is ready too is another receiver, and who offers is the sender', async () => {
  const { session: receiving, ends } = session(async () => 'there is no room');
  const [other, sender] = [new Channel(), new Channel()];
  const offers: string[] = [];
  receiving.ask(other.asChannel(), () => offers.push('other'));
  receiving.ask(sender.asChannel(), () => offers.push('sender'));
  other.onmessage?.({ data: READY_TEXT });
  sender.onmessage?.({ data: OFFER });
  await settle();
  assert.deepEqual(offers, ['sender']);
  assert.deepEqual(other.sent, [READY_TEXT]);
  assert.deepEqual(sender.sent, [READY_TEXT, JSON.stringify({ type: 'abort', reason: 'there is no room' })]);
  assert.deepEqual(ends, [{ failed: 'there is no room' }]);
  assert.equal(receiving.lost(other.asChannel()), false);
  assert.equal(receiving.lost(sender.asChannel()), true);
});

test('a user who stops at the question about an existing file ends nothing for the sender', async () => {
  let stop: (reason: Error) => void = () => undefined;
  const asked = new Promise<string>((_resolve, reject) => {
    stop = reject;
  });
  const { session: receiving, ends } = session(() => asked);
  const sender = new Channel();
  receiving.ask(sender.asChannel(), () => undefined);
  sender.onmessage?.({ data: OFFER });
  await settle();
  receiving.stop();
  stop(new Error('Ctrl-C'));
  await receiving.close();
  assert.deepEqual([sender.sent, ends], [[READY_TEXT], []]);
});
