/** What is told of a peer connection that comes and goes, and what is sent on a channel that ends meanwhile. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ConnectionWatch } from '../../../src/cli/call/connection-watch.ts';
import { sendIfOpen } from '../../../src/cli/files/send-if-open.ts';

class Connection {
  connectionState = 'new';
  readonly #listeners: (() => void)[] = [];

  addEventListener(_type: 'connectionstatechange', listener: () => void): void {
    this.#listeners.push(listener);
  }

  /** As the network makes it: with an event. */
  become(state: string): void {
    this.connectionState = state;
    for (const listener of this.#listeners) listener();
  }
}

test('an interruption is told once, so is the return, and who closes it without an event is found by looking', () => {
  const connection = new Connection();
  const watch = new ConnectionWatch();
  const told: string[] = [];
  watch.add(connection, {
    onInterrupted: () => told.push('interrupted'),
    onBack: () => told.push('back'),
    onOver: () => told.push('over'),
  });
  // connecting, and failing at it, interrupts nothing
  for (const state of ['connecting', 'failed', 'connecting', 'connected']) connection.become(state);
  assert.deepEqual(told, []);
  for (const state of ['disconnected', 'failed', 'connecting', 'connected']) connection.become(state);
  assert.deepEqual(told, ['interrupted', 'back']);
  connection.connectionState = 'closed';
  watch.look();
  watch.look();
  connection.become('closed');
  assert.deepEqual(told, ['interrupted', 'back', 'over']);
});

test('a channel that has just ended takes nothing and breaks nothing; other mistakes stay mistakes', () => {
  const sent: unknown[] = [];
  const channel = (readyState: RTCDataChannelState, thrown?: Error) => ({
    readyState,
    send(data: unknown): void {
      if (thrown) throw thrown;
      sent.push(data);
    },
  });
  sendIfOpen(channel('open'), 'a');
  sendIfOpen(channel('closing'), 'b');
  sendIfOpen(channel('open', new DOMException('The data channel is not open.', 'InvalidStateError')), 'c');
  assert.deepEqual(sent, ['a']);
  assert.throws(() => sendIfOpen(channel('open', new TypeError('too long')), 'd'), TypeError);
});
