import assert from 'node:assert/strict';
import { createServer, get as httpGet } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { connect, type Socket } from 'node:net';
import { after, before, beforeEach, test } from 'node:test';
import { connect as tlsConnect } from 'node:tls';
import { randomBelow, SeededRandom, StackError, silentLog } from '../../../src/base/index.ts';
import { type Front, type FrontLimits, openFront } from '../../../src/server/front/front.ts';
import {
  type Authority,
  type Credentials,
  issueLeaf,
  makeAuthority,
} from '../../../src/server/tls/local-ca.ts';
import { until } from '../../support/until.ts';

const HOST = '127.0.0.1';
const BINDING = Buffer.from('000100002112a442000102030405060708090a0b', 'hex');

let authority: Authority;
let credentials: Credentials;
/** Who was handed what, in the tests that count. */
const handed: string[] = [];

before(async () => {
  authority = await makeAuthority(['localhost', HOST], Date.now());
  credentials = await issueLeaf(authority, ['localhost', HOST], Date.now());
});
beforeEach(() => {
  handed.length = 0;
});

const secure = createServer((request, response) => response.end(`secure ${request.url}`));
secure.on('upgrade', (_request, socket) => {
  socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: echo\r\nConnection: Upgrade\r\n\r\n');
  socket.pipe(socket);
});
const plain = createServer((request, response) => {
  response.writeHead(308, { Location: `https://${request.headers.host}${request.url}` }).end();
});
secure.keepAliveTimeout = 200;
plain.keepAliveTimeout = 200;
after(() => {
  secure.closeAllConnections();
  plain.closeAllConnections();
});

/** Answers every chunk with itself behind the name of the transport. */
function echo(socket: Socket, transport: string): void {
  handed.push(transport);
  socket.on('data', (bytes) => socket.write(Buffer.concat([Buffer.from(`${transport} `), bytes])));
  socket.on('end', () => socket.end());
}

async function withFront(story: (front: Front) => Promise<void>, limits?: Partial<FrontLimits>) {
  const front = await openFront({
    host: HOST,
    port: 0,
    log: silentLog,
    credentials,
    onHttps: (socket) => secure.emit('connection', socket),
    onHttp: (socket) => plain.emit('connection', socket),
    onStun: echo,
    ...(limits && { limits }),
  });
  try {
    await story(front);
  } finally {
    await front.close();
  }
}

function firstChunk(socket: Socket): Promise<string> {
  return new Promise((resolve, reject) => {
    socket.once('data', (bytes) => resolve(bytes.toString('latin1')));
    socket.once('error', reject);
    socket.once('close', () => reject(new Error('closed without a word')));
  });
}

function gone(socket: Socket): Promise<void> {
  socket.on('error', () => {});
  socket.resume();
  return new Promise((resolve) => (socket.destroyed ? resolve() : socket.once('close', () => resolve())));
}

function inTls(front: Front): Socket {
  return tlsConnect({ port: front.local.port, host: HOST, ca: authority.cert });
}

function secureGet(front: Front, path: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const asked = httpsRequest(
      { port: front.local.port, host: HOST, path, ca: authority.cert, agent: false },
      (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (part: string) => {
          text += part;
        });
        response.on('end', () => resolve(text));
      },
    );
    asked.once('error', reject).end();
  });
}

test('one port: redirect, HTTPS, upgrade, STUN over TCP, STUN over TLS', () =>
  withFront(async (front) => {
    const location = await new Promise((resolve, reject) => {
      httpGet({ port: front.local.port, host: HOST, path: '/r/x?y', agent: false }, (response) => {
        response.resume();
        resolve(`${response.statusCode} ${response.headers.location}`);
      }).once('error', reject);
    });
    assert.equal(location, `308 https://${HOST}:${front.local.port}/r/x?y`);

    assert.equal(await secureGet(front, '/page'), 'secure /page');

    const tcp = connect(front.local.port, HOST);
    tcp.write(BINDING);
    assert.equal(await firstChunk(tcp), `tcp ${BINDING.toString('latin1')}`);
    tcp.end();

    const tls = inTls(front);
    tls.write(BINDING);
    assert.equal(await firstChunk(tls), `tls ${BINDING.toString('latin1')}`);
    tls.end();

    const upgraded = inTls(front);
    upgraded.write('GET / HTTP/1.1\r\nHost: x\r\nUpgrade: echo\r\nConnection: Upgrade\r\n\r\n');
    assert.match(await firstChunk(upgraded), /^HTTP\/1.1 101 /);
    upgraded.write('hello');
    assert.equal(await firstChunk(upgraded), 'hello');
    upgraded.end();
    await until(
      () => front.connections === 0,
      () => `${front.connections} connections are left`,
    );
  }));

test('first bytes may come one by one, on both sides of TLS', () =>
  withFront(async (front) => {
    for (const socket of [connect(front.local.port, HOST).setNoDelay(), inTls(front)]) {
      for (const byte of BINDING) {
        await new Promise((resolve) => socket.write(Uint8Array.of(byte), resolve));
        await new Promise((resolve) => setTimeout(resolve, 2));
      }
      const answer = await firstChunk(socket);
      assert.match(answer, /^t(cp|ls) /);
      socket.destroy();
    }
    assert.deepEqual(handed, ['tcp', 'tls']);
  }));

test('a client that ends its side after the question still gets its answer', () =>
  withFront(async (front) => {
    const socket = connect({ port: front.local.port, host: HOST, allowHalfOpen: true });
    socket.end('GET /half HTTP/1.0\r\nHost: x\r\n\r\n');
    assert.match(await firstChunk(socket), /^HTTP\/1.1 308 /);
    socket.destroy();
  }));

test('who says nothing, or too little, is closed: before TLS, in the handshake, inside TLS', () =>
  withFront(
    async (front) => {
      const silent = connect(front.local.port, HOST);
      const dripping = connect(front.local.port, HOST);
      dripping.write(BINDING.subarray(0, 3));
      const stalled = connect(front.local.port, HOST);
      stalled.write(Uint8Array.of(0x16, 0x03, 0x01, 0x02, 0x00, 0x01));
      const silentInTls = inTls(front);
      await until(() => front.connections === 4 && front.undecided === 4);
      await Promise.all([silent, dripping, stalled, silentInTls].map(gone));
      await until(() => front.connections === 0 && front.undecided === 0);
      assert.deepEqual(handed, []);
    },
    { firstBytesMs: 150, handshakeMs: 150 },
  ));

test('too many undecided from one address are refused, too many in all push out the oldest', () =>
  withFront(
    async (front) => {
      const sockets = [1, 2, 3].map(() => connect(front.local.port, HOST));
      await gone(sockets[2] as Socket);
      assert.equal(front.undecided, 2);
      for (const socket of sockets) socket.destroy();
      await until(() => front.undecided === 0);
    },
    { maxWaitingPerAddress: 2 },
  ).then(() =>
    withFront(
      async (front) => {
        const first = connect(front.local.port, HOST);
        await until(() => front.undecided === 1);
        const second = connect(front.local.port, HOST);
        await gone(first);
        second.write(BINDING);
        assert.match(await firstChunk(second), /^tcp /);
        second.destroy();
      },
      { maxWaiting: 1 },
    ),
  ));

test('one address gets its share of connections and no more, whatever they speak; a proxy gets all', () =>
  withFront(
    async (front) => {
      const first = connect(front.local.port, HOST);
      first.write(BINDING);
      await firstChunk(first);
      const second = connect(front.local.port, HOST);
      second.write(BINDING);
      await firstChunk(second);
      const third = connect(front.local.port, HOST);
      third.write(BINDING);
      await gone(third);
      first.destroy();
      await gone(first);
      await until(() => front.connections === 1);
      const fourth = connect(front.local.port, HOST);
      fourth.write(BINDING);
      assert.match(await firstChunk(fourth), /^tcp/);
      const proxied = await openFront({
        host: HOST,
        port: 0,
        log: silentLog,
        onStun: echo,
        isProxy: (ip) => ip === HOST,
        limits: { maxConnectionsPerAddress: 0 },
      });
      const through = connect(proxied.local.port, HOST);
      through.write(BINDING);
      assert.match(await firstChunk(through), /^tcp/);
      await proxied.close();
    },
    { maxConnectionsPerAddress: 2 },
  ));

test('a certificate is swapped while connections live', () =>
  withFront(async (front) => {
    const serialOf = async () => {
      const socket = tlsConnect({ port: front.local.port, host: HOST, ca: authority.cert });
      socket.write(BINDING);
      await firstChunk(socket);
      return { serial: socket.getPeerCertificate().serialNumber, socket };
    };
    const old = await serialOf();
    front.setCredentials(await issueLeaf(authority, [HOST], Date.now()));
    const fresh = await serialOf();
    assert.notEqual(fresh.serial, old.serial);
    old.socket.write(BINDING);
    assert.match(await firstChunk(old.socket), /^tls /);
    old.socket.destroy();
    fresh.socket.destroy();
  }));

test('noise never crashes it and leaves nothing behind', () =>
  withFront(
    async (front) => {
      const random = new SeededRandom(7);
      const beginnings = [[], [0x16, 0x03, 0x01], [...BINDING.subarray(0, 8)], [...Buffer.from('GET /')]];
      const closed: Promise<void>[] = [];
      for (let i = 0; i < 120; i++) {
        const bytes = [...(beginnings[i % 4] ?? []), ...random.bytes(randomBelow(random, 300))];
        const socket = i % 3 === 0 ? inTls(front) : connect(front.local.port, HOST);
        socket.on('error', () => {});
        socket.write(Uint8Array.from(bytes), () => {
          if (i % 2 === 0) socket.destroy();
          else socket.end();
        });
        closed.push(gone(socket));
      }
      await Promise.all(closed);
      await until(
        () => front.connections === 0,
        () => `${front.connections} connections are left`,
      );
      assert.equal(front.undecided, 0);
      assert.equal(await secureGet(front, '/alive'), 'secure /alive');
    },
    { firstBytesMs: 300, handshakeMs: 300 },
  ));

test('after stopAccepting talkers stay and the port is free; close ends them', () =>
  withFront(async (front) => {
    const talker = connect(front.local.port, HOST);
    talker.write(BINDING);
    await firstChunk(talker);
    const silent = connect(front.local.port, HOST);
    await until(() => front.undecided === 1);
    front.stopAccepting();
    await gone(silent);
    const heir = await openFront({ host: HOST, port: front.local.port, log: silentLog });
    talker.write(BINDING);
    assert.match(await firstChunk(talker), /^tcp /);
    await front.close();
    await gone(talker);
    await heir.close();
  }));

test('says why it cannot listen', () =>
  withFront(async (front) => {
    const { port } = front.local;
    await assert.rejects(
      openFront({ host: HOST, port, log: silentLog }),
      (error) => error instanceof StackError && error.code === 'ADDRESS_IN_USE',
    );
  }));
