/** Messages go from browser to browser: both ways, in order, to everybody, and never through the server. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { receiveChat, sendChat } from '../support/browser/controls.ts';
import { assertSeesAndHears } from '../support/browser/judge.ts';
import { stage } from '../support/browser/stage.ts';
import { createRoom } from '../support/raw-client.ts';

const set = stage();

test('three people write to each other', async () => {
  const room = await createRoom(set.server);
  const sentThroughServer: string[] = [];
  const alice = await set.join(room, { name: 'Alice', query: 'video=0' });
  alice.page.on('websocket', (socket) => {
    socket.on('framesent', ({ payload }) => sentThroughServer.push(String(payload)));
  });
  await alice.page.reload();
  const eve = await set.join(room, { name: 'Eve', query: 'video=180p' });
  const bob = await set.join(room, { name: 'Bob', query: 'video=180p' });
  await assertSeesAndHears(alice.page, 2);

  await sendChat(alice, 'first 안녕하세요 👋');
  await sendChat(alice, 'second <b>not bold</b>');
  for (const person of [eve, bob]) {
    await receiveChat(person, 'first 안녕하세요 👋');
    await receiveChat(person, 'second <b>not bold</b>');
  }
  await sendChat(bob, 'answer');
  for (const person of [alice, eve]) await receiveChat(person, 'answer');

  assert.ok(sentThroughServer.length > 0, 'the test watches what goes to the server');
  assert.deepEqual(
    sentThroughServer.filter((frame) => frame.includes('first') || frame.includes('second')),
    [],
  );
});
