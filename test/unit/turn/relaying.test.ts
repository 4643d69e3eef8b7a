/** Permissions, channels and data, message by message. RFC 8656 §9 … §12. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { encodeUtf8 } from '../../../src/base/index.ts';
import { decodeMessage, decodeXorAddress, MessageClass } from '../../../src/stun/index.ts';
import { encodeChannelData, type RelayId, TurnAttribute, TurnMethod } from '../../../src/turn/index.ts';
import {
  all,
  channel,
  codeOf,
  DEFAULT_OPTIONS,
  type Fill,
  peers,
  RawClient,
  relayedOf,
  SERVER,
  TurnLab,
  udpRequested,
} from '../../support/turn/lab.ts';

const CLIENT = { ip: '203.0.113.5', port: 40_000 };
const PEER = { ip: '192.0.2.9', port: 9000 };
const DATA = encodeUtf8('hello');

function allocated(lab = new TurnLab(), transport: 'udp' | 'tcp' = 'udp') {
  const client = new RawClient(lab, CLIENT, 'alice', 'wonder', transport);
  const relayed = client.allocate();
  const relay = lab.relayAt(relayed.port);
  return { lab, client, relayed, relay };
}

/** What the client hears when a peer says something. */
function heard(lab: TurnLab, relay: RelayId, from = PEER, data = DATA): Uint8Array | undefined {
  lab.toClients.length = 0;
  lab.fromPeer(relay, from, data);
  assert.ok(lab.toClients.length <= 1);
  return lab.toClients[0]?.bytes;
}

/** What peers hear when the client says something. */
function said(lab: TurnLab, say: () => void): { to: { ip: string; port: number }; bytes: Uint8Array }[] {
  lab.toPeers.length = 0;
  say();
  return lab.toPeers.map(({ to, bytes }) => ({ to, bytes }));
}

test('§9: without a permission nothing passes, in either direction', () => {
  const { lab, client, relay } = allocated();
  assert.equal(heard(lab, relay), undefined);
  assert.deepEqual(
    said(lab, () => client.send(PEER, DATA)),
    [],
  );
  assert.equal(lab.server.statistics.droppedPackets, 2);
});

test('§11: a permission lets that IP address talk, from any port, as Data indications', () => {
  const { lab, client, relay } = allocated();
  assert.equal(client.permit(PEER.ip), 0);
  assert.deepEqual(
    said(lab, () => client.send(PEER, DATA)),
    [{ to: PEER, bytes: DATA }],
  );
  const bytes = heard(lab, relay, { ...PEER, port: 1 });
  assert.ok(bytes);
  const indication = decodeMessage(bytes);
  assert.equal(indication?.method, TurnMethod.DATA);
  assert.equal(indication?.class, MessageClass.INDICATION);
  assert.deepEqual(indication?.get(TurnAttribute.DATA), DATA);
  const from = indication?.get(TurnAttribute.XOR_PEER_ADDRESS);
  assert.deepEqual(from && decodeXorAddress(from, indication.transactionId), { ...PEER, port: 1 });
  assert.equal(heard(lab, relay, { ip: '192.0.2.10', port: PEER.port }), undefined);
});

test('§11: no data is data too', () => {
  const { lab, client, relay } = allocated();
  client.permit(PEER.ip);
  assert.deepEqual(
    said(lab, () => client.send(PEER, new Uint8Array(0))),
    [{ to: PEER, bytes: new Uint8Array(0) }],
  );
  assert.ok(heard(lab, relay, PEER, new Uint8Array(0)));
});

test('§11.2: Send with DONT-FRAGMENT or with unknown required attributes is discarded', () => {
  const { lab, client } = allocated();
  client.permit(PEER.ip);
  assert.deepEqual(
    said(lab, () => client.send(PEER, DATA, (writer) => writer.flag(TurnAttribute.DONT_FRAGMENT))),
    [],
  );
  assert.deepEqual(
    said(lab, () => client.send(PEER, DATA, (writer) => writer.u32(0x7ff1, 1))),
    [],
  );
  assert.equal(said(lab, () => client.send(PEER, DATA, (writer) => writer.u32(0xfff1, 1))).length, 1);
});

test('§9: a permission lives 300 s to the second, and only requests renew it, not data', () => {
  const { lab, client, relay } = allocated();
  client.permit(PEER.ip);
  lab.now += 299_999;
  assert.ok(heard(lab, relay));
  assert.equal(said(lab, () => client.send(PEER, DATA)).length, 1);
  lab.now += 1;
  assert.equal(heard(lab, relay), undefined);
  assert.deepEqual(
    said(lab, () => client.send(PEER, DATA)),
    [],
  );
  client.refresh(3600);
  client.permit(PEER.ip);
  lab.now += 200_000;
  client.permit(PEER.ip);
  lab.now += 200_000;
  assert.ok(heard(lab, relay));
});

test('§10.2: several peers in one request, all or none', () => {
  const { lab, client, relay } = allocated();
  const answer = client.request(TurnMethod.CREATE_PERMISSION, peers('192.0.2.1', '192.0.2.2'));
  assert.equal(codeOf(answer), 0);
  assert.ok(heard(lab, relay, { ip: '192.0.2.2', port: 5 }));
  assert.equal(client.permit('192.0.2.3', '127.0.0.1'), 403);
  assert.equal(heard(lab, relay, { ip: '192.0.2.3', port: 5 }), undefined);
  assert.equal(codeOf(client.request(TurnMethod.CREATE_PERMISSION)), 400);
  const broken = (value: Uint8Array) =>
    codeOf(
      client.request(TurnMethod.CREATE_PERMISSION, (writer) =>
        writer.attribute(TurnAttribute.XOR_PEER_ADDRESS, value),
      ),
    );
  assert.equal(broken(new Uint8Array(8)), 400);
  assert.equal(broken(new Uint8Array(0)), 400);
});

test('§10.2, §12.2: a peer of another family is 443', () => {
  const { client } = allocated();
  assert.equal(client.permit('2001:db8::9'), 443);
  assert.equal(client.bind(0x4000, { ip: '2001:db8::9', port: 9 }), 443);
});

test('§10.2, §12.2: forbidden peers are 403, and their datagrams do not come in', () => {
  const { lab, client, relay } = allocated();
  for (const ip of ['127.0.0.1', '169.254.169.254', '10.0.0.1', '224.0.0.1', '0.0.0.0']) {
    assert.equal(client.permit(ip), 403);
    assert.equal(client.bind(0x4000, { ip, port: 80 }), 403);
    assert.equal(heard(lab, relay, { ip, port: 80 }), undefined);
  }
});

test('§12: a channel carries data both ways with four bytes of header', () => {
  const { lab, client, relay } = allocated();
  assert.equal(client.bind(0x4001, PEER), 0);
  const frame = encodeChannelData(0x4001, DATA, false);
  assert.deepEqual(
    said(lab, () => lab.fromClient(client.leg, frame)),
    [{ to: PEER, bytes: DATA }],
  );
  assert.deepEqual(heard(lab, relay), frame);
  // The permission that came with it is for the IP address; another port has no channel, so Data indications.
  assert.equal(
    decodeMessage(heard(lab, relay, { ...PEER, port: 1 }) ?? new Uint8Array())?.method,
    TurnMethod.DATA,
  );
});

test('§12.5: on a stream ChannelData is padded to four, on UDP it may be', () => {
  const { lab, client, relay } = allocated(new TurnLab(), 'tcp');
  client.bind(0x4001, PEER);
  const padded = encodeChannelData(0x4001, DATA, true);
  assert.equal(padded.length, 12);
  assert.deepEqual(heard(lab, relay), padded);
  assert.deepEqual(
    said(lab, () => lab.fromClient(client.leg, padded)),
    [{ to: PEER, bytes: DATA }],
  );
  const udp = allocated();
  udp.client.bind(0x4001, PEER);
  assert.deepEqual(
    said(udp.lab, () => udp.lab.fromClient(udp.client.leg, padded)),
    [{ to: PEER, bytes: DATA }],
  );
});

test('§12.6: ChannelData that is too short, unbound or of a reserved number is dropped', () => {
  const { lab, client } = allocated();
  client.bind(0x4001, PEER);
  const frame = encodeChannelData(0x4001, DATA, false);
  for (const bytes of [
    frame.subarray(0, 8), // claims 5 bytes, has 4
    frame.subarray(0, 3),
    frame.subarray(0, 1),
    encodeChannelData(0x4002, DATA, false),
    encodeChannelData(0x5001, DATA, false),
    new Uint8Array(0),
  ]) {
    assert.deepEqual(
      said(lab, () => lab.fromClient(client.leg, bytes)),
      [],
    );
  }
});

test('§12.2: what ChannelBind refuses with 400', () => {
  const { client } = allocated();
  assert.equal(client.bind(0x3fff, PEER), 400);
  assert.equal(client.bind(0x8000, PEER), 400);
  assert.equal(codeOf(client.request(TurnMethod.CHANNEL_BIND, peers(PEER.ip))), 400);
  const onlyNumber = client.request(TurnMethod.CHANNEL_BIND, (writer) =>
    writer.attribute(TurnAttribute.CHANNEL_NUMBER, Uint8Array.of(0x40, 0, 0, 0)),
  );
  assert.equal(codeOf(onlyNumber), 400);
  assert.equal(client.bind(0x4000, PEER), 0);
  assert.equal(client.bind(0x4000, PEER), 0, 'the same again is a refresh');
  assert.equal(client.bind(0x4000, { ...PEER, port: 1 }), 400, 'the number has another peer');
  assert.equal(client.bind(0x4001, PEER), 400, 'the peer has another number');
  assert.equal(client.bind(0x4fff, { ...PEER, port: 1 }), 0);
});

test('§12: a channel lives 600 s to the second; then number and peer are free, and data needs a permission again', () => {
  const { lab, client, relay } = allocated();
  client.bind(0x4001, PEER);
  lab.now += 299_999;
  client.refresh(3600);
  lab.now += 300_000;
  const frame = encodeChannelData(0x4001, DATA, false);
  assert.equal(said(lab, () => lab.fromClient(client.leg, frame)).length, 1, 'at 599.999 s');
  assert.equal(heard(lab, relay), undefined, 'the permission of the first 300 s is over');
  client.permit(PEER.ip);
  assert.deepEqual(heard(lab, relay), frame, 'with a permission the channel is used again');
  lab.now += 1;
  assert.deepEqual(
    said(lab, () => lab.fromClient(client.leg, frame)),
    [],
  );
  assert.equal(decodeMessage(heard(lab, relay) ?? new Uint8Array())?.method, TurnMethod.DATA);
  assert.equal(client.bind(0x4001, { ...PEER, port: 1 }), 0);
  assert.equal(client.bind(0x4002, PEER), 0);
  assert.deepEqual(heard(lab, relay), encodeChannelData(0x4002, DATA, false));
});

test('bounds: permissions and channels of one allocation, 508 beyond, and what has ended makes room', () => {
  const lab = new TurnLab({ limits: { peersPerAllocation: 3, channelsPerAllocation: 2 } });
  const { client } = allocated(lab);
  assert.equal(client.bind(0x4000, { ip: '192.0.2.1', port: 1 }), 0);
  assert.equal(client.bind(0x4001, { ip: '192.0.2.1', port: 2 }), 0);
  assert.equal(client.bind(0x4002, { ip: '192.0.2.1', port: 3 }), 508);
  assert.equal(client.permit('192.0.2.2', '192.0.2.3'), 0);
  assert.equal(client.permit('192.0.2.4'), 508);
  assert.equal(client.permit('192.0.2.2'), 0, 'a refresh needs no room');
  lab.wait(301_000);
  assert.equal(client.permit('192.0.2.4', '192.0.2.5'), 0);
  lab.wait(298_000);
  client.refresh(3600);
  lab.wait(2000);
  assert.equal(client.bind(0x4002, { ip: '192.0.2.4', port: 3 }), 0);
});

test('two clients of this server reach each other inside it, although the policy forbids the address', () => {
  // Server and both clients on one private network behind a public address: "auto" refuses private peers.
  const lab = new TurnLab({ relayAddresses: { v4: '10.0.0.2' } });
  const alice = new RawClient(lab, CLIENT);
  const bob = new RawClient(lab, { ...CLIENT, port: 1 }, 'bob', 'builder');
  const aliceAt = alice.allocate();
  const bobAt = bob.allocate();
  assert.equal(alice.bind(0x4000, bobAt), 0);
  const hello = encodeChannelData(0x4000, DATA, false);
  lab.toClients.length = 0;
  assert.deepEqual(
    said(lab, () => lab.fromClient(alice.leg, hello)),
    [],
    'nothing goes over the network',
  );
  assert.equal(lab.toClients.length, 0, 'bob has not permitted alice yet');
  assert.equal(bob.permit(aliceAt.ip), 0);
  lab.toClients.length = 0;
  lab.fromClient(alice.leg, hello);
  assert.equal(lab.toClients[0]?.leg, bob.leg);
  const indication = decodeMessage(lab.toClients[0]?.bytes ?? new Uint8Array());
  assert.ok(indication);
  const from = indication.get(TurnAttribute.XOR_PEER_ADDRESS);
  assert.deepEqual(from && decodeXorAddress(from, indication.transactionId), aliceAt);

  // But nothing else at that address: no other port out, nothing in from the network.
  assert.equal(alice.bind(0x4001, { ip: '10.0.0.2', port: 22 }), 403);
  assert.deepEqual(
    said(lab, () => alice.send({ ip: '10.0.0.2', port: 22 }, DATA)),
    [],
  );
  assert.equal(heard(lab, lab.relayAt(aliceAt.port), { ip: '10.0.0.2', port: 22 }), undefined);
  // When bob is gone his port is nobody's, and not the machine's either.
  bob.refresh(0);
  assert.deepEqual(
    said(lab, () => lab.fromClient(alice.leg, hello)),
    [],
  );
});

test('the server’s own ports are no peers: no channel, no Send', () => {
  const lab = new TurnLab({
    relayAddresses: { v4: '192.0.2.200' },
    peerPolicy: { ...DEFAULT_OPTIONS.peerPolicy, private: 'allow' },
  });
  const { client } = allocated(lab);
  assert.equal(client.bind(0x4000, SERVER), 403);
  assert.equal(client.permit(SERVER.ip), 0, 'a permission names no port');
  assert.deepEqual(
    said(lab, () => client.send(SERVER, DATA)),
    [],
  );
  assert.equal(said(lab, () => client.send({ ...SERVER, port: 9 }, DATA)).length, 1);
});

test('a public server relays nothing to what else listens on its own address', () => {
  const lab = new TurnLab({ relayAddresses: { v4: '192.0.2.200' } });
  const { client } = allocated(lab);
  assert.equal(client.bind(0x4000, { ...SERVER, port: 53 }), 403);
  assert.equal(client.permit(SERVER.ip), 403);
  // Where relays have that address too, other clients are behind it, and nothing else.
  const shared = allocated(new TurnLab());
  assert.equal(shared.client.permit(SERVER.ip), 0);
  assert.deepEqual(
    said(shared.lab, () => shared.client.send({ ...SERVER, port: 53 }, DATA)),
    [],
  );
});

test('§12: a number that is bound anew leaves the channel alone that its old peer has got since', () => {
  const { lab, client, relay } = allocated();
  assert.equal(client.bind(0x4000, PEER), 0);
  lab.now += 599_000;
  assert.equal(client.refresh(3600), 0);
  lab.now += 1_000;
  assert.equal(client.bind(0x4001, PEER), 0);
  assert.equal(client.bind(0x4000, { ip: '192.0.2.10', port: 1 }), 0);
  assert.deepEqual(heard(lab, relay), encodeChannelData(0x4001, DATA, false));
});

test('data of somebody without an allocation, or to a relay that is gone, is dropped', () => {
  const { lab, client, relay } = allocated();
  client.bind(0x4001, PEER);
  const stranger = new RawClient(lab, { ...CLIENT, port: 1 });
  assert.deepEqual(
    said(lab, () => lab.fromClient(stranger.leg, encodeChannelData(0x4001, DATA, false))),
    [],
  );
  assert.deepEqual(
    said(lab, () => stranger.send(PEER, DATA)),
    [],
  );
  client.refresh(0);
  assert.equal(heard(lab, relay), undefined);
});

test('a datagram too long for any Data indication is dropped, not thrown about', () => {
  const { lab, client, relay } = allocated();
  client.permit(PEER.ip);
  assert.equal(heard(lab, relay, PEER, new Uint8Array(65_507)), undefined);
  assert.ok((heard(lab, relay, PEER, new Uint8Array(65_456))?.length ?? 99_999) <= 65_507);
});

test('what is told is counted', () => {
  const { lab, client, relay } = allocated();
  client.bind(0x4001, PEER);
  lab.fromClient(client.leg, encodeChannelData(0x4001, DATA, false));
  client.send(PEER, DATA);
  lab.fromPeer(relay, PEER, new Uint8Array(100));
  lab.fromPeer(relay, { ip: '192.0.2.77', port: 1 }, DATA);
  client.refresh(0);
  const ended = lab.events.find((event) => event.type === 'allocation-ended');
  assert.deepEqual(ended?.traffic, {
    toPeerPackets: 2,
    toPeerBytes: 10,
    toClientPackets: 1,
    toClientBytes: 100,
    droppedPackets: 1,
  });
  assert.equal(lab.server.statistics.relayedPackets, 3);
});

test('bytes that come in are not kept: the shell may reuse its buffer', () => {
  const { lab, client, relay } = allocated();
  client.bind(0x4001, PEER);
  const frame = encodeChannelData(0x4001, DATA, false);
  lab.toPeers.length = 0;
  lab.fromClient(client.leg, frame);
  frame.fill(0xff);
  assert.deepEqual(lab.toPeers[0]?.bytes, DATA);
  const datagram = DATA.slice();
  lab.toClients.length = 0;
  lab.fromPeer(relay, PEER, datagram);
  datagram.fill(0xff);
  assert.deepEqual(lab.toClients[0]?.bytes, encodeChannelData(0x4001, DATA, false));
});

test('an IPv6 allocation relays to IPv6 peers', () => {
  const lab = new TurnLab();
  const client = new RawClient(lab, CLIENT);
  const six: Fill = (writer) =>
    writer.attribute(TurnAttribute.REQUESTED_ADDRESS_FAMILY, Uint8Array.of(2, 0, 0, 0));
  const relayed = relayedOf(client.request(TurnMethod.ALLOCATE, all(udpRequested, six)));
  const peer = { ip: '2001:db8:9::9', port: 9 };
  assert.equal(codeOf(client.request(TurnMethod.CHANNEL_BIND, channel(0x4000, peer))), 0);
  assert.ok(heard(lab, lab.relayAt(relayed.port, 6), peer));
  assert.equal(client.permit('::ffff:127.0.0.1'), 403);
  assert.equal(client.permit('192.0.2.1'), 443);
});
