/**
 * The TURN server in the middle of its work: allocations of several users, over UDP and TCP, with permissions, channels,
 * TCP relays and mobility, and clients and peers that say what they should not.
 */
import { concatBytes, type SeededRandom, type SocketAddress } from '../../src/base/index.ts';
import { decodeMessage, encodeXorAddress, StunAttribute } from '../../src/stun/index.ts';
import { encodeChannelData, TurnAttribute, TurnMethod } from '../../src/turn/index.ts';
import { corpus } from './corpus.ts';
import { damage, once, pick } from './damage.ts';
import { OAUTH_KEY, ServerShell } from './server-shell.ts';
import { type Proof, Speaker } from './speaker.ts';
import { bend, ODD_PEERS, putTogether, takeApart } from './stun-parts.ts';
import { count, type Episode, type FuzzTarget } from './target.ts';

const PEERS: readonly SocketAddress[] = [
  { ip: '192.0.2.7', port: 9000 },
  { ip: '192.0.2.8', port: 9000 },
];

export const turnServer: FuzzTarget = {
  name: 'server',
  episodeLength: 1000,
  begin: (random, reached) => new ServerEpisode(random, reached),
};

class ServerEpisode implements Episode {
  input: Uint8Array = new Uint8Array(0);
  readonly #random: SeededRandom;
  readonly #reached: Map<string, number>;
  readonly #shell: ServerShell;
  readonly #speakers: readonly Speaker[];
  /** What was said before, to be said again. */
  readonly #said: Uint8Array[] = [];

  constructor(random: SeededRandom, reached: Map<string, number>) {
    this.#random = random;
    this.#reached = reached;
    this.#shell = new ServerShell(random, reached);
    this.#speakers = [
      new Speaker(this.#shell, 'alice', 'wonder', 'udp'),
      new Speaker(this.#shell, 'alice', 'wonder', 'udp'),
      new Speaker(this.#shell, 'bob', 'builder', 'udp'),
      new Speaker(this.#shell, 'bob', 'builder', 'tcp'),
      new Speaker(this.#shell, 'somebody', 'asked', 'udp'),
      new Speaker(this.#shell, OAUTH_KEY.kid, '', 'udp'),
    ];
  }

  next(): void {
    const random = this.#random;
    const speaker = pick(random, this.#speakers);
    if (once(random, 8)) speaker.settleDown(PEERS);
    if (once(random, 8)) this.#settle();
    switch (random.uint32() % 32) {
      case 0:
      case 1:
        this.#peerSpeaks();
        break;
      case 2:
        this.#surroundings(speaker);
        break;
      case 3:
        this.#goElsewhere(speaker);
        break;
      case 4:
      case 5:
        this.#channelData(speaker);
        break;
      default:
        this.#speak(speaker);
    }
    this.#shell.judgeState();
    if (once(random, 4)) this.#shell.wait(random.uint32() % 200);
    if (once(random, 300)) this.#shell.wait(random.uint32() % 700_000);
  }

  end(): void {
    this.#shell.judgeEnd();
  }

  /** The shell answers what it was asked; that makes the machine answer. */
  #settle(): void {
    this.#shell.settle();
    for (const speaker of this.#speakers) speaker.learn(this.#shell.answers);
  }

  /** A message of the corpus, bent, proved, and damaged, or not. */
  #speak(speaker: Speaker): void {
    const random = this.#random;
    const { toServer } = corpus();
    const original = pick(random, toServer);
    const parts = once(random, 12) ? undefined : takeApart(original);
    if (!parts) {
      this.#say(speaker, damage(random, once(random, 2) ? original : this.#earlier(original), toServer));
      return;
    }
    if (!once(random, 30)) parts.id = speaker.newId();
    parts.attributes = parts.attributes.map((attribute) => this.#upToDate(speaker, attribute, parts.id));
    const bent = !once(random, 6);
    if (bent) bend(random, parts, corpus().attributes, this.#knownPeers());
    let bytes = putTogether(parts, (writer) => {
      // An indication proves nothing. RFC 8656 §11.2.
      if (parts.method === TurnMethod.SEND && !once(random, 10)) return;
      if (!once(random, 15)) speaker.seal(writer, this.#proof(speaker));
      if (once(random, 4)) writer.fingerprint();
    });
    if (once(random, 20)) bytes = this.#append(bytes);
    this.#say(speaker, once(random, 8) ? damage(random, bytes, toServer) : bytes);
  }

  #say(speaker: Speaker, bytes: Uint8Array): void {
    this.input = bytes;
    if (this.#said.length < 50) this.#said.push(bytes.slice());
    else this.#said[this.#random.uint32() % 50] = bytes.slice();
    // Somebody else's source address, as a forger would.
    const stranger = once(this.#random, 25);
    if (this.#shell.gone.has(speaker.leg.id)) speaker.newLeg();
    const leg = stranger ? this.#shell.newLeg(speaker.transport) : speaker.leg;
    this.#shell.say(leg, bytes);
    if (!stranger) speaker.learn(this.#shell.answers);
  }

  /** Honestly: with the ticket from another address, or with the number of a connection on a connection of its own. */
  #goElsewhere(speaker: Speaker): void {
    const { leg } = speaker;
    const type = speaker.transport === 'tcp' ? TurnAttribute.CONNECTION_ID : TurnAttribute.MOBILITY_TICKET;
    const gift = speaker.gifts.get(type);
    if (!gift) return;
    speaker.newLeg();
    const method = speaker.transport === 'tcp' ? TurnMethod.CONNECTION_BIND : TurnMethod.REFRESH;
    // The nonce belongs to the old address: the first answer brings another.
    for (let i = 0; i < 2; i++) speaker.ask(method, (writer) => writer.attribute(type, gift));
    // A connection for data is gone for requests, and so is a move that was refused.
    if (this.#shell.gone.has(speaker.leg.id) || !this.#shell.allocations.has(speaker.leg.id))
      speaker.leg = leg;
  }

  #proof(speaker: Speaker): Proof {
    if (speaker.username === OAUTH_KEY.kid && !once(this.#random, 4)) return 'token';
    return pick(this.#random, [
      'sha1',
      'sha1',
      'sha1',
      'sha1',
      'sha256',
      'sha256',
      'hidden-name',
      'wrong-key',
    ]);
  }

  /** Tokens, tickets and peers of the corpus belong to a server that is long gone. */
  #upToDate(
    speaker: Speaker,
    attribute: { type: number; value: Uint8Array },
    id: Uint8Array,
  ): typeof attribute {
    const { type, value } = attribute;
    if (type === TurnAttribute.XOR_PEER_ADDRESS) {
      return { type, value: encodeXorAddress(pick(this.#random, this.#knownPeers()), id) };
    }
    const gift = value.length > 0 ? pick(this.#random, this.#speakers).gifts.get(type) : undefined;
    return gift && !once(this.#random, 4)
      ? { type, value: gift }
      : { type, value: speaker.gifts.get(type) ?? value };
  }

  #knownPeers(): readonly SocketAddress[] {
    const relayed = [...this.#shell.allocations.values()].flat();
    return [...PEERS, ...PEERS, ...relayed, pick(this.#random, ODD_PEERS)];
  }

  #earlier(fallback: Uint8Array): Uint8Array {
    return this.#said.length > 0 ? pick(this.#random, this.#said) : fallback;
  }

  /** What somebody on the way can do: attributes behind the integrity, the length put right. */
  #append(bytes: Uint8Array): Uint8Array {
    const before = decodeMessage(bytes);
    const { type, value } = pick(this.#random, corpus().attributes);
    const header = Uint8Array.of(type >> 8, type & 0xff, value.length >> 8, value.length & 0xff);
    const longer = concatBytes(bytes, header, value, new Uint8Array(-value.length & 3));
    new DataView(longer.buffer).setUint16(2, longer.length - 20);
    const after = decodeMessage(longer);
    const sealed = before?.has(StunAttribute.MESSAGE_INTEGRITY) && !before.has(StunAttribute.FINGERPRINT);
    if (sealed && type !== StunAttribute.FINGERPRINT && type !== StunAttribute.MESSAGE_INTEGRITY_SHA256) {
      if (after?.attributes().length !== before?.attributes().length)
        throw new Error('read behind the integrity');
      count(this.#reached, 'attribute behind the integrity');
    }
    return longer;
  }

  #channelData(speaker: Speaker): void {
    const random = this.#random;
    const whole = encodeChannelData(
      0x4000 + (random.uint32() % 3),
      random.bytes(random.uint32() % 100),
      speaker.transport === 'tcp',
    );
    this.#say(speaker, once(random, 2) ? whole : damage(random, whole, corpus().toServer));
    this.#shell.routeChannelData(speaker.leg, 0x4000 + (random.uint32() % 3), random.uint32() % 1200);
  }

  /** To any relay, from anywhere: data, ICMP, connections. */
  #peerSpeaks(): void {
    const random = this.#random;
    const relays = [...this.#shell.relays];
    if (relays.length === 0) return;
    const [relay, { protocol }] = pick(random, relays);
    const from = once(random, 3) ? pick(random, ODD_PEERS) : pick(random, PEERS);
    const bytes = once(random, 2)
      ? random.bytes(random.uint32() % 1400)
      : damage(random, pick(random, corpus().toServer), []);
    this.input = bytes;
    if (protocol === 'tcp') {
      this.#shell.accept(relay, from);
      for (const speaker of this.#speakers) speaker.learn(this.#shell.answers);
    } else this.#shell.act((server, now) => server.handlePeerDatagram(now, relay, from, bytes));
    const icmp = { type: random.uint32() % 12, code: random.uint32() % 16, data: random.uint32() };
    if (once(random, 3)) this.#shell.act((server, now) => server.handlePeerIcmp(now, relay, from, icmp));
    this.#shell.routePeerData(relay, from, 1 + (random.uint32() % 9), random.uint32() % 12_000);
  }

  /** What happens around a server: connections end, people roam, operators act. */
  #surroundings(speaker: Speaker): void {
    const random = this.#random;
    const connections = [...this.#shell.connections];
    switch (random.uint32() % 9) {
      case 8:
        this.#shell.reload();
        return;
      case 0:
        if (speaker.transport === 'tcp') this.#shell.closeLeg(speaker.leg);
        return;
      case 1:
      case 2:
        speaker.newLeg();
        return;
      case 3:
        if (connections.length > 0) this.#shell.closeConnection(pick(random, connections));
        return;
      case 4:
        this.#shell.act((server, now) =>
          server.kick(now, once(random, 9) ? {} : { username: speaker.username }),
        );
        return;
      case 5:
        this.#shell.act((server, now) => server.sessions(now));
        return;
      case 6:
        if (connections.length === 0) return;
        this.#shell.act((server, now) =>
          server.passConnectionData(now, pick(random, connections), 'toPeer', 1000),
        );
        return;
      default:
        this.#shell.server.setDraining(once(random, 5));
    }
  }
}
