/**
 * Two sessions in conversation, and somebody on the path who writes datagrams of his own: bent ones, old ones, those of other
 * protocols, in the name of the peer or of others. Before the session is up he may hinder it; afterwards he may not.
 */
import assert from 'node:assert/strict';
import { concatBytes, type SeededRandom, type SocketAddress } from '../../src/base/index.ts';
import { Couple } from '../support/peer/couple.ts';
import { damage, once, pick } from './damage.ts';
import { count, type Episode, type FuzzTarget } from './target.ts';

const STRANGER: SocketAddress = { ip: '198.51.100.66', port: 6666 };
const MOST_RECORDED = 300;

class PeerEpisode implements Episode {
  input: Uint8Array = new Uint8Array(0);
  readonly #random: SeededRandom;
  readonly #reached: Map<string, number>;
  readonly #couple: Couple;
  readonly #recorded: Uint8Array[] = [];
  /** The session was up before anybody wrote to it. */
  readonly #isUp: boolean;
  #peer: SocketAddress = STRANGER;

  constructor(random: SeededRandom, reached: Map<string, number>) {
    this.#random = random;
    this.#reached = reached;
    this.#couple = new Couple({ seed: 1 + (random.uint32() % 1_000_000), link: { latencyMs: 2 } });
    const { a, world } = this.#couple;
    world.log.onRecord(({ fate, where, packet }) => {
      if (packet.protocol !== 'udp' || fate !== 'sent' || this.#recorded.length >= MOST_RECORDED) return;
      if (where === a.host.name) this.#peer = packet.from;
      this.#recorded.push(packet.payload.slice());
    });
    a.act((session, now) => session.createDataChannel(now, { label: 'fuzz' }));
    this.#couple.negotiate();
    this.#isUp = !once(random, 4);
    if (this.#isUp) this.#couple.runUntil(() => this.#couple.b.all('channel-announced').length > 0, 5000);
    else this.#couple.run(random.uint32() % 60);
  }

  next(): void {
    const { b } = this.#couple;
    this.input = this.#bent();
    b.inject(once(this.#random, 4) ? STRANGER : this.#peer, this.input);
    if (once(this.#random, 10)) this.#couple.run(this.#random.uint32() % 100);
  }

  end(): void {
    const { a, b } = this.#couple;
    this.#couple.run(2000);
    count(this.#reached, `${this.#isUp ? 'up' : 'not up'}: ${b.session.connectionState}`);
    if (this.#isUp) this.#converse();
    for (const person of [a, b]) person.act((session, now) => session.close(now));
    this.#couple.run(100);
    for (const { session, openSockets } of [a, b]) {
      assert.equal(session.nextTimeout(), Number.POSITIVE_INFINITY);
      assert.equal(openSockets, 0);
    }
  }

  /** Nothing that was written changes what the two have with each other. */
  #converse(): void {
    const { a, b } = this.#couple;
    const [mine, theirs] = [a.all('channel-open')[0], b.all('channel-announced')[0]];
    assert.ok(mine && theirs && this.#couple.isConnected);
    a.say(mine.channel, 'hello');
    b.say(theirs.channel, 'welcome');
    this.#couple.run(1000);
    assert.deepEqual([a.heard(mine.channel), b.heard(theirs.channel)], [['welcome'], ['hello']]);
    count(this.#reached, 'words');
  }

  #bent(): Uint8Array {
    const random = this.#random;
    if (this.#recorded.length === 0) return random.bytes(random.uint32() % 64);
    const original = pick(random, this.#recorded);
    switch (random.uint32() % 8) {
      case 0:
        return original; // a replay
      case 1:
        return random.bytes(random.uint32() % 1300);
      case 2: // whatever is told apart by its first byte
        return concatBytes(Uint8Array.of(random.uint32()), original.subarray(1));
      case 3: // an alert that nobody has sealed
        return Uint8Array.of(21, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, random.uint32(), 0, 2, 2, random.uint32());
      default:
        return damage(random, original, this.#recorded);
    }
  }
}

export const peerSession: FuzzTarget = {
  name: 'peer',
  episodeLength: 400,
  begin: (random, reached) => new PeerEpisode(random, reached),
};
