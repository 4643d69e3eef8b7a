/** DONT-FRAGMENT, and what routers say of packets that went too far or were too long. RFC 8656 §7.2, §11.2, §11.5, §14. */
import assert from 'node:assert/strict';
import test from 'node:test';
import type { SocketAddress } from '../../../src/base/index.ts';
import { decodeMessage, decodeXorAddress } from '../../../src/stun/index.ts';
import {
  decodeIcmp,
  type IcmpError,
  type RelayId,
  TurnAttribute,
  TurnMethod,
} from '../../../src/turn/index.ts';
import { all, codeOf, type Fill, RawClient, TurnLab, udpRequested } from '../../support/turn/lab.ts';

const CLIENT = { ip: '203.0.113.5', port: 40_000 };
const PEER = { ip: '192.0.2.9', port: 9_000 };
const PEER6 = { ip: '2001:db8:9::9', port: 9_000 };
const DATA = Uint8Array.of(1, 2, 3);
const dontFragment: Fill = (writer) => writer.flag(TurnAttribute.DONT_FRAGMENT);
const ipv6: Fill = (writer) =>
  writer.attribute(TurnAttribute.REQUESTED_ADDRESS_FAMILY, Uint8Array.of(2, 0, 0, 0));

const able = () => new TurnLab({ capabilities: { dontFragment: true, icmp: true } });

test('step 4: with sockets that can set DF, Allocate with DONT-FRAGMENT is granted', () => {
  const client = new RawClient(able(), CLIENT);
  assert.equal(codeOf(client.request(TurnMethod.ALLOCATE, all(udpRequested, dontFragment))), 0);
  const without = new RawClient(new TurnLab(), CLIENT);
  assert.equal(codeOf(without.request(TurnMethod.ALLOCATE, all(udpRequested, dontFragment))), 420);
});

test('§11.2: a Send indication with DONT-FRAGMENT leaves with DF, one without leaves without', () => {
  const lab = able();
  const client = new RawClient(lab, CLIENT);
  client.allocate();
  client.permit(PEER.ip);
  client.send(PEER, DATA, dontFragment);
  client.send(PEER, DATA);
  assert.deepEqual(
    lab.toPeers.map((out) => out.dontFragment),
    [true, undefined],
  );
});

test('where DF cannot be set such an indication is dropped, and not sent in pieces', () => {
  const lab = new TurnLab();
  const client = new RawClient(lab, CLIENT);
  client.allocate();
  client.permit(PEER.ip);
  client.send(PEER, DATA, dontFragment);
  assert.deepEqual(lab.toPeers, []);
  assert.equal(lab.server.statistics.droppedPackets, 1);
});

/** A client with a permission, and what it hears of an ICMP message. */
function listening(fill: Fill = () => {}, peer: SocketAddress = PEER) {
  const lab = able();
  const client = new RawClient(lab, CLIENT);
  const { port, ip } = client.allocate(fill);
  const relay = lab.relayAt(port, ip.includes(':') ? 6 : 4);
  client.permit(peer.ip);
  const hear = (about: SocketAddress, icmp: IcmpError, id: RelayId = relay) => {
    lab.toClients.length = 0;
    lab.server.handlePeerIcmp(lab.now, id, about, icmp);
    lab.drain();
    const out = lab.toClients[0];
    if (!out) return undefined;
    assert.equal(out.leg, client.leg);
    const message = decodeMessage(out.bytes);
    assert.ok(message);
    assert.equal(message.method, TurnMethod.DATA);
    assert.equal(message.has(TurnAttribute.DATA), false);
    const peerValue = message.get(TurnAttribute.XOR_PEER_ADDRESS);
    const icmpValue = message.get(TurnAttribute.ICMP);
    assert.ok(peerValue && icmpValue);
    return {
      peer: decodeXorAddress(peerValue, message.transactionId),
      icmp: decodeIcmp(icmpValue),
      raw: icmpValue.slice(),
    };
  };
  return { lab, client, hear };
}

test('§11.5: port unreachable reaches the client, with the peer that it is about', () => {
  const { hear } = listening();
  const heard = hear(PEER, { type: 3, code: 3, data: 0 });
  assert.deepEqual(heard?.peer, PEER);
  // §18.13: 16 bits reserved, 7 of the type, 9 of the code, 32 of data.
  assert.deepEqual(heard?.raw, Uint8Array.of(0, 0, 0x06, 0x03, 0, 0, 0, 0));
  assert.deepEqual(hear({ ...PEER, port: 0 }, { type: 11, code: 0, data: 0 })?.peer?.port, 0);
});

test('§18.13: the MTU is told where it means one, and nothing else is', () => {
  const v4 = listening();
  assert.equal(v4.hear(PEER, { type: 3, code: 4, data: 1400 })?.icmp?.data, 1400);
  assert.equal(v4.hear(PEER, { type: 3, code: 3, data: 1400 })?.icmp?.data, 0);
  const v6 = listening(ipv6, PEER6);
  assert.deepEqual(v6.hear(PEER6, { type: 2, code: 0, data: 1280 })?.icmp, { type: 2, code: 0, data: 1280 });
  assert.equal(v6.hear(PEER6, { type: 1, code: 4, data: 1280 })?.icmp?.data, 0);
});

test('§11.5: other types, peers without permission and relays that are not there are passed over', () => {
  const { lab, hear } = listening();
  for (const type of [0, 1, 2, 4, 5, 8, 12]) assert.equal(hear(PEER, { type, code: 0, data: 0 }), undefined);
  assert.equal(hear({ ip: '192.0.2.10', port: 9 }, { type: 3, code: 3, data: 0 }), undefined);
  const six = listening(ipv6, PEER6);
  for (const type of [0, 4, 11, 128]) assert.equal(six.hear(PEER6, { type, code: 0, data: 0 }), undefined);
  lab.wait(300_000);
  assert.equal(hear(PEER, { type: 3, code: 3, data: 0 }), undefined, 'the permission has ended');
});

test('a dead peer under load is reported ten times a second, not a thousand', () => {
  const { lab, hear } = listening();
  let heard = 0;
  for (let i = 0; i < 1_000; i++) if (hear(PEER, { type: 3, code: 3, data: 0 })) heard += 1;
  assert.equal(heard, 10);
  lab.wait(500);
  for (let i = 0; i < 1_000; i++) if (hear(PEER, { type: 3, code: 3, data: 0 })) heard += 1;
  assert.equal(heard, 15);
  assert.equal(lab.server.statistics.icmpReports, 15);
});
