/** What every platform has to keep, asked of this machine and of a host in the virtual network alike. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import {
  type ByteStream,
  type DatagramSocket,
  type Platform,
  type Settled,
  type SocketAddress,
  StackError,
  type StreamListener,
} from '../../../src/base/index.ts';
import { nodePlatform } from '../../../src/node/index.ts';
import { Host, Network, World } from '../../../src/vnet/index.ts';
import { earOf } from '../../support/vnet/pair.ts';

interface Subject {
  readonly platform: Platform;
  readonly ip: string;
  /** Lets time pass until `done`, in the platform's own kind of time. */
  until(done: () => boolean): Promise<void>;
}

const PATIENCE_MS = 5000;

/** Whatever a failed story leaves open would keep the process alive. */
const toClose: (() => void)[] = [];
after(() => {
  for (const close of toClose) close();
});

function real(ip: string): Subject {
  return {
    platform: nodePlatform,
    ip,
    async until(done) {
      for (let waitedMs = 0; !done() && waitedMs < PATIENCE_MS; waitedMs += 2) await wait(2);
      assert.ok(done(), 'it has come true');
    },
  };
}

function virtual(ip: string): Subject {
  const world = new World({ seed: 1 });
  const platform = new Host(new Network(world, 'net'), 'host', [ip]);
  world.names.set('localhost', [ip]);
  return {
    platform,
    ip,
    async until(done) {
      assert.ok(world.runUntil(world.now + PATIENCE_MS, done), 'it has come true');
    },
  };
}

/** The outcome of a call that calls back, which must not be at once. */
async function outcome<T>({ until }: Subject, call: (done: Settled<T>) => void): Promise<T | Error> {
  let settled: T | Error | undefined;
  let times = 0;
  call(({ value, error }) => {
    settled = error ?? value;
    times += 1;
  });
  assert.equal(times, 0, 'never from inside the call');
  await until(() => times > 0);
  assert.equal(times, 1);
  assert.ok(settled !== undefined);
  return settled;
}

async function value<T>(subject: Subject, call: (done: Settled<T>) => void): Promise<T> {
  const settled = await outcome(subject, call);
  if (settled instanceof Error) throw settled;
  return settled;
}

async function code<T>(subject: Subject, call: (done: Settled<T>) => void): Promise<string> {
  const settled = await outcome(subject, call);
  assert.ok(settled instanceof StackError);
  return settled.code;
}

async function listening(subject: Subject, taken: ByteStream[]): Promise<StreamListener> {
  const local = { ip: subject.ip, port: 0 };
  const accept = (stream: ByteStream): void => {
    taken.push(stream);
    toClose.push(() => stream.abort());
  };
  const listener = await value<StreamListener>(subject, (done) =>
    subject.platform.listenTcp(local, accept, done),
  );
  toClose.push(() => listener.close());
  return listener;
}

async function connected(
  subject: Subject,
): Promise<{ near: ByteStream; far: ByteStream; listener: StreamListener }> {
  const taken: ByteStream[] = [];
  const listener = await listening(subject, taken);
  const near = await value<ByteStream>(subject, (done) => subject.platform.connectTcp(listener.local, done));
  await subject.until(() => taken.length > 0);
  const [far] = taken;
  assert.ok(far);
  return { near, far, listener };
}

for (const [name, open] of [
  ['this machine, IPv4', () => real('127.0.0.1')],
  ['this machine, IPv6', () => real('::1')],
  ['a virtual host, IPv4', () => virtual('192.0.2.1')],
  ['a virtual host, IPv6', () => virtual('2001:db8::1')],
] as const) {
  test(`${name}: datagrams, and the ports that they need`, async () => {
    const subject = open();
    const { platform, ip, until } = subject;
    const bind = (port: number) =>
      value<DatagramSocket>(subject, (done) => platform.bindUdp({ ip, port }, done));
    const [a, b] = [await bind(0), await bind(0)];
    const heard: { from: SocketAddress; bytes: Uint8Array }[] = [];
    b.onDatagram((from, bytes) => heard.push({ from, bytes }));
    a.send(Uint8Array.of(1, 2, 3), b.local);
    await until(() => heard.length === 1);
    assert.deepEqual(heard, [{ from: a.local, bytes: Uint8Array.of(1, 2, 3) }]);
    const { port } = b.local;
    assert.equal(await code(subject, (done) => platform.bindUdp({ ip, port }, done)), 'ADDRESS_IN_USE');
    const strange = ip.includes(':') ? '2001:db8:dead::1' : '203.0.113.77';
    assert.equal(
      await code(subject, (done) => platform.bindUdp({ ip: strange, port: 0 }, done)),
      'ADDRESS_NOT_LOCAL',
    );
    a.close();
    a.close();
    a.send(Uint8Array.of(9), b.local);
    b.close();
  });

  test(`${name}: a stream carries bytes both ways, and each side ends for itself`, async () => {
    const subject = open();
    const { near, far, listener } = await connected(subject);
    assert.deepEqual(near.remote, listener.local);
    assert.deepEqual(far.remote, near.local);
    const [nearEar, farEar] = [earOf(near), earOf(far)];
    near.write(new Uint8Array(100_000).fill(7));
    near.write(Uint8Array.of(8));
    near.end();
    near.write(Uint8Array.of(9));
    await subject.until(() => farEar.events.includes('ended'));
    assert.equal(farEar.bytes.length, 100_001);
    assert.equal(farEar.bytes.at(-1), 8);
    assert.equal(near.waitingBytes, 0);
    assert.ok(nearEar.events.includes('drained'));
    far.write(Uint8Array.of(1, 2));
    far.end();
    await subject.until(() => nearEar.events.includes('closed') && farEar.events.includes('closed'));
    assert.deepEqual(nearEar.bytes, [1, 2]);
    assert.equal(nearEar.events.filter((event) => event === 'closed').length, 1);
    listener.close();
    listener.close();
  });

  test(`${name}: who breaks off is noticed`, async () => {
    const subject = open();
    const { near, far, listener } = await connected(subject);
    const [nearEar, farEar] = [earOf(near), earOf(far)];
    near.abort();
    near.abort();
    assert.deepEqual(nearEar.events, [], 'never from inside the call');
    await subject.until(() => nearEar.events.includes('closed') && farEar.events.includes('closed'));
    assert.equal(farEar.events.includes('ended'), false);
    near.write(Uint8Array.of(1));
    far.end();
    listener.close();
  });

  test(`${name}: connections that cannot be`, async () => {
    const subject = open();
    const { platform, ip } = subject;
    const taken: ByteStream[] = [];
    const listener = await listening(subject, taken);
    const again = code<StreamListener>(subject, (done) => platform.listenTcp(listener.local, () => {}, done));
    assert.equal(await again, 'ADDRESS_IN_USE');
    listener.close();
    await subject.until(() => true);
    const refused = code<ByteStream>(subject, (done) => platform.connectTcp(listener.local, done));
    assert.equal(await refused, 'CONNECTION_REFUSED');
    const strange = { ip: ip.includes(':') ? '2001:db8:dead::1' : '203.0.113.77', port: 0 };
    const elsewhere = code<ByteStream>(subject, (done) => platform.connectTcp(listener.local, done, strange));
    assert.equal(await elsewhere, 'ADDRESS_NOT_LOCAL');
  });

  test(`${name}: its addresses, and names`, async () => {
    const subject = open();
    const { platform, ip } = subject;
    assert.ok(platform.interfaces().some((address) => address.ip === ip));
    const lookup = (text: string) => value<readonly string[]>(subject, (done) => platform.lookup(text, done));
    assert.deepEqual(await lookup(ip), [ip]);
    assert.ok((await lookup('localhost')).length > 0);
    const unknown = code<readonly string[]>(subject, (done) => platform.lookup('no-such-name.invalid', done));
    assert.equal(await unknown, 'NAME_UNKNOWN');
  });
}
