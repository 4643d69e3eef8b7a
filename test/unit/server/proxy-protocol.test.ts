/** Clients behind a load balancer keep their addresses: PROXY protocol, versions 1 and 2, before STUN, TLS and HTTP. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { after, before, test } from 'node:test';
import { connect as connectTls } from 'node:tls';
import fc from 'fast-check';
import { formatAddress, silentLog } from '../../../src/base/index.ts';
import { type Front, openFront } from '../../../src/server/front/front.ts';
import { readProxyHeader } from '../../../src/server/front/proxy-header.ts';
import { endsOf } from '../../../src/server/front/stream-ends.ts';
import { issueLeaf, makeAuthority } from '../../../src/server/tls/local-ca.ts';
import { openTurnService } from '../../../src/server/turn/turn-service.ts';
import { decodeMessage, decodeXorAddress, StunAttribute } from '../../../src/stun/index.ts';
import { env, HOST, TURN_OPTIONS } from '../../support/turn/service.ts';

const SIGNATURE = Buffer.from('0d0a0d0a000d0a515549540a', 'hex');
/** An empty Binding request. RFC 8489 §5. */
const BINDING = Buffer.from('000100002112a442000102030405060708090a0b', 'hex');

function v2(command: number, family: number, body: Buffer): Buffer {
  const head = Buffer.from([command, family, 0, 0]);
  head.writeUInt16BE(body.length, 2);
  return Buffer.concat([SIGNATURE, head, body]);
}
const V2_IPV4 = v2(0x21, 0x11, Buffer.from('c0000201cb007107c350' + '0d96', 'hex'));
const V2_IPV6 = v2(
  0x21,
  0x21,
  Buffer.concat([
    Buffer.from('20010db8000000000000000000000001', 'hex'),
    Buffer.from('20010db8000000000000000000000002', 'hex'),
    Buffer.from('c3500d96', 'hex'),
    Buffer.from('0400050000000000', 'hex'), // a TLV that does nothing
  ]),
);

test('reads who it is, whatever the header’s version and however its bytes arrive', () => {
  for (const [bytes, client] of [
    [V2_IPV4, '192.0.2.1:50000'],
    [V2_IPV6, '[2001:db8::1]:50000'],
    [v2(0x20, 0x00, Buffer.alloc(0)), undefined],
    [Buffer.from('PROXY TCP4 192.0.2.1 203.0.113.7 50000 3478\r\n'), '192.0.2.1:50000'],
    [Buffer.from('PROXY TCP6 2001:DB8::1 2001:db8::2 50000 3478\r\n'), '[2001:db8::1]:50000'],
    [Buffer.from('PROXY UNKNOWN\r\n'), undefined],
    [Buffer.from('PROXY UNKNOWN ffff::1 ffff::2 65535 65535\r\n'), undefined],
  ] as const) {
    for (let length = 0; length < bytes.length; length++) {
      assert.equal(readProxyHeader(bytes.subarray(0, length)).kind, 'undecided', `${bytes} cut at ${length}`);
    }
    const header = readProxyHeader(Buffer.concat([bytes, BINDING]));
    assert.ok(header.kind === 'header', String(bytes));
    assert.equal(header.length, bytes.length);
    assert.equal(header.client && formatAddress(header.client), client);
  }
});

test('what is no header is known at once, and nothing makes it throw or wait for ever', () => {
  for (const bytes of [
    BINDING,
    Buffer.from('GET / HTTP/1.1\r\n'),
    Buffer.from('PROXY TCP4 192.0.2.1 203.0.113.7 99999 3478\r\n'),
    Buffer.from('PROXY TCP4 2001:db8::1 203.0.113.7 1 3478\r\n'),
    Buffer.from('PROXY TCP4 somewhere 203.0.113.7 1 3478\r\n'),
    Buffer.from(`PROXY TCP4 ${'1'.repeat(200)}`),
    v2(0x22, 0x11, Buffer.alloc(12)),
    v2(0x31, 0x11, Buffer.alloc(12)),
    v2(0x21, 0x12, Buffer.alloc(12)), // UDP
    v2(0x21, 0x00, Buffer.alloc(12)), // no family, but not the balancer's own either
    v2(0x21, 0x11, Buffer.alloc(11)),
    v2(0x21, 0x11, Buffer.alloc(5000)).subarray(0, 20),
  ]) {
    assert.equal(readProxyHeader(bytes).kind, 'broken', String(bytes));
  }
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 120 }), fc.boolean(), (bytes, signed) => {
      readProxyHeader(signed ? Buffer.concat([SIGNATURE, bytes]) : bytes);
    }),
    { seed: 1 },
  );
});

let front: Front;
let balancer = true;
const refused = new Set<string>();
const seen: { transport: string; client: string; bytes: Buffer }[] = [];

before(async () => {
  const authority = await makeAuthority([HOST], Date.now());
  front = await openFront({
    host: HOST,
    port: 0,
    log: silentLog,
    credentials: await issueLeaf(authority, [HOST], Date.now()),
    isBalancer: () => balancer,
    admits: (ip) => !refused.has(ip),
    limits: { firstBytesMs: 300 },
    onStun: take,
    onHttp: (socket) => take(socket, 'http'),
  });
});
after(() => front.close());

function take(socket: Socket, transport: string): void {
  const client = endsOf(socket)?.client;
  socket.once('data', (bytes) => {
    seen.push({ transport, client: client ? formatAddress(client) : '', bytes });
    socket.end();
  });
}

function open(): Socket {
  return connect(front.local.port, HOST).on('error', () => undefined);
}

function closed(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    socket.resume();
    socket.once('close', () => resolve());
  });
}

test('a client over TCP and over TLS has its own address, also when header and message come in one piece', async () => {
  const tcp = open();
  tcp.end(Buffer.concat([V2_IPV4, BINDING]));
  await closed(tcp);
  const raw = open();
  raw.write(V2_IPV6.subarray(0, 20));
  await new Promise((resolve) => setImmediate(resolve));
  raw.write(V2_IPV6.subarray(20));
  const tls = connectTls({ socket: raw, rejectUnauthorized: false });
  tls.on('error', () => undefined);
  tls.write(BINDING);
  await closed(tls);
  const line = open();
  line.end('PROXY TCP4 192.0.2.9 203.0.113.7 50000 80\r\nGET / HTTP/1.1\r\n\r\n');
  await closed(line);
  assert.deepEqual(
    seen.splice(0).map(({ transport, client }) => [transport, client]),
    [
      ['tcp', '192.0.2.1:50000'],
      ['tls', '[2001:db8::1]:50000'],
      ['http', '192.0.2.9:50000'],
    ],
  );
});

test('the lists of clients are for the client, not for the balancer', async () => {
  refused.add('192.0.2.1');
  const kept = open();
  kept.write(Buffer.concat([V2_IPV4, BINDING]));
  await closed(kept);
  refused.clear();
  refused.add(HOST);
  const welcome = open();
  welcome.end(Buffer.concat([V2_IPV4, BINDING]));
  await closed(welcome);
  refused.clear();
  assert.deepEqual(
    seen.splice(0).map(({ client }) => client),
    ['192.0.2.1:50000'],
  );
});

test('a balancer that sends no header, half a one, or none at all in time, is not served', async () => {
  for (const bytes of [BINDING, V2_IPV4.subarray(0, 18), Buffer.alloc(0)]) {
    const socket = open();
    socket.write(bytes);
    await closed(socket);
  }
  assert.deepEqual(seen, []);
  assert.equal(front.undecided, 0);
});

test('the relay tells a client behind a balancer its own address', async () => {
  const service = await openTurnService(env, {
    ...TURN_OPTIONS,
    proxies: [{ prefix: Uint8Array.of(127, 0, 0, 1), prefixBits: 32 }],
  });
  const socket = connect(service.port, HOST);
  socket.write(Buffer.concat([V2_IPV4, BINDING]));
  const [answer] = (await once(socket, 'data')) as [Buffer];
  const decoded = decodeMessage(answer);
  assert.ok(decoded);
  const mapped = decoded.attributes().find(({ type }) => type === StunAttribute.XOR_MAPPED_ADDRESS);
  assert.ok(mapped);
  assert.deepEqual(decodeXorAddress(mapped.value, decoded.transactionId), { ip: '192.0.2.1', port: 50_000 });
  socket.destroy();
  await service.close();
});

test('nobody else can name himself: what is no balancer’s header is no STUN', async () => {
  balancer = false;
  const socket = open();
  socket.write(Buffer.concat([V2_IPV4, BINDING]));
  await closed(socket);
  assert.deepEqual(seen, []);
  balancer = true;
});
