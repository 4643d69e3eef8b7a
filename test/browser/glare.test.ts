/** Both sides negotiate at the same moment, again and again, and always agree in the end. RFC 9429, rollback. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Page } from 'playwright-core';
import { shareScreen } from '../support/browser/controls.ts';
import { allSeeAndHear, assertReceives } from '../support/browser/judge.ts';
import { stage } from '../support/browser/stage.ts';
import { createRoom } from '../support/raw-client.ts';

const ROUNDS = 100;

const set = stage();

/** Counts offers that arrive while an own offer is out, and descriptions that fail. */
function countGlares(page: Page): Promise<void> {
  return page.evaluate(() => {
    const counts = { glares: 0, failures: 0 };
    Object.assign(window, { counts });
    const original: (this: RTCPeerConnection, description: RTCSessionDescriptionInit) => Promise<void> =
      RTCPeerConnection.prototype.setRemoteDescription;
    Object.assign(RTCPeerConnection.prototype, {
      async setRemoteDescription(this: RTCPeerConnection, description: RTCSessionDescriptionInit) {
        if (description.type === 'offer' && this.signalingState === 'have-local-offer') counts.glares += 1;
        return original.call(this, description).catch((error: unknown) => {
          counts.failures += 1;
          throw error;
        });
      },
    });
  });
}

function readCounts(page: Page): Promise<{ readonly glares: number; readonly failures: number }> {
  return page.evaluate(() => Reflect.get(window, 'counts'));
}

/** Asks for a new negotiation at `at` (Date.now() of the machine, which all pages share). Resolves with the old credentials. */
function negotiateAt(page: Page, at: number): Promise<string> {
  return page.evaluate(async (time) => {
    const [pc] = window.recordedPeerConnections;
    const before = /a=ice-ufrag:(\S+)/.exec(pc?.currentLocalDescription?.sdp ?? '')?.[1] ?? '';
    await new Promise((resolve) => setTimeout(resolve, time - Date.now()));
    pc?.restartIce();
    return before;
  }, at);
}

/** Resolves when both descriptions are settled and the credentials are not the old ones. */
async function settled(page: Page, before: string): Promise<void> {
  await page.waitForFunction((old) => {
    const [pc] = window.recordedPeerConnections;
    const now = /a=ice-ufrag:(\S+)/.exec(pc?.currentLocalDescription?.sdp ?? '')?.[1];
    return pc?.signalingState === 'stable' && now !== undefined && now !== old;
  }, before);
}

test(`both sides negotiate at once ${ROUNDS} times`, async (t) => {
  const room = await createRoom(set.server);
  const alice = await set.join(room, { name: 'Alice', query: 'video=180p' });
  const eve = await set.join(room, { name: 'Eve', query: 'video=180p' });
  const pages = [alice.page, eve.page];
  await allSeeAndHear([alice, eve]);
  for (const page of pages) await countGlares(page);
  for (let round = 0; round < ROUNDS; round += 1) {
    const at = Date.now() + 40;
    const before = await Promise.all(pages.map((page) => negotiateAt(page, at)));
    await Promise.all(pages.map((page, index) => settled(page, before[index] ?? '')));
  }
  const counts = await Promise.all(pages.map(readCounts));
  const glares = counts.reduce((sum, count) => sum + count.glares, 0);
  t.diagnostic(`${glares} offers met an offer on the side that gave way`);
  assert.equal(
    counts.reduce((sum, count) => sum + count.failures, 0),
    0,
  );
  assert.ok(glares >= ROUNDS / 2, `only ${glares} of ${ROUNDS} rounds were a real collision`);
  for (const page of pages) {
    assert.equal(
      await page.evaluate(() => window.recordedPeerConnections.length),
      1,
      'one connection did it all',
    );
  }
  await allSeeAndHear([alice, eve]);
});

test('both share their screens at the same moment', async () => {
  const room = await createRoom(set.server);
  const alice = await set.join(room, { name: 'Alice' });
  const eve = await set.join(room, { name: 'Eve' });
  await allSeeAndHear([alice, eve]);
  await Promise.all([alice, eve].map(shareScreen));
  await Promise.all([alice, eve].map(({ page }) => assertReceives(page, { videos: 2, sounds: 2 })));
});
