/**
 * An SCTP association whose peer means no good: it has the right ports and tags and knows the rules, as whoever is at the
 * other end of a DTLS connection does.
 */
import assert from 'node:assert/strict';
import { concatBytes, NEVER, type SeededRandom } from '../../src/base/index.ts';
import { pattern, SctpPair, type Side } from '../support/sctp/pair.ts';
import { damage, oddNumber, once, pick } from './damage.ts';
import { count, type Episode, type FuzzTarget } from './target.ts';

const HEADER_BYTES = 12;
const WINDOW_BYTES = 2 ** 16;
/** DATA, SACK, …: those that are spoken, and some that nobody knows. */
const TYPES = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 14, 64, 130, 132, 192, 194, 63, 127, 191, 255] as const;
/** More than any honest packet has. */
const MOST_ANSWERS = 5_000;

/** The chunks of a packet, headers included, padding left out. Stops at the first that makes no sense. */
function chunksOf(packet: Uint8Array): Uint8Array[] {
  const chunks: Uint8Array[] = [];
  for (let at = HEADER_BYTES; at + 4 <= packet.length; ) {
    const length = ((packet[at + 2] ?? 0) << 8) | (packet[at + 3] ?? 0);
    if (length < 4) break;
    chunks.push(packet.slice(at, at + length));
    at += (length + 3) & ~3;
  }
  return chunks;
}

/** The header of the packet that this one bends, zero checksum, chunks in whole words. */
function joined(header: Uint8Array, chunks: readonly Uint8Array[]): Uint8Array {
  const head = header.slice(0, HEADER_BYTES);
  head.fill(0, 8);
  return concatBytes(head, ...chunks.flatMap((chunk) => [chunk, new Uint8Array(-chunk.length & 3)]));
}

function setU32(bytes: Uint8Array, at: number, value: number): void {
  if (at + 4 <= bytes.length) new DataView(bytes.buffer, bytes.byteOffset).setUint32(at, value >>> 0);
}

function u32(bytes: Uint8Array, at: number): number {
  return at + 4 <= bytes.length ? new DataView(bytes.buffer, bytes.byteOffset).getUint32(at) : 0;
}

class SctpEpisode implements Episode {
  input: Uint8Array = new Uint8Array(0);
  readonly #random: SeededRandom;
  readonly #reached: Map<string, number>;
  readonly #recorded: Uint8Array[] = [];
  #pair: SctpPair;
  /** Where the peer's TSNs are. */
  #tsn = 0;
  #seen = 0;

  constructor(random: SeededRandom, reached: Map<string, number>) {
    this.#random = random;
    this.#reached = reached;
    this.#pair = this.#begin();
  }

  #begin(): SctpPair {
    const random = this.#random;
    const interleaving = once(random, 2);
    this.#recorded.length = 0;
    this.#seen = 0;
    const pair = new SctpPair({
      seed: 1 + (random.uint32() % 1_000_000),
      lossFraction: once(random, 2) ? 0.1 : 0,
      a: { interleaving },
      b: { interleaving, receiveWindowBytes: WINDOW_BYTES },
      drop: (_n, bytes, from) => {
        if (from === 'a' && this.#recorded.length < 200) this.#recorded.push(bytes.slice());
        return false;
      },
    });
    // Some meet the association while it is set up.
    if (once(random, 8)) {
      pair.a.machine.connect(0);
      pair.b.machine.connect(0);
      pair.run(10 * (random.uint32() % 4));
    } else {
      pair.connect();
      this.#talk(pair);
      pair.run(pair.now + (random.uint32() % 400));
    }
    return pair;
  }

  next(): void {
    if (this.#pair.b.machine.state === 'closed' && once(this.#random, 3)) this.#pair = this.#begin();
    const { b, now } = this.#pair;
    this.input = this.#bent();
    b.machine.handlePacket(now, this.input);
    this.#look(b);
    if (once(this.#random, 10)) this.#talk(this.#pair);
    if (once(this.#random, 4)) this.#pair.run(this.#pair.now + (this.#random.uint32() % 60));
    if (once(this.#random, 40)) {
      const ceilingBytes = pick(this.#random, [0, 1191, 1500, 16_336]);
      b.machine.handlePathChanged(this.#pair.now, { ceilingBytes });
    }
  }

  end(): void {
    const { b } = this.#pair;
    this.#pair.run(this.#pair.now + 900_000);
    assert.ok(b.machine.state === 'closed' || b.machine.nextTimeout() > this.#pair.now);
    if (b.machine.state === 'closed') assert.equal(b.machine.nextTimeout(), NEVER);
  }

  #talk({ a, b, now }: SctpPair): void {
    for (const side of [a, b]) {
      if (side.machine.state !== 'established') continue;
      for (let i = this.#random.uint32() % 3; i >= 0; i--) {
        side.machine.send(now, {
          stream: this.#random.uint32() % 4,
          ppid: 53,
          payload: pattern(1 + (this.#random.uint32() % 4000), i),
          unordered: once(this.#random, 3),
          ...(once(this.#random, 3) ? { maxRetransmits: this.#random.uint32() % 2 } : {}),
          ...(once(this.#random, 5) ? { lifetimeMs: this.#random.uint32() % 100 } : {}),
        });
      }
      if (once(this.#random, 6)) side.machine.resetStreams(now, [this.#random.uint32() % 4]);
    }
    if (once(this.#random, 60)) b.machine.shutdown(now);
  }

  #bent(): Uint8Array {
    const random = this.#random;
    if (this.#recorded.length === 0) return random.bytes(random.uint32() % 64);
    const original = pick(random, this.#recorded);
    const chunks = chunksOf(original).map((chunk) => this.#bentChunk(chunk));
    if (once(random, 3)) chunks.push(...chunksOf(pick(random, this.#recorded)));
    if (once(random, 6)) chunks.reverse();
    const packet = joined(original, chunks);
    return once(random, 8) ? damage(random, packet, this.#recorded) : packet;
  }

  #bentChunk(chunk: Uint8Array): Uint8Array {
    const random = this.#random;
    if ((chunk[0] === 0 || chunk[0] === 64) && chunk.length > 8) this.#tsn = u32(chunk, 4);
    switch (random.uint32() % 8) {
      case 0:
        return chunk;
      case 1:
        chunk[0] = pick(random, TYPES);
        return chunk;
      case 2:
        chunk[1] = random.uint32();
        return chunk;
      case 3: // a TSN near those in use, of whatever chunk has one there
        setU32(chunk, 4, this.#tsn + (random.uint32() % 40) - 10);
        return chunk;
      case 4: {
        // Numbers behind it: streams, message numbers, windows, counts of gaps.
        const at = 4 + (random.uint32() % Math.max(1, chunk.length - 4));
        chunk[at] = oddNumber(random, 256);
        return chunk;
      }
      case 5: {
        const cut = chunk.slice(0, 4 + (random.uint32() % Math.max(1, chunk.length - 3)));
        cut[2] = cut.length >> 8;
        cut[3] = cut.length & 0xff;
        return cut;
      }
      case 6:
        chunk[1] = (chunk[1] ?? 0) ^ (1 << (random.uint32() & 3)); // begin, end, unordered, immediate
        setU32(chunk, 4, this.#tsn + 1 + (random.uint32() % 4));
        return chunk;
      default: {
        const bytes = damage(random, chunk, this.#recorded);
        if (bytes.length >= 4) {
          bytes[2] = bytes.length >> 8;
          bytes[3] = bytes.length & 0xff;
        }
        return bytes;
      }
    }
  }

  /** What came of it. */
  #look(b: Side): void {
    const { machine } = b;
    let answers = 0;
    for (let out = machine.pollTransmit(); out; out = machine.pollTransmit()) {
      answers += 1;
      assert.ok(out.length <= 16_384);
      count(this.#reached, `said chunk ${out[HEADER_BYTES]}`);
    }
    assert.ok(answers < MOST_ANSWERS, `${answers} packets answer one`);
    for (let event = machine.pollEvent(); event; event = machine.pollEvent()) b.events.push(event);
    for (const event of b.events.slice(this.#seen)) {
      count(
        this.#reached,
        event.type === 'closed' ? `closed ${event.error?.code ?? 'in peace'}` : event.type,
      );
    }
    this.#seen = b.events.length;
    assert.ok(machine.heldBytes <= 3 * WINDOW_BYTES, `${machine.heldBytes} bytes are held`);
    count(this.#reached, `state ${machine.state}`);
  }
}

export const sctpAssociation: FuzzTarget = {
  name: 'sctp',
  episodeLength: 120,
  begin: (random, reached) => new SctpEpisode(random, reached),
};
