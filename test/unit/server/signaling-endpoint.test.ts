/** The Socket.IO endpoint on loopback, spoken to by real clients. */
import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, test } from 'node:test';
import { io, type Socket } from 'socket.io-client';
import { silentLog } from '../../../src/base/index.ts';
import { nodeEnv } from '../../../src/node/index.ts';
import {
  attachSignaling,
  type SignalingEndpoint,
  type SignalingEndpointOptions,
  type SignalingFact,
} from '../../../src/server/signaling/attach-signaling.ts';
import {
  type ClientRequest,
  type IceConfiguration,
  parseServerFrame,
  type ServerEvent,
  type Welcome,
} from '../../../src/signaling/index.ts';

const open: (() => void)[] = [];
after(() => {
  for (const close of open.reverse()) close();
});

interface Endpoint {
  readonly url: string;
  readonly http: Server;
  readonly endpoint: SignalingEndpoint;
  readonly facts: SignalingFact[];
}

async function start(options: Partial<SignalingEndpointOptions> = {}): Promise<Endpoint> {
  const http = createServer((_request, response) => response.end('the page'));
  const facts: SignalingFact[] = [];
  const endpoint = attachSignaling(http, {
    env: nodeEnv({ log: silentLog }),
    rooms: { secret: new Uint8Array(32) },
    mintIce: (session, { name: host }) => ({
      iceServers: [{ urls: [`stun:${host}:3478`], username: session }],
      ttlSeconds: 600,
    }),
    onFact: (fact) => facts.push(fact),
    ...options,
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  const { port } = http.address() as AddressInfo;
  open.push(() => {
    endpoint.close();
    http.close();
    http.closeAllConnections();
  });
  return { url: `http://127.0.0.1:${port}`, http, endpoint, facts };
}

type EventOf<Type extends ServerEvent['type']> = Extract<ServerEvent, { type: Type }>;

/** A client that speaks the protocol by hand. */
class Person {
  readonly socket: Socket;
  readonly #events: ServerEvent[] = [];
  #waiting: (() => void)[] = [];
  welcomed: Welcome | undefined;
  #n = 0;

  constructor(url: string, transports: readonly ('websocket' | 'polling')[] = ['websocket'], headers = {}) {
    this.socket = io(url, {
      transports: [...transports],
      forceNew: true,
      reconnection: false,
      extraHeaders: headers,
    });
    open.push(() => this.socket.disconnect());
    this.socket.on('frame', (text: string) => {
      const parsed = parseServerFrame(text);
      assert.ok(parsed.ok, text);
      if (parsed.frame.type === 'welcome') this.welcomed = parsed.frame;
      else this.#events.push(parsed.frame.event);
      const waiting = this.#waiting;
      this.#waiting = [];
      for (const wake of waiting) wake();
    });
  }

  say(frame: unknown): void {
    this.socket.emit('frame', typeof frame === 'string' ? frame : JSON.stringify(frame));
  }

  /** Resolves with the ICE servers, the first thing after the welcome. */
  async hello(name: string, more: { session?: unknown; seat?: string } = {}): Promise<IceConfiguration> {
    this.say({ type: 'hello', v: 1, name, ...more });
    return (await this.next('ice')).ice;
  }

  /** Resolves when the transport is open; rejects with its error. */
  opened(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.socket.once('connect', resolve);
      this.socket.once('connect_error', reject);
    });
  }

  closed(): Promise<string> {
    return new Promise((resolve) => this.socket.once('disconnect', resolve));
  }

  async request(request: ClientRequest): Promise<EventOf<'reply'>> {
    this.#n += 1;
    this.say({ type: 'request', n: this.#n, ack: 0, request });
    return this.next('reply');
  }

  /** Takes the oldest event of that type, or waits for it. */
  async next<Type extends ServerEvent['type']>(type: Type): Promise<EventOf<Type>> {
    for (;;) {
      const at = this.#events.findIndex((event) => event.type === type);
      if (at >= 0) return this.#events.splice(at, 1)[0] as EventOf<Type>;
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }
}

for (const transport of ['websocket', 'polling'] as const) {
  test(`two people find each other and exchange signals by ${transport}`, async () => {
    const { url, endpoint } = await start();
    const ada = new Person(url, [transport]);
    const bob = new Person(url, [transport]);
    await Promise.all([ada.hello('Ada'), bob.hello('Bob')]);
    assert.equal((await ada.request({ type: 'create-room', visibility: 'private' })).ok, true);
    const { room, self } = await ada.next('joined');
    assert.equal((await bob.request({ type: 'join-room', room: room.id })).ok, true);
    const { participant } = await ada.next('participant-joined');
    const description = { type: 'offer', sdp: 'v=0\r\n' } as const;
    await ada.request({ type: 'signal', to: participant.id, signal: { kind: 'description', description } });
    const signal = await bob.next('signal');
    assert.equal(signal.from, self);
    assert.deepEqual(signal.signal, { kind: 'description', description });
    assert.deepEqual(endpoint.stats(), {
      connections: 2,
      sessions: 2,
      participants: 2,
      rooms: 1,
      emptyRooms: 0,
      lobbyWatchers: 0,
    });
  });
}

test('nonsense of every kind is answered, and the connection stays', async () => {
  const { url, facts } = await start();
  const ada = new Person(url);
  await ada.hello('Ada');
  const complaints = [
    ['no JSON', 'MESSAGE_MALFORMED'],
    ['{"type":"shout"}', 'MESSAGE_UNKNOWN_TYPE'],
    ['x'.repeat(65_537), 'MESSAGE_TOO_LARGE'],
    ['이'.repeat(30_000), 'MESSAGE_TOO_LARGE'],
    ['x'.repeat(900_000), 'MESSAGE_TOO_LARGE'],
  ] as const;
  for (const [text, code] of complaints) {
    ada.say(text);
    assert.equal((await ada.next('error')).error.code, code);
  }
  for (const argument of [undefined, null, 7, { type: 'hello' }, ['x'], new Uint8Array(8)]) {
    ada.socket.emit('frame', argument);
    assert.equal((await ada.next('error')).error.code, 'MESSAGE_MALFORMED');
  }
  ada.socket.emit('shout', 'hello');
  assert.equal((await ada.next('error')).error.code, 'MESSAGE_MALFORMED');
  assert.equal((await ada.request({ type: 'ping' })).ok, true);
  assert.equal(facts.filter((fact) => fact.type === 'refused').length, 12);
});

test('a packet beyond a megabyte ends its own connection and nothing else', async () => {
  const { url, endpoint } = await start();
  const ada = new Person(url);
  const bob = new Person(url);
  await Promise.all([ada.hello('Ada'), bob.hello('Bob')]);
  const closed = ada.closed();
  ada.say('x'.repeat(1_100_000));
  await closed;
  assert.equal((await bob.request({ type: 'ping' })).ok, true);
  assert.equal(endpoint.stats().connections, 1);
});

test('a cut session is continued on another transport, with what was said meanwhile', async () => {
  const { url } = await start();
  const ada = new Person(url);
  const bob = new Person(url);
  await Promise.all([ada.hello('Ada'), bob.hello('Bob')]);
  await ada.request({ type: 'create-room', visibility: 'private' });
  const { room } = await ada.next('joined');
  await bob.request({ type: 'join-room', room: room.id });
  const { self } = await bob.next('joined');
  bob.socket.disconnect();
  await ada.next('participant-updated');
  const signal = { kind: 'candidate', candidate: null } as const;
  await ada.request({ type: 'signal', to: self, signal });
  const again = new Person(url, ['polling']);
  const session = { token: bob.welcomed?.session, received: 3 }; // ice, joined, reply
  await again.hello('Bob', { session });
  assert.equal(again.welcomed?.resumed, true);
  assert.deepEqual((await again.next('signal')).signal, signal);
});

test('after a restart the seats in the hands of the people make the room again', async () => {
  const first = await start();
  const ada = new Person(first.url);
  await ada.hello('Ada');
  await ada.request({ type: 'create-room', visibility: 'private', passcode: 'tea', title: 'Tea' });
  const before = await ada.next('joined');
  const closed = ada.closed();
  first.endpoint.close();
  await closed;
  const second = await start();
  const again = new Person(second.url);
  again.say({
    type: 'hello',
    v: 1,
    name: 'Ada',
    session: { token: 'of before', received: 9 },
    seat: before.seat,
  });
  const after = await again.next('joined');
  assert.equal(after.self, before.self);
  assert.deepEqual(after.room, before.room);
});

test('a newer connection with the same session ends the older one for good', async () => {
  const { url } = await start();
  const ada = new Person(url);
  await ada.hello('Ada');
  const closed = ada.closed();
  const again = new Person(url);
  await again.hello('Ada', { session: { token: ada.welcomed?.session, received: 1 } });
  // With this reason a client does not connect again by itself, so the two do not fight.
  assert.equal(await closed, 'io server disconnect');
  assert.equal(again.welcomed?.resumed, true);
});

test('pages of other origins are refused, our own is not', async () => {
  const { url } = await start();
  const attempt = (headers: Record<string, string>, transport: 'websocket' | 'polling') =>
    new Person(url, [transport], headers).opened();
  for (const transport of ['websocket', 'polling'] as const) {
    await attempt({ Origin: url }, transport);
    await attempt({}, transport);
    for (const origin of ['https://evil.example', 'null', `${url}0`, url.replace('http', 'https')]) {
      await assert.rejects(attempt({ Origin: origin }, transport));
    }
  }
});

test('an address has only so many connections, and gets them back', async () => {
  const { url, endpoint } = await start({ maxConnectionsPerAddress: 2 });
  const first = new Person(url);
  await first.opened();
  await new Person(url, ['polling']).opened();
  await assert.rejects(new Person(url).opened());
  first.socket.disconnect();
  while (endpoint.stats().connections > 1) await new Promise((resolve) => setImmediate(resolve));
  // The transport below ends a moment after the socket.
  const isOpen = () =>
    new Person(url).opened().then(
      () => true,
      () => false,
    );
  while (!(await isOpen()));
});

test('ICE servers are named as the page was, without the port', async () => {
  const { url } = await start();
  const ada = new Person(url.replace('127.0.0.1', 'localhost'), ['websocket']);
  assert.deepEqual((await ada.hello('Ada')).iceServers[0]?.urls, ['stun:localhost:3478']);
});

test('a request without a usable Host is refused', async () => {
  const { url } = await start();
  await assert.rejects(new Person(url, ['websocket'], { Host: 'a b"c' }).opened());
});

test('draining tells everybody, and refuses who comes late', async () => {
  const { url, endpoint } = await start();
  const ada = new Person(url);
  await ada.hello('Ada');
  endpoint.drain(500);
  const { reconnectInMs } = await ada.next('draining');
  assert.ok(reconnectInMs >= 500 && reconnectInMs < 1_000);
  const late = new Person(url);
  late.say({ type: 'hello', v: 1, name: 'Late' });
  assert.equal((await late.next('error')).error.code, 'SERVER_DRAINING');
});

test('what is not for signaling goes on to the page', async () => {
  const { url } = await start();
  assert.equal(await (await fetch(`${url}/r/abc`)).text(), 'the page');
  assert.equal((await fetch(`${url}/socket.io/socket.io.js`)).status, 400, 'no client is served');
});

test('garbage on the path of the transport leaves nothing behind', async () => {
  const { url, endpoint } = await start();
  const paths = [
    '?EIO=4&transport=polling&sid=nobody',
    '?EIO=3&transport=polling',
    '?EIO=4&transport=carrier-pigeon',
    '?EIO=x',
    '',
  ];
  for (const path of paths) {
    for (const method of ['GET', 'POST', 'PUT']) {
      const body = method === 'GET' ? null : '\u0000\uffff4'.repeat(100);
      const response = await fetch(`${url}/socket.io/${path}`, { method, body });
      assert.ok(response.status >= 400 && response.status < 500, `${method} ${path}: ${response.status}`);
    }
  }
  const handshake = await (await fetch(`${url}/socket.io/?EIO=4&transport=polling`)).text();
  const { sid } = JSON.parse(handshake.slice(1));
  for (const body of [
    '4',
    '42',
    '42["frame"',
    '40{',
    '451-["frame",{"_placeholder":true,"num":0}]',
    'zzz',
    '\x1e\x1e',
  ]) {
    await fetch(`${url}/socket.io/?EIO=4&transport=polling&sid=${sid}`, { method: 'POST', body });
  }
  await fetch(`${url}/socket.io/?EIO=4&transport=polling&sid=${sid}`); // takes the goodbye
  assert.equal(endpoint.stats().sessions, 0);
  const ada = new Person(url);
  await ada.hello('Ada');
});
