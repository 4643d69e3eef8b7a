/** A short fuzz of data channels; `npm run fuzz` runs it long. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dataChannels } from '../../fuzz/channels-target.ts';
import { fuzz } from '../../fuzz/target.ts';

test('data channels withstand a peer that says what no transport would', () => {
  const { reached } = fuzz(dataChannels, 20_000, 20_261_121);
  for (const what of [
    'channel-announced',
    'channel-message',
    'CHANNEL_PEER_VIOLATED',
    'CHANNEL_MESSAGE_TOO_LONG',
  ])
    assert.ok((reached.get(what) ?? 0) > 50, `${what}: ${reached.get(what)}`);
});
