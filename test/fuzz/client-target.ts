/**
 * The TURN client between a real server and somebody who can write to it: before each honest answer come damaged ones,
 * some of them sealed with the right key, as a server that has gone mad would.
 */
import assert from 'node:assert/strict';
import {
  concatBytes,
  type Millis,
  NEVER,
  type SeededRandom,
  type SocketAddress,
} from '../../src/base/index.ts';
import { nodeCrypto } from '../../src/node/index.ts';
import {
  decodeMessage,
  encodePlainAddress,
  longTermKey,
  MessageClass,
  MessageWriter,
  StunAttribute,
} from '../../src/stun/index.ts';
import {
  encodeChannelData,
  isChannelData,
  type Leg,
  TurnClient,
  type TurnClientEvent,
  TurnMethod,
} from '../../src/turn/index.ts';
import { labEnv, REALM, SERVER, TurnLab } from '../support/turn/lab.ts';
import { corpus } from './corpus.ts';
import { damage, once, pick } from './damage.ts';
import { bend, ODD_PEERS, type Parts, putTogether, takeApart } from './stun-parts.ts';
import { count, type Episode, type FuzzTarget } from './target.ts';

const PEERS: readonly SocketAddress[] = [
  { ip: '192.0.2.7', port: 9000 },
  { ip: '192.0.2.8', port: 9000 },
];
const CREDENTIALS = { username: 'alice', password: 'wonder' };
const KEYS = {
  md5: longTermKey(nodeCrypto, CREDENTIALS.username, REALM, CREDENTIALS.password, 'md5'),
  sha256: longTermKey(nodeCrypto, CREDENTIALS.username, REALM, CREDENTIALS.password, 'sha256'),
};

const CODES = [300, 400, 401, 403, 405, 420, 437, 438, 440, 441, 442, 443, 446, 447, 486, 500, 508, 699];

/** Ten requests outstanding (RFC 8489 §6.2), each repeated or begun anew, and a few indications. */
const MAX_OUTPUTS = 60;
/** What came from the server and was not looked at yet: more would be a server without end. */
const MAX_ON_THE_WAY = 64;

export const turnClient: FuzzTarget = {
  name: 'client',
  episodeLength: 1000,
  begin: (random, reached) => new ClientEpisode(random, reached),
};

class ClientEpisode implements Episode {
  input: Uint8Array = new Uint8Array(0);
  readonly #random: SeededRandom;
  readonly #reached: Map<string, number>;
  readonly #lab: TurnLab;
  #client: TurnClient;
  #leg: Leg;
  #now: Millis = 0;
  #clients = 0;
  #closed = false;
  /** From the server, honest. */
  #onTheWay: Uint8Array[] = [];

  constructor(random: SeededRandom, reached: Map<string, number>) {
    this.#random = random;
    this.#reached = reached;
    this.#lab = new TurnLab({ mobility: true, tcpRelay: true }, random.uint32());
    [this.#client, this.#leg] = this.#newClient();
  }

  next(): void {
    const random = this.#random;
    if (this.#closed) [this.#client, this.#leg] = this.#newClient();
    if (once(random, 6)) this.#act();
    const honest = this.#onTheWay[0];
    const bytes = this.#forgery(honest ?? pick(random, corpus().toClient));
    this.input = bytes;
    this.#deliver(bytes);
    if (!once(random, 3) && honest) {
      this.#onTheWay.shift();
      this.#deliver(honest);
    }
    if (once(random, 3)) this.#wait(random.uint32() % 300);
    if (once(random, 100)) this.#wait(random.uint32() % 400_000);
  }

  end(): void {
    this.#client.abort(this.#now);
    this.#drain();
    assert.equal(this.#client.nextTimeout(), NEVER, 'a client that was ended waits for nothing');
    this.#client.handleBytes(this.#now, this.input);
    this.#client.handleTimeout(this.#now + 1000);
    assert.equal(this.#client.pollTransmit(), undefined, 'and says nothing');
    assert.equal(this.#client.pollEvent(), undefined);
  }

  #newClient(): [TurnClient, Leg] {
    const transport = once(this.#random, 4) ? 'tcp' : 'udp';
    this.#clients += 1;
    this.#onTheWay = [];
    this.#closed = false;
    const env = labEnv(() => this.#now, this.#random.uint32());
    this.#client = new TurnClient(env, { server: SERVER, transport, credentials: CREDENTIALS });
    this.#leg = this.#lab.leg({ ip: '203.0.113.5', port: 1024 + this.#clients }, transport);
    const tcpRelay = transport === 'tcp' && !once(this.#random, 3);
    this.#client.allocate(this.#now, tcpRelay ? { protocol: 'tcp' } : { mobile: once(this.#random, 2) });
    this.#drain();
    if (once(this.#random, 2)) this.#settleDown();
    return [this.#client, this.#leg];
  }

  /** Nobody disturbs: an allocation, two permissions and a channel. */
  #settleDown(): void {
    const listen = (): void => {
      while (this.#onTheWay.length > 0) this.#deliver(this.#onTheWay.shift() ?? new Uint8Array(0));
    };
    listen();
    this.#client.permit(
      this.#now,
      PEERS.map(({ ip }) => ip),
    );
    this.#client.bindChannel(this.#now, pick(this.#random, PEERS));
    this.#client.connect(this.#now, pick(this.#random, PEERS));
    this.#drain();
    listen();
  }

  /** The things that a layer above asks for. */
  #act(): void {
    const [random, client, now] = [this.#random, this.#client, this.#now];
    switch (random.uint32() % 8) {
      case 0:
        client.permit(now, [pick(random, PEERS).ip]);
        break;
      case 1:
        client.bindChannel(now, pick(random, PEERS));
        break;
      case 2:
        client.refresh(now);
        break;
      case 3:
        client.connect(now, pick(random, PEERS));
        break;
      case 4:
        client.bind(now);
        break;
      case 5:
        if (once(random, 20)) client.close(now);
        break;
      default:
        client.send(now, pick(random, PEERS), random.bytes(random.uint32() % 100));
    }
    this.#drain();
  }

  #forgery(original: Uint8Array): Uint8Array {
    const random = this.#random;
    if (once(random, 20)) {
      const data = encodeChannelData(
        0x4000 + (random.uint32() % 4),
        random.bytes(random.uint32() % 60),
        once(random, 2),
      );
      return once(random, 2) ? data : damage(random, data, corpus().toClient);
    }
    const parts = once(random, 8) ? undefined : takeApart(original);
    if (parts && once(random, 15)) return this.#refusal(parts);
    if (!parts) return damage(random, original, corpus().toClient);
    bend(random, parts, corpus().attributes, [...PEERS, pick(random, ODD_PEERS)]);
    const bytes = putTogether(parts, (writer) => this.#seal(writer));
    return once(random, 8) ? damage(random, bytes, corpus().toClient) : bytes;
  }

  /** Any code that servers know, with what may belong to it. */
  #refusal({ method, id }: Parts): Uint8Array {
    const random = this.#random;
    const code = method === TurnMethod.ALLOCATE && once(random, 3) ? 300 : pick(random, CODES);
    const writer = new MessageWriter(method, MessageClass.ERROR, id).errorCode(code);
    const elsewhere = once(random, 3) ? pick(random, ODD_PEERS) : { ip: '198.51.100.2', port: 3478 };
    if (code === 300 || once(random, 9)) {
      writer.attribute(StunAttribute.ALTERNATE_SERVER, encodePlainAddress(elsewhere));
    }
    if (once(random, 4)) writer.unknownAttributes([pick(random, [0x001a, 0x8030, random.uint32() & 0xffff])]);
    if (once(random, 4))
      writer.text(StunAttribute.REALM, REALM).attribute(StunAttribute.NONCE, random.bytes(24));
    this.#seal(writer);
    return writer.finish();
  }

  #seal(writer: MessageWriter): void {
    const how = this.#random.uint32() % 12;
    if (how < 2) writer.integritySha256(nodeCrypto, KEYS.sha256);
    else if (how < 3) writer.integrity(nodeCrypto, KEYS.md5);
    if (once(this.#random, 4)) writer.fingerprint();
  }

  #deliver(bytes: Uint8Array): void {
    const before = bytes.slice();
    this.#client.handleBytes(this.#now, bytes);
    assert.deepEqual(bytes, before, 'what was lent is left alone');
    this.#drain();
  }

  #wait(ms: Millis): void {
    const end = this.#now + ms;
    for (let next = this.#client.nextTimeout(); next <= end; next = this.#client.nextTimeout()) {
      this.#now = Math.max(this.#now, next);
      this.#client.handleTimeout(this.#now);
      assert.ok(this.#client.nextTimeout() > this.#now, 'a timeout that was fired is not due again');
      this.#drain();
    }
    this.#now = end;
    this.#lab.wait(Math.max(0, end - this.#lab.now));
  }

  #drain(): void {
    for (let events = 0; ; events++) {
      assert.ok(events < MAX_OUTPUTS, 'a bounded number of events');
      const event = this.#client.pollEvent();
      if (!event) break;
      this.#judge(event);
    }
    const out: Uint8Array[] = [];
    for (let next = this.#client.pollTransmit(); next; next = this.#client.pollTransmit())
      out.push(next.bytes);
    assert.ok(out.length < MAX_OUTPUTS, 'a bounded number of packets');
    for (const bytes of out) this.#toServer(bytes);
    if (this.#closed) assert.equal(this.#client.nextTimeout(), NEVER);
  }

  #judge(event: TurnClientEvent): void {
    assert.ok(!this.#closed, 'nothing comes after closed');
    count(this.#reached, event.type === 'failed' ? `failed ${event.code}` : event.type);
    if (event.type === 'closed') this.#closed = true;
    if (event.type === 'data')
      assert.ok(
        PEERS.some(({ ip }) => ip === event.from.ip),
        'only from whom it let in',
      );
  }

  /** What a client says makes sense to a server, whatever it was told. */
  #toServer(bytes: Uint8Array): void {
    assert.ok(isChannelData(bytes) || decodeMessage(bytes), 'what a client says can be read');
    this.#lab.now = Math.max(this.#lab.now, this.#now);
    this.#lab.fromClient(this.#leg, bytes);
    for (const event of this.#lab.events.filter(({ type }) => type === 'connect-peer')) {
      if (event.type === 'connect-peer')
        this.#lab.server.handlePeerConnected(this.#lab.now, event.connection);
    }
    this.#lab.drain();
    for (const answer of this.#lab.toClients) if (answer.leg === this.#leg) this.#onTheWay.push(answer.bytes);
    this.#onTheWay = this.#onTheWay.slice(-MAX_ON_THE_WAY);
    for (const list of [this.#lab.toClients, this.#lab.toPeers, this.#lab.events]) list.length = 0;
    if (this.#onTheWay.length > 1 && once(this.#random, 9)) this.#onTheWay = [concatBytes(...this.#onTheWay)];
  }
}
