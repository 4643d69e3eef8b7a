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
    mintIce: (session, host) => ({
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

  constructor(url: string, transports: readonly ('websocket' | 'polling')[] = ['websocket']) {
    this.socket = io(url, { transports: [...transports], forceNew: true, reconnection: false });
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

  async hello(name: string): Promise<void> {
    this.say({ type: 'hello', v: 1, name });
    await this.next('ice');
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
