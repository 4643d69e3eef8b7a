/** Somebody's whole network is gone for a while: both are told, and the call comes back by itself when the network does. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { naming } from '../support/browser/controls.ts';
import { allSeeAndHear, progress, reception } from '../support/browser/judge.ts';
import { inRoom, linkTo, stage } from '../support/browser/stage.ts';
import { openCuttableLine } from '../support/cuttable-line.ts';
import { createRoom } from '../support/raw-client.ts';

const OUTAGE_MS = 9000;
/** The client tries signaling again at most every few seconds, and an ICE attempt through a relay takes one or two. */
const BACK_WITHIN_MS = 12_000;

const set = stage();

test('the call comes back after nine seconds without a network', async (t) => {
  // Alice === one TCP line: page, signaling, relay over TLS === server ... Eve
  const line = await openCuttableLine(set.server.ports.web);
  t.after(() => line.close());
  const room = await createRoom(set.server);
  const alice = await set.person({ name: 'Alice' });
  const link = linkTo(set.server, room, 'Alice', 'ice=relay&transport=tls');
  await alice.page.goto(link.replace(`:${set.server.ports.web}/`, `:${line.port}/`));
  await inRoom(alice);
  const eve = await set.join(room, { name: 'Eve' });
  await allSeeAndHear([alice, eve]);

  line.cut();
  await alice.page.waitForTimeout(1500);
  const cut = await reception(eve.page);
  await eve.page
    .getByText(/Reconnecting/)
    .first()
    .waitFor({ timeout: OUTAGE_MS });
  assert.equal(progress(cut, await reception(eve.page)).videos, 0, 'the line is really cut');
  await alice.page.waitForTimeout(OUTAGE_MS - 1500);

  line.mend();
  const startedAt = performance.now();
  await allSeeAndHear([alice, eve]);
  const tookMs = performance.now() - startedAt;
  t.diagnostic(`both saw and heard each other again after ${Math.round(tookMs)} ms`);
  assert.ok(tookMs < BACK_WITHIN_MS, `it took ${Math.round(tookMs)} ms`);
  assert.ok((await naming(alice, 'Eve').count()) > 0);
});
