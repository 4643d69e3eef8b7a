/**
 * An ICE agent on a bench: paths that are only names, virtual time, and a peer that says exactly what it is told. What
 * leaves is looked at, message by message.
 */

import assert from 'node:assert/strict';
import { encodeUtf8, type Millis, NEVER, Queue, type SocketAddress } from '../../../src/base/index.ts';
import { IceAgent } from '../../../src/ice/agent.ts';
import type { CandidateType } from '../../../src/ice/candidate-types.ts';
import { IceAttribute } from '../../../src/ice/check-message.ts';
import type {
  GathererEvent,
  GathererPort,
  LocalCandidate,
  PathFacts,
  PathId,
  PathListener,
} from '../../../src/ice/gatherer-port.ts';
import type { IceAgentOptions, IceEvent, IceTransmit, SocketId } from '../../../src/ice/index.ts';
import { candidatePriority } from '../../../src/ice/priority.ts';
import { nodeCrypto } from '../../../src/node/index.ts';
import type { CandidateAttribute } from '../../../src/sdp/index.ts';
import {
  decodeErrorCode,
  decodeMessage,
  decodeXorAddress,
  MessageClass,
  MessageWriter,
  StunAttribute,
  type StunMessage,
  StunMethod,
  verifyIntegrity,
} from '../../../src/stun/index.ts';
import { labEnv } from '../turn/lab.ts';

export const PEER_CREDENTIALS = { usernameFragment: 'PEER', password: 'thepasswordofthepeer12' };
const OUR_CREDENTIALS = { usernameFragment: 'OURS', password: 'thepasswordthatisours1' };
export const PEER: SocketAddress = { ip: '192.0.2.2', port: 5002 };

/** What left by a path. */
export interface Sent {
  readonly at: Millis;
  readonly path: PathId;
  readonly to: SocketAddress;
  readonly bytes: Uint8Array;
}

export class FakeGatherer implements GathererPort {
  readonly events = new Queue<GathererEvent>();
  readonly sent: Sent[] = [];
  readonly names: string[] = [];
  readonly expected: string[] = [];
  readonly selected: string[] = [];
  readonly released: string[] = [];
  readonly listener: PathListener;
  readonly #paths = new Map<SocketId, PathId>();

  constructor(listener: PathListener) {
    this.listener = listener;
  }

  gather(): void {}
  handleInterfaces(): void {}
  setServers(): void {}
  handleOpened(): void {}
  handleFailed(): void {}
  handleClosed(): void {}
  handleAccepted(): SocketId {
    return 0;
  }
  handleLookedUp(): void {}
  handleVerified(): void {}
  handleTimeout(): void {}
  nextTimeout(): Millis {
    return NEVER;
  }
  pollTransmit(): IceTransmit | undefined {
    return undefined;
  }
  pollEvent(): GathererEvent | undefined {
    return this.events.take();
  }
  close(): void {}

  know(socket: SocketId, path: PathId): void {
    this.#paths.set(socket, path);
  }

  handleDatagram(now: Millis, socket: SocketId, from: SocketAddress, bytes: Uint8Array): void {
    const path = this.#paths.get(socket);
    if (path !== undefined) this.listener.handlePathBytes(now, path, from, bytes);
  }

  send(now: Millis, path: PathId, to: SocketAddress, bytes: Uint8Array): void {
    this.sent.push({ at: now, path, to, bytes });
  }

  expect(_now: Millis, path: PathId, { ip, port }: SocketAddress): void {
    this.expected.push(`${path} ${ip}:${port}`);
  }

  select(_now: Millis, path: PathId, { ip, port }: SocketAddress): void {
    this.selected.push(`${path} ${ip}:${port}`);
  }

  release(_now: Millis, path: PathId, { ip, port }: SocketAddress): void {
    this.released.push(`${path} ${ip}:${port}`);
  }

  resolve(_now: Millis, name: string): void {
    this.names.push(name);
  }
}

export interface PathWish {
  readonly path?: PathId;
  readonly type?: 'host' | 'relay';
  readonly ip?: string;
  readonly localPreference?: number;
  readonly foundation?: string;
  readonly protocol?: 'udp' | 'tcp';
  readonly tcpType?: 'active' | 'passive' | 'so';
}

export class IceBench {
  readonly agent: IceAgent;
  readonly told: IceEvent[] = [];
  now: Millis = 0;
  #gatherer: FakeGatherer | undefined;
  #transactions = 0;

  constructor(options: Partial<IceAgentOptions> = {}) {
    const env = labEnv(() => this.now);
    this.agent = new IceAgent(
      env,
      { role: 'controlling', credentials: OUR_CREDENTIALS, ...options },
      (_env, _options, listener) => {
        this.#gatherer = new FakeGatherer(listener);
        return this.#gatherer;
      },
    );
  }

  get gatherer(): FakeGatherer {
    assert.ok(this.#gatherer);
    return this.#gatherer;
  }

  /** One path and one remote candidate, and both sides' credentials: checks begin. */
  begin(): this {
    this.path();
    this.act(() => this.agent.setRemote(this.now, { ...PEER_CREDENTIALS, lite: false }));
    this.tell({});
    return this;
  }

  /** A local candidate; its socket has the number of its path. */
  path(wish: PathWish = {}): LocalCandidate {
    const {
      path = 1,
      type = 'host',
      ip = '192.0.2.1',
      localPreference = 65_535,
      foundation = `f${path}`,
    } = wish;
    const { protocol = 'udp', tcpType } = wish;
    const address = { ip, port: 5000 + path };
    const facts: PathFacts = {
      path,
      protocol,
      tcpType,
      base: address,
      relayed: type === 'relay',
      neverFragments: true,
      socket: type === 'host' && protocol === 'udp' ? path : undefined,
    };
    const candidate: LocalCandidate = {
      type,
      path: facts,
      address,
      mdnsName: undefined,
      related: undefined,
      foundation,
      localPreference,
      priority: candidatePriority(type, protocol, localPreference),
      url: undefined,
      relayProtocol: undefined,
    };
    this.gatherer.know(path, path);
    this.gather({ type: 'candidate', candidate });
    return candidate;
  }

  /** Something that the gatherer has to say. */
  gather(event: GathererEvent): void {
    this.gatherer.events.push(event);
    this.act(() => this.agent.handleTimeout(this.now));
  }

  /** A remote candidate by signaling. */
  tell(wish: Partial<CandidateAttribute> & { readonly type?: CandidateType | string }): void {
    const candidate: CandidateAttribute = {
      foundation: '1',
      component: 1,
      transport: 'udp',
      priority: candidatePriority('host', 'udp', 65_535),
      address: PEER.ip,
      port: PEER.port,
      type: 'host',
      related: undefined,
      tcpType: undefined,
      usernameFragment: PEER_CREDENTIALS.usernameFragment,
      extensions: [],
      ...wish,
    };
    this.act(() => this.agent.addRemoteCandidate(this.now, candidate));
  }

  act(step: () => void): void {
    step();
    for (let event = this.agent.pollEvent(); event; event = this.agent.pollEvent()) this.told.push(event);
  }

  /** Lets time pass, timer by timer. */
  wait(ms: Millis): void {
    const end = this.now + ms;
    for (let next = this.agent.nextTimeout(); next <= end; next = this.agent.nextTimeout()) {
      this.now = next;
      this.act(() => this.agent.handleTimeout(this.now));
      assert.ok(this.agent.nextTimeout() > this.now, 'a timeout that was fired is not due again');
    }
    this.now = end;
  }

  /** Bytes by a path. */
  hear(bytes: Uint8Array, from: SocketAddress = PEER, socket: SocketId = 1): void {
    this.act(() => this.agent.handleDatagram(this.now, socket, from, bytes));
  }

  /** What was sent since the last look. */
  takeSent(): Sent[] {
    return this.gatherer.sent.splice(0);
  }

  /** The checks among it, sealed with the peer's password. */
  takeChecks(): (Sent & { readonly message: StunMessage })[] {
    const checks = this.takeSent().flatMap((sent) => {
      const message = decodeMessage(sent.bytes);
      return message?.class === MessageClass.REQUEST ? [{ ...sent, message }] : [];
    });
    for (const { message } of checks) {
      assert.ok(verifyIntegrity(nodeCrypto, message, encodeUtf8(PEER_CREDENTIALS.password)));
    }
    return checks;
  }

  /** The answers among it: class or error code, and the mapped address. */
  takeAnswers(): { readonly code: number; readonly mapped: SocketAddress | undefined }[] {
    return this.takeSent().flatMap(({ bytes }) => {
      const message = decodeMessage(bytes);
      if (!message || message.class === MessageClass.REQUEST) return [];
      assert.ok(verifyIntegrity(nodeCrypto, message, encodeUtf8(OUR_CREDENTIALS.password)));
      const error = message.get(StunAttribute.ERROR_CODE);
      const value = message.get(StunAttribute.XOR_MAPPED_ADDRESS);
      return [
        {
          code: error ? (decodeErrorCode(error)?.code ?? -1) : 0,
          mapped: value && decodeXorAddress(value, message.transactionId),
        },
      ];
    });
  }

  /** The peer answers a check. */
  answer(
    check: { readonly message: StunMessage; readonly path: PathId },
    options: {
      readonly mapped?: SocketAddress;
      readonly from?: SocketAddress;
      readonly code?: number;
      readonly password?: string;
    } = {},
  ): void {
    const { mapped = { ip: '192.0.2.1', port: 5000 + check.path }, from = PEER, code, password } = options;
    const kind = code === undefined ? MessageClass.SUCCESS : MessageClass.ERROR;
    const writer = new MessageWriter(StunMethod.BINDING, kind, check.message.transactionId);
    if (code === undefined) writer.xorAddress(StunAttribute.XOR_MAPPED_ADDRESS, mapped);
    else writer.errorCode(code);
    writer.integrity(nodeCrypto, encodeUtf8(password ?? PEER_CREDENTIALS.password)).fingerprint();
    this.hear(writer.finish(), from, check.path);
  }

  /** A check of the peer. */
  check(
    options: {
      readonly from?: SocketAddress;
      readonly socket?: SocketId;
      readonly useCandidate?: boolean;
      readonly role?: 'controlling' | 'controlled';
      readonly tieBreaker?: number;
      readonly username?: string;
      readonly password?: string;
      readonly priority?: number | undefined;
      readonly extra?: (writer: MessageWriter) => void;
    } = {},
  ): void {
    const { from, socket, useCandidate = false, role = 'controlled', tieBreaker = 1 } = options;
    const username = `${OUR_CREDENTIALS.usernameFragment}:${PEER_CREDENTIALS.usernameFragment}`;
    this.#transactions += 1;
    const id = new Uint8Array(12);
    new DataView(id.buffer).setUint32(8, this.#transactions);
    const writer = new MessageWriter(StunMethod.BINDING, MessageClass.REQUEST, id)
      .text(StunAttribute.USERNAME, options.username ?? username)
      .attribute(
        role === 'controlling' ? IceAttribute.ICE_CONTROLLING : IceAttribute.ICE_CONTROLLED,
        new Uint8Array(8).fill(tieBreaker),
      );
    if (!('priority' in options) || options.priority !== undefined) {
      writer.u32(IceAttribute.PRIORITY, options.priority ?? candidatePriority('prflx', 'udp', 65_535));
    }
    if (useCandidate) writer.flag(IceAttribute.USE_CANDIDATE);
    options.extra?.(writer);
    writer.integrity(nodeCrypto, encodeUtf8(options.password ?? OUR_CREDENTIALS.password)).fingerprint();
    this.hear(writer.finish(), from, socket);
  }

  /** Checks answered until there is a pair, and nominated. */
  connect(): this {
    this.begin();
    for (let round = 0; round < 5 && this.agent.state !== 'connected'; round++) {
      for (const check of this.takeChecks()) this.answer(check);
      this.wait(20);
    }
    for (const check of this.takeChecks()) this.answer(check);
    assert.equal(this.agent.state, 'connected');
    return this;
  }

  all<T extends IceEvent['type']>(type: T): Extract<IceEvent, { type: T }>[] {
    return this.told.filter((event): event is Extract<IceEvent, { type: T }> => event.type === type);
  }

  get states(): string[] {
    return this.all('state').map(({ state }) => state);
  }
}

export function useCandidateOf({ message }: { readonly message: StunMessage }): boolean {
  return message.has(IceAttribute.USE_CANDIDATE);
}
