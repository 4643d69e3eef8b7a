/** Offers of a real Chromium that have more than data in them: we hold or refuse the media, section by section, and talk data. RFC 9429 §5.3. */
import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import type { Page } from 'playwright-core';
import { openByHand } from '../support/browser/hand-written.ts';
import { stage } from '../support/browser/stage.ts';
import { createRoom } from '../support/raw-client.ts';
import { once } from '../support/webrtc/connect.ts';
import { RoomPeer } from '../support/webrtc/room-peer.ts';

const set = stage();
const peers: RoomPeer[] = [];

afterEach(async () => {
  for (const peer of peers.splice(0)) {
    await peer.close();
    assert.deepEqual(peer.failures, []);
  }
});

/** Both are in one room, and nothing is negotiated. We send back what comes. */
async function meet(configuration: RTCConfiguration = {}): Promise<{ page: Page; peer: RoomPeer }> {
  const room = await createRoom(set.server);
  const person = await set.person({ name: 'page' });
  await openByHand(person, set.server, room, { body: 'data', scripts: ['test/browser/data-page.js'] });
  const { page } = person;
  const peer = await RoomPeer.join(set.server, room);
  peers.push(peer);
  peer.begin({ ieum: { loopback: true } });
  peer.connection.ondatachannel = ({ channel }) => {
    channel.onmessage = ({ data }) => channel.send(data as ArrayBuffer);
  };
  await page.evaluate((given) => window.begin(given), configuration);
  return { page, peer };
}

function kindsOf(sdp: string | undefined): string[] {
  return [...(sdp ?? '').matchAll(/^m=(\w+) (\d+)/gm)].map(([, kind, port]) =>
    port === '0' ? `${kind} refused` : `${kind}`,
  );
}

for (const bundlePolicy of ['balanced', 'max-bundle', 'max-compat'] as const) {
  test(`the page offers camera, microphone and data at once, with the policy ${bundlePolicy}`, async () => {
    const { page, peer } = await meet({ bundlePolicy });
    await page.evaluate(async () => {
      const stream = await navigator.mediaDevices.getUserMedia({ audio: true, video: true });
      for (const track of stream.getTracks()) window.pc.addTrack(track, stream);
      await window.openChannel('theirs');
    });
    assert.equal(await page.evaluate(() => window.talk('theirs', [1, 100_000])), 'all came back');
    assert.deepEqual(kindsOf(peer.connection.localDescription?.sdp), [
      'audio',
      'video refused',
      'application',
    ]);
    const directions = await page.evaluate(() =>
      window.pc.getTransceivers().map(({ currentDirection }) => currentDirection),
    );
    assert.deepEqual(directions, ['inactive']);
  });
}

test('media that the page adds later is refused, and the channel goes on', async () => {
  const { page } = await meet();
  await page.evaluate(() => window.openChannel('theirs'));
  await page.evaluate(async () => {
    window.pc.addTransceiver('video');
    window.pc.addTransceiver('audio');
    await new Promise<void>((resolve) => {
      window.pc.addEventListener('signalingstatechange', () => {
        if (window.pc.signalingState === 'stable') resolve();
      });
    });
  });
  assert.equal(await page.evaluate(() => window.talk('theirs', [1, 100_000])), 'all came back');
  assert.equal(await page.evaluate(() => window.pc.connectionState), 'connected');
});

test('a section of media that we have refused becomes our data', async () => {
  const { page, peer } = await meet();
  const { connection } = peer;
  await page.evaluate(() => void window.pc.addTransceiver('audio'));
  await once(connection, 'signalingstatechange');
  while (connection.signalingState !== 'stable') await once(connection, 'signalingstatechange');
  assert.deepEqual(kindsOf(connection.localDescription?.sdp), ['audio refused']);
  const channel = connection.createDataChannel('ours');
  await once(channel, 'open');
  assert.deepEqual(kindsOf(connection.localDescription?.sdp), ['application']);
  channel.send('through the place of another');
  assert.equal((await once<MessageEvent>(channel, 'message')).data, 'through the place of another');
});

test('both make channels at the same time', async () => {
  const { page, peer } = await meet();
  const ours = peer.connection.createDataChannel('ours');
  await Promise.all([once(ours, 'open'), page.evaluate(() => window.openChannel('theirs'))]);
  assert.equal(await page.evaluate(() => window.talk('theirs', [1, 10_000])), 'all came back');
  assert.deepEqual(kindsOf(peer.connection.localDescription?.sdp), ['application']);
});
