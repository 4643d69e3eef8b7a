/** A virtual host as a platform: addresses, ports, names, several networks. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { StackError } from '../../../src/base/index.ts';
import { Host, NAT_PRESETS, Nat, Network } from '../../../src/vnet/index.ts';
import { bindUdp, collect, pair } from '../../support/vnet/pair.ts';

/** The code with which a bind fails. */
function refusal(host: Host, ip: string, port: number): string | undefined {
  let code: string | undefined;
  host.bindUdp({ ip, port }, ({ error }) => {
    code = error instanceof StackError ? error.code : error?.message;
  });
  assert.equal(code, undefined, 'never from inside the call');
  host.world.run(0);
  return code;
}

test('a port is held by one socket, wildcards included, each protocol version for itself', () => {
  const { a } = pair(1);
  const socket = bindUdp(a, '192.0.2.1', 5000);
  assert.equal(refusal(a, '192.0.2.1', 5000), 'ADDRESS_IN_USE');
  assert.equal(refusal(a, '0.0.0.0', 5000), 'ADDRESS_IN_USE');
  assert.equal(refusal(a, '2001:db8::1', 5000), undefined);
  assert.equal(refusal(a, '::', 5000), 'ADDRESS_IN_USE');
  assert.equal(refusal(a, '192.0.2.9', 5001), 'ADDRESS_NOT_LOCAL');
  socket.close();
  assert.equal(refusal(a, '0.0.0.0', 5000), undefined);
});

test('port 0 gives free dynamic ports', () => {
  const { a } = pair(1);
  const ports = new Set<number>();
  for (let i = 0; i < 2000; i++) ports.add(bindUdp(a, '192.0.2.1').local.port);
  assert.equal(ports.size, 2000);
  assert.ok(Math.min(...ports) >= 49_152);
  assert.equal(a.socketCount, 2000);
});

test('a wildcard socket hears all addresses and answers with one of the right version', () => {
  const { world, a, b } = pair(1);
  const [any, v6] = [bindUdp(b, '0.0.0.0', 7), bindUdp(b, '::', 7)];
  const [heard, heard6] = [collect(b, any), collect(b, v6)];
  const [a4, a6] = [bindUdp(a, '192.0.2.1'), bindUdp(a, '2001:db8::1')];
  a4.send(Uint8Array.of(4), { ip: '192.0.2.2', port: 7 });
  a6.send(Uint8Array.of(6), { ip: '2001:db8::2', port: 7 });
  world.run(100);
  assert.deepEqual([heard.length, heard6.length], [1, 1]);
  const back = collect(a, a6);
  v6.send(Uint8Array.of(1), a6.local);
  any.send(Uint8Array.of(1), a6.local);
  world.run(100);
  assert.deepEqual(
    back.map(({ from }) => from),
    [{ ip: '2001:db8::2', port: 7 }],
  );
});

test('what cannot be sent is lost, and told in the log', () => {
  const { world, a, b } = pair(1);
  const socket = bindUdp(a, '192.0.2.1');
  socket.send(Uint8Array.of(1), { ip: '192.0.2.2', port: 0 });
  socket.send(Uint8Array.of(1), { ip: '2001:db8::2', port: 9 });
  assert.equal(world.log.count, 0);
  socket.send(Uint8Array.of(1), { ip: '198.51.100.9', port: 9 });
  socket.send(Uint8Array.of(1), { ip: '192.0.2.2', port: 9 });
  socket.close();
  socket.send(Uint8Array.of(1), { ip: '192.0.2.2', port: 9 });
  world.run(100);
  assert.deepEqual(
    world.log.records.map(({ where, fate }) => `${where} ${fate}`),
    ['a sent', 'a sent', 'net no-route', 'b no-socket', 'b sent', 'a arrived'],
  );
  assert.equal(b.socketCount, 0);
});

test('to itself, without any link', () => {
  const { world, a } = pair(1, { loss: 1 });
  const [one, two] = [bindUdp(a, '192.0.2.1'), bindUdp(a, '192.0.2.1')];
  const heard = collect(a, two);
  one.send(Uint8Array.of(1), two.local);
  assert.equal(heard.length, 0, 'never from inside the call');
  world.run(0);
  assert.equal(heard.length, 1);
});

test('two networks: the source address decides the way; what is left reaches nobody', () => {
  const { world, network, a, b } = pair(1, { latencyMs: 50 });
  const mobile = a.join(network, ['192.0.2.77'], { latencyMs: 5 });
  const [slow, fast, server] = [bindUdp(a, '192.0.2.1'), bindUdp(a, '192.0.2.77'), bindUdp(b, '192.0.2.2')];
  const heard = collect(b, server);
  slow.send(Uint8Array.of(1), server.local);
  fast.send(Uint8Array.of(2), server.local);
  world.run(100);
  assert.deepEqual(
    heard.map(({ at, from }) => [at, from.ip]),
    [
      [5, '192.0.2.77'],
      [50, '192.0.2.1'],
    ],
  );
  a.leave(mobile);
  assert.deepEqual(a.ips, ['192.0.2.1', '2001:db8::1']);
  fast.send(Uint8Array.of(3), server.local);
  server.send(Uint8Array.of(4), { ip: '192.0.2.77', port: 1 });
  world.run(100);
  assert.equal(heard.length, 2);
  assert.deepEqual(
    a.interfaces().map(({ ip, family, interfaceName }) => `${ip} ${family} ${interfaceName}`),
    ['192.0.2.1 4 eth0', '2001:db8::1 6 eth0'],
  );
});

test('names: those of the world; an address is its own name', () => {
  const { world, a } = pair(1);
  world.names.set('turn.example.test', ['192.0.2.2']);
  const told: unknown[] = [];
  for (const name of ['turn.example.test', '2001:DB8:0::1', 'nobody.example.test']) {
    a.lookup(name, ({ value, error }) => told.push(value ?? (error instanceof StackError && error.code)));
  }
  assert.equal(told.length, 0);
  world.run(0);
  assert.deepEqual(told, [['192.0.2.2'], ['2001:db8::1'], 'NAME_UNKNOWN']);
});

test('an address is in one place only, and is an address', () => {
  const { network } = pair(1);
  assert.throws(() => new Host(network, 'c', ['192.0.2.1']), /taken/);
  assert.throws(() => new Host(network, 'c', ['192.0.2.300']), /no IP address/);
  assert.equal(new Network(network.world, 'other').name, 'other');
});

test('a datagram that nobody takes, or that is too long, comes back as ICMP, through NATs too', () => {
  const { world, network, a, b } = pair(1);
  const narrow = { mtuBytes: 1280 };
  const far = new Host(network, 'far', ['198.51.100.9', '2001:db8::9'], narrow);
  const nat = new Nat(network, 'nat', ['203.0.113.1'], NAT_PRESETS.symmetric);
  const inner = new Host(nat.inner, 'inner', ['10.0.0.2']);
  for (const [host, ip, v6] of [
    [a, '192.0.2.1', false],
    [a, '2001:db8::1', true],
    [inner, '10.0.0.2', false],
  ] as const) {
    const socket = bindUdp(host, ip);
    const told: unknown[] = [];
    socket.onIcmp((peer, error) => told.push([peer, error]));
    const closed = { ip: v6 ? '2001:db8::2' : '192.0.2.2', port: 9 };
    const narrowPeer = { ip: v6 ? '2001:db8::9' : '198.51.100.9', port: 9 };
    bindUdp(far, narrowPeer.ip, 9).close();
    socket.send(Uint8Array.of(1), closed);
    world.run(200);
    socket.send(new Uint8Array(1400), narrowPeer, true);
    world.run(200);
    const unreachable = v6 ? { type: 1, code: 4, data: 0 } : { type: 3, code: 3, data: 0 };
    const tooBig = v6 ? { type: 2, code: 0, data: 1280 } : { type: 3, code: 4, data: 1280 };
    assert.deepEqual(told, [
      [closed, unreachable],
      [narrowPeer, tooBig],
    ]);
    // In IPv4 without DF it is lost without a word; in IPv6 there is nothing else.
    socket.send(new Uint8Array(1400), narrowPeer);
    world.run(200);
    assert.equal(told.length, v6 ? 3 : 2);
    socket.close();
  }
  assert.equal(b.socketCount, 0);
});
