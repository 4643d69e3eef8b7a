/** Where nothing direct is allowed the server's own relay carries the call: over UDP, TCP, and TLS on the one port. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { allSeeAndHear, selectedPairs } from '../support/browser/judge.ts';
import { stage } from '../support/browser/stage.ts';
import { createRoom } from '../support/raw-client.ts';

const set = stage();

for (const transport of ['udp', 'tcp', 'tls']) {
  test(`relay only, over ${transport}`, async () => {
    const room = await createRoom(set.server);
    const query = `ice=relay&transport=${transport}`;
    const alice = await set.join(room, { name: 'Alice', query });
    const eve = await set.join(room, { name: 'Eve', query });
    await allSeeAndHear([alice, eve]);
    for (const { page } of [alice, eve]) {
      const [pair] = await selectedPairs(page);
      assert.equal(pair?.localType, 'relay');
      assert.equal(pair?.remoteType, 'relay');
      assert.equal(pair?.relayProtocol, transport);
      await page.getByText('Relay').first().waitFor();
    }
  });
}

test('one side behind the relay is enough', async () => {
  const room = await createRoom(set.server);
  const alice = await set.join(room, { name: 'Alice', query: 'ice=relay&transport=tls' });
  const eve = await set.join(room, { name: 'Eve' });
  await allSeeAndHear([alice, eve]);
  const [pair] = await selectedPairs(alice.page);
  assert.equal(pair?.relayProtocol, 'tls');
});
