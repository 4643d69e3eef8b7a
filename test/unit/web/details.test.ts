/** The numbers of the details panel. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LinkSample, TrackSample } from '../../../src/client/index.ts';
import type { ParticipantId } from '../../../src/signaling/index.ts';
import {
  asText,
  bitRateWords,
  curvesOf,
  linkRows,
  roundCeiling,
  trackRows,
} from '../../../web/src/room/details/summary.ts';
import { type History, KEPT_SAMPLES, withSamples } from '../../../web/src/room/history.ts';
import { en } from '../../../web/src/words/en.ts';

const EVE = 'e'.repeat(16) as ParticipantId;

const video: TrackSample = {
  kind: 'video',
  role: 'camera',
  codec: 'VP8',
  bps: 1_234_567,
  packetsPerSecond: 120,
  lossFraction: 0.021,
  jitterMs: 4.6,
  width: 1280,
  height: 720,
  framesPerSecond: 29.97,
  frames: 100,
  limitedBy: 'cpu',
  audioLevel: undefined,
};

function sample(atMs: number, change: Partial<LinkSample> = {}): LinkSample {
  return {
    atMs,
    peer: EVE,
    roundTripMs: 12.4,
    pair: {
      local: 'relay 192.0.2.1:50000',
      remote: 'host 198.51.100.7:40000',
      path: { kind: 'relay', protocol: 'udp', relayProtocol: 'tls', roundTripMs: 12.4 },
    },
    availableOutgoingBps: 2_500_000,
    sending: [],
    receiving: [video],
    ...change,
  };
}

test('two minutes are kept, and people who are gone are forgotten', () => {
  let history: History = new Map();
  for (let second = 0; second < 300; second += 1) history = withSamples(history, [sample(second * 1000)]);
  assert.equal(history.get(EVE)?.length, KEPT_SAMPLES);
  assert.equal(withSamples(history, []).size, 0);
});

test('curves run up to now, in kbit/s, milliseconds and percent; what is unknown is a gap', () => {
  const silent = sample(1000, { receiving: [], roundTripMs: undefined });
  const { seconds, receiving, roundTrip, loss } = curvesOf([silent, sample(3000)]);
  assert.deepEqual(seconds, [-2, 0]);
  assert.deepEqual(receiving, [0, 1234.567]);
  assert.deepEqual(roundTrip, [null, 12.4]);
  assert.deepEqual(loss, [null, 2.1]);
});

test('a relayed link says how it reaches its relay', () => {
  assert.equal(linkRows(sample(0), en).find((row) => row.name === en.pathLabel)?.value, 'Relay · TLS');
});

test('a track is told in words that people know', () => {
  const rows = new Map(trackRows(video, en).map(({ name, value }) => [name, value]));
  assert.equal(rows.get(en.resolutionLabel), '1280 × 720');
  assert.equal(rows.get(en.frameRate), '30');
  assert.equal(rows.get(en.bitRate), '1.23 Mbit/s');
  assert.equal(rows.get(en.loss), '2.1 %');
  assert.equal(rows.get(en.limitedBy), 'this computer');
});

test('all of it can be pasted to somebody who helps', () => {
  const text = asText([{ name: 'Eve', sample: sample(0) }], en);
  assert.match(text, /^Eve\n {2}Path: Relay · TLS\n/);
  assert.match(text, /Receiving, Camera: Video codec|Receiving, Camera: Codec VP8/);
});

test('an axis ends at a round number above the curve', () => {
  assert.deepEqual([100, 101, 450, 712, 950, 0.3, 0].map(roundCeiling), [100, 200, 600, 800, 1000, 0.4, 1]);
});

test('slow links are told in kbit/s', () => {
  assert.equal(bitRateWords(64_300), '64 kbit/s');
});
