/** A TURN server on a bench: virtual time, seeded randomness, sockets that are only names, and a client that says exactly what it is told. */
import assert from 'node:assert/strict';
import {
  type Env,
  type Millis,
  SeededRandom,
  type SocketAddress,
  silentLog,
} from '../../../src/base/index.ts';
import { nodeCrypto } from '../../../src/node/index.ts';
import {
  decodeErrorCode,
  decodeMessage,
  decodeXorAddress,
  longTermKey,
  MessageClass,
  MessageWriter,
  StunAttribute,
  type StunMessage,
  verifyIntegrity,
} from '../../../src/stun/index.ts';
import {
  type Leg,
  legId,
  type RelayId,
  TurnAttribute,
  TurnMethod,
  TurnServer,
  type TurnServerEvent,
  type TurnServerOptions,
  type TurnTransmit,
} from '../../../src/turn/index.ts';

export const REALM = 'example.test';
export const SERVER: SocketAddress = { ip: '198.51.100.1', port: 3478 };
/** Milliseconds since 1970 when the virtual time is 0. */
export const EPOCH = 1_750_000_000_000;

export function labEnv(clock: () => Millis, seed = 1): Env {
  return {
    crypto: nodeCrypto,
    random: new SeededRandom(seed),
    log: silentLog,
    wallClock: () => EPOCH + clock(),
  };
}

export const DEFAULT_OPTIONS: TurnServerOptions = {
  realm: REALM,
  nonceSecret: new Uint8Array(32).fill(9),
  users: [
    { username: 'alice', password: 'wonder' },
    { username: 'bob', password: 'builder' },
  ],
  restSecrets: ['north', 'south'],
  relayPorts: { min: 50_000, max: 50_999 },
  relayAddresses: { v4: SERVER.ip, v6: '2001:db8:1::1' },
  peerPolicy: { loopback: false, private: 'auto', serverHasPublicAddress: true, ownServices: [SERVER] },
  quotas: { perUser: 100, total: 1000 },
};

export class TurnLab {
  now: Millis = 0;
  readonly server: TurnServer;
  /** Sockets that are open, as the shell would have them. */
  readonly sockets = new Map<RelayId, { family: 4 | 6; port: number }>();
  /** What the server has said to peers and nobody has looked at yet. */
  readonly toPeers: Extract<TurnTransmit, { kind: 'peer' }>[] = [];
  readonly toSiblings: Extract<TurnTransmit, { kind: 'sibling' }>[] = [];
  readonly toClients: Extract<TurnTransmit, { kind: 'client' }>[] = [];
  readonly events: TurnServerEvent[] = [];
  /** Ports that other programs hold. */
  readonly portsInUse = new Set<number>();
  /** While set, the shell does not answer `open-relay`. */
  holdSockets = false;
  /** The shell fails for another reason. */
  socketsUnavailable = false;
  #lastLeg = 0;

  constructor(options: Partial<TurnServerOptions> = {}, seed = 1) {
    this.server = new TurnServer(
      labEnv(() => this.now, seed),
      { ...DEFAULT_OPTIONS, ...options },
    );
  }

  leg(client: SocketAddress, transport: Leg['transport'] = 'udp'): Leg {
    this.#lastLeg += 1;
    return { id: legId(this.#lastLeg), transport, client, server: SERVER };
  }

  fromClient(leg: Leg, bytes: Uint8Array): void {
    this.server.handleClientMessage(this.now, leg, bytes);
    this.drain();
  }

  fromPeer(relay: RelayId, from: SocketAddress, bytes: Uint8Array): void {
    this.server.handlePeerDatagram(this.now, relay, from, bytes);
    this.drain();
  }

  /** Lets time pass, firing the server's timer whenever it asks for it. */
  wait(ms: Millis): void {
    const end = this.now + ms;
    for (let next = this.server.nextTimeout(); next <= end; next = this.server.nextTimeout()) {
      this.now = Math.max(this.now, next);
      this.server.handleTimeout(this.now);
      assert.ok(this.server.nextTimeout() > this.now, 'a timeout that was fired is not due again');
      this.drain();
    }
    this.now = end;
  }

  /** The relay at this port, if a socket is open there. */
  relayAt(port: number, family: 4 | 6 = 4): RelayId {
    for (const [id, socket] of this.sockets) if (socket.port === port && socket.family === family) return id;
    throw new Error(`no socket is open at ${port}`);
  }

  drain(): void {
    for (let event = this.server.pollEvent(); event; event = this.server.pollEvent()) {
      this.events.push(event);
      if (event.type === 'open-relay' && !this.holdSockets) this.#open(event.relay, event.family, event.port);
      if (event.type === 'close-relay') this.sockets.delete(event.relay);
    }
    for (let out = this.server.pollTransmit(); out; out = this.server.pollTransmit()) {
      if (out.kind === 'peer') this.toPeers.push(out);
      else if (out.kind === 'sibling') this.toSiblings.push(out);
      else this.toClients.push(out);
    }
  }

  #open(relay: RelayId, family: 4 | 6, port: number): void {
    if (this.socketsUnavailable) this.server.handleRelayFailed(this.now, relay, 'unavailable');
    else if (this.portsInUse.has(port)) this.server.handleRelayFailed(this.now, relay, 'in-use');
    else {
      this.sockets.set(relay, { family, port });
      this.server.handleRelayOpened(this.now, relay);
    }
  }
}

/** Adds attributes to a message that is being written. */
export type Fill = (writer: MessageWriter) => void;

export const udpRequested: Fill = (writer) =>
  writer.attribute(TurnAttribute.REQUESTED_TRANSPORT, Uint8Array.of(17, 0, 0, 0));

export function lifetime(seconds: number): Fill {
  return (writer) => writer.u32(TurnAttribute.LIFETIME, seconds);
}

export function peers(...ips: readonly string[]): Fill {
  return (writer) => {
    for (const ip of ips) writer.xorAddress(TurnAttribute.XOR_PEER_ADDRESS, { ip, port: 0 });
  };
}

export function channel(number: number, peer: SocketAddress): Fill {
  return (writer) =>
    writer
      .attribute(TurnAttribute.CHANNEL_NUMBER, Uint8Array.of(number >> 8, number & 0xff, 0, 0))
      .xorAddress(TurnAttribute.XOR_PEER_ADDRESS, peer);
}

export function all(...fills: readonly Fill[]): Fill {
  return (writer) => {
    for (const fill of fills) fill(writer);
  };
}

/** Says one message at a time; knows a user's password and the last nonce, nothing more. */
export class RawClient {
  readonly lab: TurnLab;
  readonly leg: Leg;
  username: string;
  password: string;
  nonce: Uint8Array = new Uint8Array(0);
  #id = 0;

  constructor(
    lab: TurnLab,
    client: SocketAddress,
    username = 'alice',
    password = 'wonder',
    transport: Leg['transport'] = 'udp',
  ) {
    this.lab = lab;
    this.leg = lab.leg(client, transport);
    this.username = username;
    this.password = password;
  }

  get key(): Uint8Array {
    return longTermKey(nodeCrypto, this.username, REALM, this.password);
  }

  nextId(): Uint8Array {
    this.#id += 1;
    const id = new Uint8Array(12);
    id.set([this.leg.id & 0xff, this.#id >> 8, this.#id & 0xff]);
    return id;
  }

  /** A request without credentials. */
  bare(method: number, fill: Fill = () => {}): Uint8Array {
    const writer = new MessageWriter(method, MessageClass.REQUEST, this.nextId());
    fill(writer);
    return writer.finish();
  }

  /** A request with credentials and the last nonce. */
  signed(method: number, fill: Fill = () => {}): Uint8Array {
    const writer = new MessageWriter(method, MessageClass.REQUEST, this.nextId());
    fill(writer);
    return writer
      .text(StunAttribute.USERNAME, this.username)
      .text(StunAttribute.REALM, REALM)
      .attribute(StunAttribute.NONCE, this.nonce)
      .integrity(nodeCrypto, this.key)
      .finish();
  }

  /** Sends bytes and returns the one answer, if there is one. */
  exchange(bytes: Uint8Array): StunMessage | undefined {
    this.lab.toClients.length = 0;
    this.lab.fromClient(this.leg, bytes);
    assert.ok(this.lab.toClients.length <= 1);
    const out = this.lab.toClients[0];
    if (!out) return undefined;
    assert.equal(out.leg, this.leg);
    const answer = decodeMessage(out.bytes);
    assert.ok(answer);
    const nonce = answer.get(StunAttribute.NONCE);
    if (nonce) this.nonce = nonce.slice();
    return answer;
  }

  /** Gets a nonce, as every client begins. */
  challenge(): this {
    assert.equal(codeOf(this.exchange(this.bare(TurnMethod.ALLOCATE, udpRequested))), 401);
    return this;
  }

  /** An authenticated request and its answer, whose integrity is checked. */
  request(method: number, fill: Fill = () => {}): StunMessage {
    if (this.nonce.length === 0) this.challenge();
    const answer = this.exchange(this.signed(method, fill));
    assert.ok(answer, 'an authenticated request is answered');
    assert.ok(verifyIntegrity(nodeCrypto, answer, this.key), 'the answer is sealed with the user’s key');
    return answer;
  }

  /** Allocates and returns the relayed address. */
  allocate(fill: Fill = () => {}): SocketAddress {
    const answer = this.request(TurnMethod.ALLOCATE, all(udpRequested, fill));
    assert.equal(codeOf(answer), 0);
    return relayedOf(answer);
  }

  permit(...ips: readonly string[]): number {
    return codeOf(this.request(TurnMethod.CREATE_PERMISSION, peers(...ips)));
  }

  bind(number: number, peer: SocketAddress): number {
    return codeOf(this.request(TurnMethod.CHANNEL_BIND, channel(number, peer)));
  }

  refresh(seconds?: number): number {
    return codeOf(this.request(TurnMethod.REFRESH, seconds === undefined ? undefined : lifetime(seconds)));
  }

  send(peer: SocketAddress, data: Uint8Array, fill: Fill = () => {}): void {
    const writer = new MessageWriter(TurnMethod.SEND, MessageClass.INDICATION, this.nextId());
    writer.xorAddress(TurnAttribute.XOR_PEER_ADDRESS, peer).attribute(TurnAttribute.DATA, data);
    fill(writer);
    this.lab.fromClient(this.leg, writer.finish());
  }
}

/** 0 for a success. */
export function codeOf(answer: StunMessage | undefined): number {
  assert.ok(answer, 'there is an answer');
  if (answer.class === MessageClass.SUCCESS) return 0;
  const code = decodeErrorCode(answer.get(StunAttribute.ERROR_CODE) ?? new Uint8Array(0));
  assert.ok(code, 'an error response has ERROR-CODE');
  return code.code;
}

export function relayedOf(answer: StunMessage): SocketAddress {
  const value = answer.get(TurnAttribute.XOR_RELAYED_ADDRESS);
  const address = value && decodeXorAddress(value, answer.transactionId);
  assert.ok(address);
  return address;
}

export function lifetimeOf(answer: StunMessage): number {
  const value = answer.get(TurnAttribute.LIFETIME);
  assert.ok(value);
  return new DataView(value.buffer, value.byteOffset).getUint32(0);
}
