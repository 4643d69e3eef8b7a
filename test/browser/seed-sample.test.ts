/** The specification's own code sample, unchanged, completes a call over a SignalingChannel of at most 30 lines. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { openByHand } from '../support/browser/hand-written.ts';
import { allSeeAndHear } from '../support/browser/judge.ts';
import type { Person } from '../support/browser/people.ts';
import { stage } from '../support/browser/stage.ts';
import { createRoom, RawClient } from '../support/raw-client.ts';

const CHANNEL = 'test/browser/seed-signaling-channel.js';
const SAMPLE = 'test/browser/seed-sample.js';
const PAGE = {
  body: '<video id="selfView" autoplay muted playsinline></video><video id="remoteView" autoplay playsinline></video>',
  scripts: [CHANNEL, SAMPLE],
};

const set = stage();

const read = (file: string): string => readFileSync(path.resolve(import.meta.dirname, '../..', file), 'utf8');

async function open(name: string, room: string): Promise<Person> {
  const person = await set.person({ name });
  await openByHand(person, set.server, room, PAGE);
  return person;
}

test('the channel has at most 30 lines and the sample is as it was written', () => {
  assert.ok(read(CHANNEL).trimEnd().split('\n').length <= 30);
  assert.equal(
    createHash('sha256').update(read(SAMPLE)).digest('hex'),
    'dafc303f2b35197a0e7939a1bf3d7f2cd18e1e0ddd9cc29e4ff55322379fcde8',
  );
});

test('two pages with the sample complete a call', async () => {
  const room = await createRoom(set.server);
  const alice = await open('Alice', room);
  const eve = await open('Eve', room);
  await alice.page.evaluate('start()'); // "Call start() to initiate."
  await allSeeAndHear([alice, eve]);
  for (const { complaints, context } of [alice, eve]) {
    assert.deepEqual(complaints, []);
    await context.close();
  }
});

test('an SDP type that nobody supports is reported by the server, and nobody else gets it', async () => {
  const room = await createRoom(set.server);
  const inside = await RawClient.hello(set.server, 'inside');
  await inside.request({ type: 'join-room', room });
  const sender = await RawClient.hello(set.server, 'sender');
  await sender.request({ type: 'join-room', room });
  const joined = await sender.next((event) => event.type === 'joined');
  const [peer] = joined.participants as readonly { readonly id: string }[];
  const reply = await sender.request({
    type: 'signal',
    to: peer?.id,
    signal: { kind: 'description', description: { type: 'rollback', sdp: '' } },
  });
  assert.equal(reply.ok, false);
  assert.equal((reply.error as { readonly code: string }).code, 'SDP_TYPE_UNSUPPORTED');
  const answered = await sender.request({ type: 'ping' });
  assert.equal(answered.ok, true, 'the connection stays');
  assert.equal(inside.events.filter((event) => event.type === 'signal').length, 0);
  sender.close();
  inside.close();
});
