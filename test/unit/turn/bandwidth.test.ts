/** Byte rates: of one allocation, of all, each direction for itself. RFC 8656 §5. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { type BandwidthLimits, encodeChannelData, LocalBandwidthLedger } from '../../../src/turn/index.ts';
import { RawClient, TurnLab } from '../../support/turn/lab.ts';

const CLIENT = { ip: '203.0.113.5', port: 40_000 };
const PEER = { ip: '192.0.2.9', port: 9_000 };
const PACKET = new Uint8Array(1_000);
/** The burst of half a second, 65,536 bytes at least. */
const BURST_PACKETS = 65;

function limited(bandwidth: BandwidthLimits) {
  return new TurnLab({ limits: { bandwidth } });
}

function withChannel(lab: TurnLab, port: number) {
  const client = new RawClient(lab, { ...CLIENT, port });
  const relay = lab.relayAt(client.allocate().port);
  client.bind(0x4000, PEER);
  return {
    client,
    /** How many of `count` packets arrive. */
    toPeer(count: number): number {
      lab.toPeers.length = 0;
      const frame = encodeChannelData(0x4000, PACKET, false);
      for (let i = 0; i < count; i++) lab.fromClient(client.leg, frame);
      return lab.toPeers.length;
    },
    toClient(count: number): number {
      lab.toClients.length = 0;
      for (let i = 0; i < count; i++) lab.fromPeer(relay, PEER, PACKET);
      return lab.toClients.length;
    },
  };
}

test('an allocation gets a burst, and then its rate', () => {
  const lab = limited({ perAllocation: 100_000 });
  const { toPeer } = withChannel(lab, 1);
  assert.equal(toPeer(500), BURST_PACKETS);
  let passed = 0;
  for (let second = 0; second < 10; second++) {
    lab.wait(1000);
    passed += toPeer(60) + toPeer(60);
  }
  // 65 of a full bucket each second, since nobody sent in between.
  assert.equal(passed, 10 * BURST_PACKETS);
  let paced = 0;
  for (let tick = 0; tick < 100; tick++) {
    lab.wait(100);
    paced += toPeer(20);
  }
  assert.ok(Math.abs(paced - 1_000) <= 1, `${paced} packets of 1,000 bytes in ten seconds of 100 kB/s`);
});

test('half a second of a high rate is its burst', () => {
  const { toPeer } = withChannel(limited({ perAllocation: 1_000_000 }), 1);
  assert.equal(toPeer(1_000), 500);
});

test('the two directions do not share', () => {
  const { toPeer, toClient } = withChannel(limited({ perAllocation: 100_000 }), 1);
  assert.equal(toPeer(100), BURST_PACKETS);
  assert.equal(toClient(100), BURST_PACKETS);
});

test('what is over is counted as dropped, and not as carried', () => {
  const lab = limited({ perAllocation: 100_000 });
  withChannel(lab, 1).toPeer(100);
  const { droppedPackets, throttledPackets, relayedPackets, relayedBytes } = lab.server.statistics;
  assert.deepEqual(
    { droppedPackets, throttledPackets, relayedPackets, relayedBytes },
    { droppedPackets: 35, throttledPackets: 35, relayedPackets: 65, relayedBytes: 65_000 },
  );
  const traffic = lab.server.sessions(0)[0]?.traffic;
  assert.deepEqual([traffic?.toPeerBytes, traffic?.droppedPackets], [65_000, 35]);
});

test('the total is shared by all allocations, and between machines with one ledger', () => {
  const one = limited({ total: 100_000 });
  assert.equal(withChannel(one, 1).toPeer(40), 40);
  assert.equal(withChannel(one, 2).toPeer(40), 25);

  const bandwidthLedger = new LocalBandwidthLedger();
  // The rate object is made by each machine for itself, so the ledger must not mind.
  const shards = [0, 1].map(
    (index) =>
      new TurnLab({ shard: { index, count: 2 }, bandwidthLedger, limits: { bandwidth: { total: 100_000 } } }),
  );
  const arrived = shards.map((lab) => withChannel(lab, 1).toPeer(40));
  assert.deepEqual(arrived, [40, 25]);
});

test('a reload sets a limit, changes it and takes it away', () => {
  const lab = new TurnLab();
  const { toPeer } = withChannel(lab, 1);
  assert.equal(toPeer(300), 300);
  lab.server.reconfigure(lab.now, { limits: { bandwidth: { perAllocation: 10 } } });
  assert.equal(toPeer(300), BURST_PACKETS);
  lab.server.reconfigure(lab.now, { limits: { bandwidth: { perAllocation: 400_000 } } });
  assert.equal(toPeer(300), 200);
  lab.server.reconfigure(lab.now, { limits: { bandwidth: undefined } });
  assert.equal(toPeer(300), 300);
});
