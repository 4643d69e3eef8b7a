/** The network changes under a call (another Wi-Fi, a cable pulled): ICE starts anew, nobody has to do anything. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Page } from 'playwright-core';
import { allSeeAndHear, watchFrameGap } from '../support/browser/judge.ts';
import { stage } from '../support/browser/stage.ts';
import { createRoom } from '../support/raw-client.ts';

const set = stage();

const credentials = (page: Page): Promise<string | undefined> =>
  page.evaluate(
    () =>
      /a=ice-ufrag:(\S+)/.exec(window.recordedPeerConnections[0]?.currentLocalDescription?.sdp ?? '')?.[1],
  );

test('ICE is restarted when the browser says that it is online again, and media does not stop', async () => {
  const room = await createRoom(set.server);
  const alice = await set.join(room, { name: 'Alice' });
  const eve = await set.join(room, { name: 'Eve' });
  await allSeeAndHear([alice, eve]);
  const before = await credentials(alice.page);
  const watch = await watchFrameGap(alice.page);

  await alice.page.evaluate(() => dispatchEvent(new Event('online')));
  await alice.page.waitForFunction(
    (old) => !window.recordedPeerConnections[0]?.currentLocalDescription?.sdp.includes(`a=ice-ufrag:${old}`),
    before,
  );
  await allSeeAndHear([alice, eve]);
  assert.ok((await watch.stop()) < 1000);
  assert.equal(await alice.page.evaluate(() => window.recordedPeerConnections.length), 1);
});
