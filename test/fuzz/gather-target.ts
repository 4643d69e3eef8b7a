/**
 * A gatherer among servers that it asks by every way, and somebody on the way who sends damaged answers in their name, and
 * streams of nonsense to its listener. What it tells may be wrong then; what it holds and sends may not be without bound.
 */
import assert from 'node:assert/strict';
import { NEVER, type SeededRandom, type SocketAddress } from '../../src/base/index.ts';
import type { LocalCandidate } from '../../src/ice/gatherer-port.ts';
import type { SocketId } from '../../src/ice/io.ts';
import { GatherScene, SERVER_NAME, type Seeker, STUN, TURN } from '../support/ice/gather-scene.ts';
import { damage, once, pick } from './damage.ts';
import { count, type Episode, type FuzzTarget } from './target.ts';

/** Answers to what one input says: a refusal may start every server anew. More is an amplifier. */
const MAX_SENT = 40;
const MAX_SEEN = 300;
/** The server's longest lifetime, and a margin. */
const FORGOTTEN_AFTER_MS = 3_700_000;

interface Arrival {
  readonly socket: SocketId;
  readonly from: SocketAddress;
  readonly bytes: Uint8Array;
}

export const iceGatherer: FuzzTarget = {
  name: 'gather',
  episodeLength: 400,
  begin: (random, reached) => new GatherEpisode(random, reached),
};

class GatherEpisode implements Episode {
  input: Uint8Array = new Uint8Array(0);
  readonly #random: SeededRandom;
  readonly #reached: Map<string, number>;
  readonly #scene: GatherScene;
  readonly #seeker: Seeker;
  readonly #other: Seeker;
  readonly #seen: Arrival[] = [];
  #candidates: readonly LocalCandidate[] = [];

  constructor(random: SeededRandom, reached: Map<string, number>) {
    this.#random = random;
    this.#reached = reached;
    this.#scene = new GatherScene({ seed: random.uint32() });
    this.#scene.openDtls();
    const urls = [
      `turn:${SERVER_NAME}`,
      `turn:${SERVER_NAME}?transport=tcp`,
      `turns:${SERVER_NAME}?transport=udp`,
    ];
    this.#seeker = this.#scene.seeker({
      servers: [{ ...TURN, urls: urls.filter(() => !once(random, 3)) }, STUN],
      tcp: true,
      tcpListen: true,
      mdns: once(random, 2),
    });
    this.#other = this.#scene.seeker({ tcp: true, tcpListen: true });
    this.#other.gather();
    this.#seeker.onArrival = (socket, from, bytes) => {
      this.#seen[this.#seen.length < MAX_SEEN ? this.#seen.length : random.uint32() % MAX_SEEN] = {
        socket,
        from,
        bytes: bytes.slice(),
      };
    };
    this.#gather();
  }

  next(): void {
    const random = this.#random;
    if (once(random, 10)) this.#scene.world.run(pick(random, [1, 10, 50, 500, 5000]));
    if (once(random, 40)) this.#actAsChecker();
    if (this.#seen.length === 0) {
      this.#scene.world.run(5);
      return;
    }
    const { socket, from } = pick(random, this.#seen);
    const all = this.#seen.map(({ bytes }) => bytes);
    this.input = damage(random, pick(random, all), all);
    const before = this.#seeker.sent;
    const source = once(random, 8) ? { ip: '192.0.2.66', port: 1 + (random.uint32() % 65_535) } : from;
    this.#seeker.act((machine, now) => machine.handleDatagram(now, socket, source, this.input));
    assert.ok(this.#seeker.sent - before <= MAX_SENT, `${this.#seeker.sent - before} sent for one input`);
    assert.ok(this.#seeker.machine.nextTimeout() > this.#scene.world.now - 1);
    this.#look();
  }

  end(): void {
    this.#scene.world.run(60_000);
    this.#look();
    this.#seeker.act((machine, now) => machine.close(now));
    assert.equal(this.#seeker.machine.nextTimeout(), NEVER);
    this.#scene.world.run(130_000);
    assert.equal(this.#seeker.host.socketCount, 0, 'every socket is closed');
    this.#scene.world.run(FORGOTTEN_AFTER_MS);
    assert.equal(this.#scene.allocations, 0);
  }

  #gather(): void {
    this.#seeker.act((machine, now) => machine.gather(now, this.#seeker.host.interfaces()));
  }

  /** What a checker does with what it was told. */
  #actAsChecker(): void {
    const random = this.#random;
    const candidates = this.#candidates;
    if (once(random, 4)) this.#gather();
    if (candidates.length === 0) return;
    const { path } = pick(random, candidates).path;
    const { address } = pick(random, this.#other.candidates);
    this.#seeker.act((machine, now) => {
      machine.expect(now, path, address);
      machine.send(now, path, address, random.bytes(1 + (random.uint32() % 60)));
      if (once(random, 3)) machine.select(now, path, address);
      if (once(random, 6)) machine.release(now, path, address);
    });
    const relay = candidates.find(({ type }) => type === 'relay');
    const host = this.#other.candidate('host');
    if (relay) this.#other.send(host.path.path, relay.address, random.bytes(20));
  }

  #look(): void {
    const { events, heard } = this.#seeker;
    for (const { event } of events.splice(0)) {
      if (event.type === 'candidate') {
        this.#candidates = [...this.#candidates.slice(-50), event.candidate];
        count(
          this.#reached,
          `candidate ${event.candidate.type} ${event.candidate.relayProtocol ?? ''}`.trim(),
        );
      } else if (event.type === 'error') count(this.#reached, `error ${event.errorCode}`);
      else count(this.#reached, event.type);
    }
    if (heard.length > 0) count(this.#reached, 'heard');
    heard.length = 0;
    this.#seeker.requests.length = 0;
  }
}
