/** A server with several addresses: which one a client is told, and which are never peers. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { TurnMethod } from '../../../src/turn/index.ts';
import { codeOf, peers, RawClient, SERVER, TurnLab } from '../../support/turn/lab.ts';

const CLIENT = { ip: '203.0.113.5', port: 40_000 };

test('a client is told the address by which it came, if the server has one for that', () => {
  const byServerIp = new Map([[SERVER.ip, '198.51.100.77']]);
  const lab = new TurnLab({ relayAddresses: { v4: '198.51.100.1', v6: '2001:db8:1::1', byServerIp } });
  assert.equal(new RawClient(lab, CLIENT).allocate().ip, '198.51.100.77');
  byServerIp.clear(); // the interface has gone
  assert.equal(new RawClient(lab, { ...CLIENT, port: 1 }).allocate().ip, '198.51.100.1');
});

test('addresses that appear later become own services at once', () => {
  const lab = new TurnLab();
  const client = new RawClient(lab, CLIENT);
  client.allocate();
  const fresh = { ip: '192.0.2.200', port: 3478 };
  assert.equal(client.bind(0x4000, fresh), 0);
  lab.server.setOwnServices([SERVER, fresh]);
  const other = new RawClient(lab, { ...CLIENT, port: 1 });
  other.allocate();
  assert.equal(other.bind(0x4000, fresh), 403);
});

test('a request that names more peers than an allocation may have is 508, before any is judged', () => {
  const lab = new TurnLab();
  const client = new RawClient(lab, CLIENT, 'alice', 'wonder', 'tcp');
  client.allocate();
  const ips = Array.from({ length: 1025 }, (_, i) => `192.0.${i >> 8}.${i & 255}`);
  assert.equal(codeOf(client.request(TurnMethod.CREATE_PERMISSION, peers(...ips))), 508);
  assert.equal(codeOf(client.request(TurnMethod.CREATE_PERMISSION, peers(...ips.slice(256, 266)))), 0);
});
