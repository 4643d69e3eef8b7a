/** The short fuzz of an association; long: `npm run fuzz -- --target sctp`. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sctpAssociation } from '../../fuzz/sctp-target.ts';
import { fuzz } from '../../fuzz/target.ts';

test('a peer that knows the rules and breaks them: nothing thrown, nothing without bound, no endless work', () => {
  const { reached } = fuzz(sctpAssociation, 30_000, 20_261_121);
  const outcomes = [
    ...['cookie-wait', 'cookie-echoed', 'established', 'shutdown-sent', 'shutdown-received', 'closed'].map(
      (state) => `state ${state}`,
    ),
    ...['message', 'streams-reset-by-peer', 'streams-reset', 'closed SCTP_PROTOCOL_VIOLATION'],
    ...['closed SCTP_ABORTED_BY_PEER', 'closed in peace', 'closing'],
    // DATA, INIT ACK, SACK, HEARTBEAT, HEARTBEAT ACK, ABORT, ERROR, COOKIE ACK, I-DATA, RE-CONFIG.
    ...[0, 2, 3, 4, 5, 6, 9, 11, 64, 130].map((type) => `said chunk ${type}`),
  ];
  assert.deepEqual(
    outcomes.filter((outcome) => !reached.has(outcome)),
    [],
    'a fuzz that does not reach this proves nothing about it',
  );
  assert.ok((reached.get('state established') ?? 0) > 15_000);
});
