/** The server dies in the middle of a call (SIGKILL) and comes back: direct media never notices, relayed media returns. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Page } from 'playwright-core';
import { receiveChat, sendChat, shareScreen } from '../support/browser/controls.ts';
import {
  allSeeAndHear,
  assertReceives,
  progress,
  reception,
  watchFrameGap,
} from '../support/browser/judge.ts';
import type { Person } from '../support/browser/people.ts';
import { stage } from '../support/browser/stage.ts';
import { createRoom } from '../support/raw-client.ts';

const OUTAGE_MS = 3000;
const LONGEST_GAP_MS = 1000;
const RELAYED_AGAIN_WITHIN_MS = 5000;

const set = stage();

async function meet(query: string): Promise<readonly [Person, Person]> {
  const room = await createRoom(set.server);
  const alice = await set.join(room, { name: 'Alice', query });
  const eve = await set.join(room, { name: 'Eve', query });
  await allSeeAndHear([alice, eve]);
  return [alice, eve];
}

/** Milliseconds until the page decodes new frames. */
async function untilFramesCome(page: Page, giveUpMs: number): Promise<number> {
  const startedAt = performance.now();
  let before = await reception(page);
  while (performance.now() - startedAt < giveUpMs) {
    await page.waitForTimeout(100);
    const after = await reception(page);
    if (progress(before, after).videos > 0) return performance.now() - startedAt;
    before = after;
  }
  return Number.POSITIVE_INFINITY;
}

test('a direct call goes on: no frame gap, chat works, and a later renegotiation too', async (t) => {
  const [alice, eve] = await meet('');
  const watches = [await watchFrameGap(alice.page), await watchFrameGap(eve.page)];

  await set.server.kill();
  await sendChat(alice, 'the server is gone');
  await receiveChat(eve, 'the server is gone');
  await alice.page.waitForTimeout(OUTAGE_MS);
  await set.server.restart();
  for (const { page } of [alice, eve]) {
    await page.getByText('reconnecting').first().waitFor({ state: 'hidden', timeout: 15_000 });
  }
  await sendChat(eve, 'it is back');
  await receiveChat(alice, 'it is back');

  for (const watch of watches) {
    const gap = await watch.stop();
    t.diagnostic(`longest time without a new frame: ${Math.round(gap)} ms`);
    assert.ok(gap < LONGEST_GAP_MS, `frames stopped for ${Math.round(gap)} ms`);
  }

  // Alice -- screen: an offer through the new server --> Eve
  await shareScreen(alice);
  await assertReceives(eve.page, { videos: 2, sounds: 1 });
  for (const { page } of [alice, eve]) {
    assert.equal(
      await page.evaluate(() => window.recordedPeerConnections.length),
      1,
      'the connection was kept',
    );
  }
});

test('a relayed call is back within 5 s of the server', async (t) => {
  const [alice, eve] = await meet('ice=relay&transport=udp');
  const watch = await watchFrameGap(eve.page);
  await set.server.kill();
  await alice.page.waitForTimeout(OUTAGE_MS);
  const stopped = await reception(eve.page);
  await eve.page.waitForTimeout(500);
  assert.equal(progress(stopped, await reception(eve.page)).videos, 0, 'the relay is gone, so is its media');
  assert.ok((await watch.stop()) > LONGEST_GAP_MS, 'the watch of the test above notices when frames stop');

  await set.server.restart();
  const waits = await Promise.all(
    [alice, eve].map(({ page }) => untilFramesCome(page, RELAYED_AGAIN_WITHIN_MS + 10_000)),
  );
  t.diagnostic(`media was back after ${waits.map((wait) => `${Math.round(wait)} ms`).join(' and ')}`);
  for (const wait of waits) assert.ok(wait < RELAYED_AGAIN_WITHIN_MS, `it took ${Math.round(wait)} ms`);
  await allSeeAndHear([alice, eve]);
});
