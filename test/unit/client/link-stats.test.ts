/** Statistics as Chromium, Firefox and Safari give them, and the numbers that people read from them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeCandidate, entriesOf, pathOf, selectedPair } from '../../../src/client/link-path.ts';
import { LinkStats } from '../../../src/client/link-stats.ts';
import type { Participant } from '../../../src/signaling/index.ts';

type Entry = Record<string, unknown> & { id: string; type: string };
const report = (...entries: readonly Entry[]): RTCStatsReport =>
  new Map(entries.map((entry) => [entry.id, entry])) as unknown as RTCStatsReport;

const host: Entry = {
  id: 'L1',
  type: 'local-candidate',
  candidateType: 'host',
  protocol: 'udp',
  address: '192.0.2.1',
  port: 50_000,
};
const relay: Entry = {
  id: 'L2',
  type: 'local-candidate',
  candidateType: 'relay',
  protocol: 'udp',
  relayProtocol: 'tls',
  address: '2001:db8::1',
  port: 50_001,
};
const remoteHost: Entry = { ...host, id: 'R1', type: 'remote-candidate', address: '192.0.2.2' };
const remoteRelay: Entry = { ...remoteHost, id: 'R2', candidateType: 'relay' };
const pair = (id: string, local: string, remote: string, more: object = {}): Entry => ({
  id,
  type: 'candidate-pair',
  state: 'succeeded',
  nominated: true,
  localCandidateId: local,
  remoteCandidateId: remote,
  currentRoundTripTime: 0.0123,
  ...more,
});

function pathIn(...entries: readonly Entry[]) {
  const selected = selectedPair(entriesOf(report(...entries)));
  return selected && pathOf(selected);
}

test('Chromium and Safari name the selected pair in the transport', () => {
  const transport: Entry = { id: 'T', type: 'transport', selectedCandidatePairId: 'P2' };
  assert.deepEqual(
    pathIn(pair('P1', 'L1', 'R1'), pair('P2', 'L2', 'R1'), host, relay, remoteHost, transport),
    {
      kind: 'relay',
      protocol: 'udp',
      relayProtocol: 'tls',
      roundTripMs: 12.3,
    },
  );
});

test('Firefox marks the pair as selected, and gives the URL in place of the relay protocol', () => {
  const { relayProtocol: _, ...silent } = relay;
  const firefox = { ...silent, url: 'turn:h:8080?transport=tcp' } as Entry;
  const selected = pair('P2', 'L2', 'R1', { selected: true });
  assert.equal(pathIn(pair('P1', 'L1', 'R1'), selected, host, firefox, remoteHost)?.relayProtocol, 'tcp');
  const tls = { ...silent, url: 'turns:h:8080?transport=tcp' } as Entry;
  assert.equal(pathIn(selected, tls, remoteHost)?.relayProtocol, 'tls');
});

test('where nothing is marked, the nominated pair that carried most is taken', () => {
  const path = pathIn(
    pair('P1', 'L2', 'R1', { bytesSent: 10 }),
    pair('P2', 'L1', 'R1', { bytesSent: 5000 }),
    pair('P3', 'L2', 'R1', { state: 'in-progress', bytesSent: 9000 }),
    host,
    relay,
    remoteHost,
  );
  assert.equal(path?.kind, 'direct');
  assert.equal(pathIn(host), undefined);
});

test('a relay at the other end is a relayed path too, without a relay protocol of this side', () => {
  assert.deepEqual(pathIn(pair('P', 'L1', 'R2'), host, remoteRelay), {
    kind: 'relay',
    protocol: 'udp',
    relayProtocol: undefined,
    roundTripMs: 12.3,
  });
});

test('candidates in one line; what the browser hides is left out', () => {
  assert.equal(describeCandidate(host), 'host 192.0.2.1:50000 udp');
  assert.equal(describeCandidate(relay), 'relay [2001:db8::1]:50001 udp');
  assert.equal(describeCandidate({ id: 'x', type: 'local-candidate', candidateType: 'prflx' }), 'prflx');
  assert.equal(describeCandidate(undefined), '?');
});

test('rates are taken over the time between two samples, and begin anew with a counter', () => {
  const stats = new LinkStats('a'.repeat(16) as Participant['id']);
  const at = (
    timestamp: number,
    bytes: number,
    packets: number,
    lost: number,
    frames: number,
  ): RTCStatsReport =>
    report(
      { id: 'C', type: 'codec', mimeType: 'video/VP8' },
      {
        id: 'I',
        type: 'inbound-rtp',
        kind: 'video',
        mid: '1',
        codecId: 'C',
        timestamp,
        bytesReceived: bytes,
        packetsReceived: packets,
        packetsLost: lost,
        framesDecoded: frames,
        jitter: 0.004,
        frameWidth: 640,
        frameHeight: 360,
      },
      {
        id: 'O',
        type: 'outbound-rtp',
        kind: 'audio',
        mid: '0',
        remoteId: 'RI',
        timestamp,
        bytesSent: bytes / 10,
        packetsSent: packets,
      },
      { id: 'RI', type: 'remote-inbound-rtp', kind: 'audio', fractionLost: 0.25, jitter: 0.002 },
    );
  const roleOf = (mid: string) => (mid === '1' ? ('screen' as const) : undefined);
  const first = stats.sample(at(1000, 1000, 10, 0, 5), roleOf, 1);
  assert.equal(first.receiving[0]?.bps, 0);
  assert.equal(first.receiving[0]?.lossFraction, undefined);

  const second = stats.sample(at(3000, 251_000, 190, 20, 55), roleOf, 2).receiving[0];
  assert.deepEqual(
    [second?.role, second?.codec, second?.bps, second?.packetsPerSecond, second?.lossFraction],
    ['screen', 'VP8', 1_000_000, 90, 0.1],
  );
  assert.deepEqual(
    [second?.framesPerSecond, second?.frames, second?.jitterMs, second?.width],
    [25, 55, 4, 640],
  );

  const anew = stats.sample(at(4000, 100, 1, 0, 1), roleOf, 3);
  assert.equal(anew.receiving[0]?.bps, 0);
  const sending = anew.sending[0];
  assert.deepEqual(
    [sending?.role, sending?.kind, sending?.lossFraction, sending?.jitterMs],
    ['microphone', 'audio', 0.25, 2],
  );
});

test('a report that is empty or strange gives a sample without numbers', () => {
  const stats = new LinkStats('a'.repeat(16) as Participant['id']);
  const strange: Entry = {
    id: 'I',
    type: 'inbound-rtp',
    mediaType: 'video',
    bytesReceived: 'many',
    jitter: Number.NaN,
  };
  const sample = stats.sample(report(strange), () => undefined, 7);
  assert.deepEqual([sample.pair, sample.roundTripMs, sample.sending.length], [undefined, undefined, 0]);
  assert.deepEqual(
    [sample.receiving[0]?.kind, sample.receiving[0]?.role, sample.receiving[0]?.jitterMs],
    ['video', 'microphone', undefined],
  );
});
