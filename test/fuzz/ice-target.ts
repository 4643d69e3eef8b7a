/**
 * An ICE agent between an honest peer and somebody who knows both passwords: before each honest datagram come damaged ones,
 * rightly sealed or not, from the peer's address or from anywhere; and candidates that nobody should tell.
 */
import assert from 'node:assert/strict';
import {
  encodeUtf8,
  formatAddress,
  type Millis,
  NEVER,
  type SeededRandom,
  type SocketAddress,
} from '../../src/base/index.ts';
import { IceAgent, type IceRequest, type IceTransmit, type SocketId } from '../../src/ice/index.ts';
import { nodeCrypto } from '../../src/node/index.ts';
import { parseCandidate, writeCandidate } from '../../src/sdp/index.ts';
import {
  type Attribute,
  bindingResponse,
  decodeMessage,
  MessageClass,
  type MessageWriter,
  StunAttribute,
} from '../../src/stun/index.ts';
import { labEnv } from '../support/turn/lab.ts';
import { damage, once, pick } from './damage.ts';
import { bend, ODD_PEERS, putTogether, takeApart } from './stun-parts.ts';
import { count, type Episode, type FuzzTarget } from './target.ts';

const STUN_SERVER: SocketAddress = { ip: '198.51.100.1', port: 3478 };

/** Checks, answers, requests for sockets: what one input may bring forth. More is an amplifier. */
const MAX_OUTPUTS = 40;
const MAX_ON_THE_WAY = 200;

interface Parcel extends IceTransmit {
  readonly from: SocketAddress;
}

/** An agent, and the sockets it asked for. */
class Party {
  readonly agent: IceAgent;
  readonly ips: readonly string[];
  readonly sockets = new Map<SocketId, SocketAddress>();
  readonly candidates: string[] = [];
  requests: IceRequest[] = [];

  constructor(agent: IceAgent, ips: readonly string[]) {
    this.agent = agent;
    this.ips = ips;
  }

  at(address: SocketAddress): SocketId | undefined {
    for (const [socket, local] of this.sockets) {
      if (local.port === address.port && local.ip === address.ip) return socket;
    }
    return undefined;
  }
}

export const iceAgent: FuzzTarget = {
  name: 'ice',
  episodeLength: 500,
  begin: (random, reached) => new IceEpisode(random, reached),
};

class IceEpisode implements Episode {
  input: Uint8Array = new Uint8Array(0);
  readonly #random: SeededRandom;
  readonly #reached: Map<string, number>;
  readonly #victim: Party;
  readonly #peer: Party;
  #now: Millis = 0;
  #lastPort = 1024;
  #onTheWay: Parcel[] = [];
  readonly #seen: Uint8Array[] = [];

  constructor(random: SeededRandom, reached: Map<string, number>) {
    this.#random = random;
    this.#reached = reached;
    const tcp = once(random, 2);
    this.#victim = this.#newParty(['192.0.2.1', '2001:db8::1'], {
      role: once(random, 2) ? 'controlling' : 'controlled',
      lite: once(random, 8),
      tcp,
    });
    this.#peer = this.#newParty(['192.0.2.2', '2001:db8::2'], {
      role: once(random, 4) ? 'controlling' : 'controlled',
      lite: false,
      tcp,
    });
    this.#start();
  }

  next(): void {
    const random = this.#random;
    const honest = this.#onTheWay.shift();
    if (once(random, 30)) this.#tellCandidate();
    if (once(random, 200)) this.#act();
    const to =
      honest && this.#victim.at(honest.to) !== undefined ? honest.to : this.#anySocketOf(this.#victim);
    const from = honest && !once(random, 5) ? honest.from : this.#anyAddress();
    if (to) this.#forge(honest?.bytes, from, to);
    if (honest && !once(random, 6)) this.#deliver(honest);
    if (once(random, 4)) this.#wait(random.uint32() % 60);
    if (once(random, 150)) this.#wait(random.uint32() % 60_000);
  }

  end(): void {
    for (const { agent } of [this.#victim, this.#peer]) {
      agent.close(this.#now);
      while (agent.pollTransmit()) count(this.#reached, 'last words');
      while (agent.pollEvent()) count(this.#reached, 'last events');
      agent.handleTimeout(this.#now + 60_000);
      assert.equal(agent.nextTimeout(), NEVER, 'an agent that was closed waits for nothing');
      assert.equal(agent.pollTransmit(), undefined, 'and says nothing');
      assert.equal(agent.state, 'closed');
    }
  }

  #newParty(ips: readonly string[], options: ConstructorParameters<typeof IceAgent>[1]): Party {
    const env = labEnv(() => this.#now, this.#random.uint32());
    const servers = [{ urls: [`stun:${STUN_SERVER.ip}`], credentials: undefined }];
    return new Party(new IceAgent(env, { servers, ...options }), ips);
  }

  #start(): void {
    const [a, b] = [this.#victim, this.#peer];
    for (const party of [a, b]) {
      const interfaces = party.ips.map((ip) => ({
        ip,
        family: ip.includes(':') ? (6 as const) : (4 as const),
        interfaceName: 'eth0',
      }));
      party.agent.gather(this.#now, interfaces);
      this.#drain(party);
    }
    a.agent.setRemote(this.#now, { ...b.agent.localCredentials, lite: false });
    b.agent.setRemote(this.#now, { ...a.agent.localCredentials, lite: false });
    for (const text of b.candidates) this.#tell(a, text);
    if (once(this.#random, 2)) for (const text of a.candidates) this.#tell(b, text);
    if (once(this.#random, 2)) a.agent.endOfRemoteCandidates(this.#now);
    for (const party of [a, b]) this.#drain(party);
  }

  #tell(party: Party, text: string): void {
    const candidate = parseCandidate(text);
    if (candidate) party.agent.addRemoteCandidate(this.#now, candidate);
    this.#drain(party);
  }

  /** Damaged, or of an address that nobody has. */
  #tellCandidate(): void {
    const random = this.#random;
    const text = pick(random, this.#peer.candidates);
    const candidate = parseCandidate(text);
    if (!candidate) return;
    const { ip, port } = pick(random, ODD_PEERS);
    const priority = random.uint32();
    const { usernameFragment } = this.#peer.agent.localCredentials;
    const odd = { ...candidate, address: ip, port, priority, usernameFragment };
    const name = { ...odd, address: `${random.uint32() % 20}.local`, port: 1 + (random.uint32() % 9) };
    this.#tell(this.#victim, writeCandidate(once(random, 5) ? name : odd));
    count(this.#reached, 'candidate told');
  }

  /** The things that a layer above asks for. */
  #act(): void {
    const [random, { agent }, now] = [this.#random, this.#victim, this.#now];
    switch (random.uint32() % 4) {
      case 0:
        agent.restart(now);
        agent.setRemote(now, { ...this.#peer.agent.localCredentials, lite: once(random, 9) });
        break;
      case 1:
        agent.setRole(now, once(random, 2) ? 'controlling' : 'controlled');
        break;
      case 2:
        agent.handleInterfaces(
          now,
          this.#victim.ips.slice(random.uint32() % 2).map((ip) => ({
            ip,
            family: ip.includes(':') ? (6 as const) : (4 as const),
            interfaceName: 'eth1',
          })),
        );
        break;
      default:
        agent.send(now, encodeUtf8('data'));
    }
    this.#drain(this.#victim);
  }

  #forge(original: Uint8Array | undefined, from: SocketAddress, to: SocketAddress): void {
    const random = this.#random;
    const material = original ?? (this.#seen.length > 0 ? pick(random, this.#seen) : random.bytes(40));
    const parts = once(random, 8) ? undefined : takeApart(material);
    let bytes: Uint8Array;
    if (!parts) bytes = damage(random, material, this.#seen);
    else {
      if (once(random, 12)) parts.class = pick(random, Object.values(MessageClass));
      if (once(random, 12)) this.#refuse(parts.attributes);
      bend(random, parts, this.#attributes(), [from, to]);
      const { class: kind } = parts;
      bytes = putTogether(parts, (writer) => this.#seal(writer, kind));
      if (once(random, 10)) bytes = damage(random, bytes, this.#seen);
    }
    this.input = bytes;
    this.#say(this.#victim, to, from, bytes);
  }

  #refuse(attributes: Attribute[]): void {
    const code = pick(this.#random, [300, 400, 401, 403, 420, 438, 487, 500, 699]);
    const value = Uint8Array.of(0, 0, Math.floor(code / 100), code % 100);
    attributes.unshift({ type: StunAttribute.ERROR_CODE, value });
  }

  #attributes(): readonly Attribute[] {
    const all = this.#seen.slice(-20).flatMap((bytes) => decodeMessage(bytes)?.attributes() ?? []);
    return all.length > 0 ? all : [{ type: 0x0025, value: new Uint8Array(0) }];
  }

  /** With the password that the victim would use: its own for requests, the peer's for answers. */
  #seal(writer: MessageWriter, kind: MessageClass): void {
    const random = this.#random;
    const [ours, theirs] = [this.#victim.agent.localCredentials, this.#peer.agent.localCredentials];
    const isRequest = kind === MessageClass.REQUEST;
    if (isRequest && !once(random, 20)) {
      const sender = once(random, 15) ? 'somebody' : theirs.usernameFragment;
      writer.text(StunAttribute.USERNAME, `${ours.usernameFragment}:${sender}`);
    }
    if (!once(random, 12)) writer.integrity(nodeCrypto, encodeUtf8((isRequest ? ours : theirs).password));
    if (!once(random, 12)) writer.fingerprint();
  }

  #deliver({ from, to, bytes }: Parcel): void {
    if (to.port === STUN_SERVER.port && to.ip === STUN_SERVER.ip) {
      const request = decodeMessage(bytes);
      const socket = this.#partyAt(from);
      if (request && socket) this.#say(socket, from, STUN_SERVER, bindingResponse(request, from));
      return;
    }
    const party = this.#partyAt(to);
    if (party) this.#say(party, to, from, bytes);
  }

  #partyAt(address: SocketAddress): Party | undefined {
    return [this.#victim, this.#peer].find((party) => party.at(address) !== undefined);
  }

  #say(party: Party, at: SocketAddress, from: SocketAddress, bytes: Uint8Array): void {
    const socket = party.at(at);
    if (socket === undefined) return;
    const before = bytes.slice();
    party.agent.handleDatagram(this.#now, socket, from, bytes);
    assert.deepEqual(bytes, before, 'what was lent is left alone');
    this.#drain(party);
  }

  #drain(party: Party): void {
    const { agent } = party;
    for (let outputs = 0; ; outputs++) {
      if (party === this.#victim)
        assert.ok(outputs < MAX_OUTPUTS, 'one input does not bring forth many outputs');
      const out = agent.pollTransmit();
      if (out) {
        this.#post(party, out);
        continue;
      }
      const event = agent.pollEvent();
      if (!event) break;
      count(this.#reached, event.type === 'state' ? `state ${event.state}` : event.type);
      if (event.type === 'candidate') party.candidates.push(writeCandidate(event.candidate));
      else if (event.type === 'request') this.#handle(party, event.request);
    }
    const { pairs, remoteCandidates, localCandidates } = agent.statistics();
    assert.ok(pairs.length <= 101 && remoteCandidates.length <= 201 && localCandidates.length <= 100);
  }

  #post(party: Party, { socket, to, bytes }: IceTransmit): void {
    const from = party.sockets.get(socket);
    assert.ok(from, 'what is sent leaves by a socket that is there');
    assert.ok(!/^(22[4-9]|23\d|255|0)\.|^ff|^::$/.test(to.ip), `a check to ${formatAddress(to)}`);
    const message = decodeMessage(bytes);
    if (message && party === this.#victim) {
      const code = message.get(StunAttribute.ERROR_CODE);
      count(this.#reached, `said ${message.class}${code ? ` ${(code[2] ?? 0) * 100 + (code[3] ?? 0)}` : ''}`);
    }
    if (message && this.#seen.length < 200) this.#seen.push(bytes.slice());
    if (this.#onTheWay.length < MAX_ON_THE_WAY) this.#onTheWay.push({ socket, from, to, bytes });
  }

  #handle(party: Party, request: IceRequest): void {
    const { agent } = party;
    if (request.kind === 'open-udp' || request.kind === 'listen-tcp') {
      this.#lastPort += 1;
      const local = { ip: request.ip, port: this.#lastPort };
      party.sockets.set(request.socket, local);
      agent.handleOpened(this.#now, request.socket, local, { neverFragments: true });
    } else if (request.kind === 'open-stream') agent.handleFailed(this.#now, request.socket, 'REFUSED', '');
    else if (request.kind === 'close') party.sockets.delete(request.socket);
    else if (request.kind === 'lookup') {
      const ips = once(this.#random, 2) ? [pick(this.#random, ODD_PEERS).ip] : undefined;
      agent.handleLookedUp(this.#now, request.lookup, ips);
    }
  }

  #anySocketOf({ sockets }: Party): SocketAddress | undefined {
    return sockets.size > 0 ? pick(this.#random, [...sockets.values()]) : undefined;
  }

  #anyAddress(): SocketAddress {
    const known = this.#anySocketOf(this.#peer);
    if (known && once(this.#random, 2)) return known;
    return { ip: `203.0.113.${this.#random.uint32() % 256}`, port: 1 + (this.#random.uint32() % 65_535) };
  }

  #wait(ms: Millis): void {
    const end = this.#now + ms;
    for (let steps = 0; steps < 200; steps++) {
      const next = Math.min(...[this.#victim, this.#peer].map(({ agent }) => agent.nextTimeout()));
      if (next > end) break;
      this.#now = Math.max(this.#now, next);
      for (const party of [this.#victim, this.#peer]) {
        party.agent.handleTimeout(this.#now);
        assert.ok(party.agent.nextTimeout() > this.#now, 'a timeout that was fired is not due again');
        this.#drain(party);
      }
    }
    this.#now = Math.max(this.#now, end);
  }
}
