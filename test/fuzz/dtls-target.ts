/** A DTLS client and a server between whom somebody writes: during the handshake and after it. RFC 6347. */
import assert from 'node:assert/strict';
import type { SeededRandom } from '../../src/base/index.ts';
import { DTLS_RECORD_ROOM } from '../../src/dtls/index.ts';
import { DtlsCrowd } from '../support/dtls/crowd.ts';
import { DtlsLab } from '../support/dtls/lab.ts';
import { damage, oddNumber, once, pick } from './damage.ts';
import { count, type Episode, type FuzzTarget } from './target.ts';

/** What both ends of a record's header say: type, version, epoch, sequence number, length. */
const HEADER_BYTES = 13;
/** A flight with a chain of certificates, and its repetitions. */
const MOST_ANSWERS = 200;

/** A field of the header, or of the handshake message behind it. */
function bendHeader(random: SeededRandom, original: Uint8Array): Uint8Array {
  const bytes = original.slice();
  for (let i = random.uint32() % 3; i >= 0; i--) {
    const at = random.uint32() % Math.min(bytes.length, HEADER_BYTES + 13);
    bytes[at] = oddNumber(random, 256);
  }
  return bytes;
}

class DtlsEpisode implements Episode {
  input: Uint8Array = new Uint8Array(0);
  readonly #random: SeededRandom;
  readonly #reached: Map<string, number>;
  readonly #lab: DtlsLab;
  #said = 0;

  constructor(random: SeededRandom, reached: Map<string, number>) {
    this.#random = random;
    this.#reached = reached;
    this.#lab = new DtlsLab({
      seed: 1 + (random.uint32() % 1_000_000),
      client: { maxDatagramBytes: once(random, 2) ? 300 : 1200 },
    }).start();
    if (!once(random, 4)) this.#lab.runUntilConnected();
  }

  next(): void {
    const random = this.#random;
    const lab = this.#lab;
    const all = lab.sent.map(({ bytes }) => bytes);
    const original = pick(random, all);
    this.input = once(random, 2) ? bendHeader(random, original) : damage(random, original, all);
    const before = lab.sent.length;
    lab.deliver(once(random, 2) ? 'client' : 'server', this.input);
    assert.ok(lab.sent.length - before < MOST_ANSWERS);
    if (once(random, 8)) lab.run(lab.now + (random.uint32() % 30));
    if (lab.client.connected && once(random, 10)) this.#say();
    count(this.#reached, lab.client.connected && lab.server.connected ? 'connected' : 'not connected');
  }

  end(): void {
    const lab = this.#lab;
    lab.run(lab.now + 300_000);
    for (const side of ['client', 'server'] as const) {
      for (const event of lab.events[side]) {
        count(this.#reached, event.type === 'failed' ? `failed ${event.code}` : event.type);
        // What nobody said is not heard.
        if (event.type === 'data') assert.ok(event.bytes.every((byte) => byte === 0x77));
      }
    }
    assert.ok(lab.data('server').length <= this.#said);
  }

  #say(): void {
    const { beforeBytes, afterBytes } = DTLS_RECORD_ROOM;
    const length = this.#random.uint32() % 2000;
    const roomy = new Uint8Array(beforeBytes + length + afterBytes).fill(0x77);
    this.#lab.client.sendInPlace(this.#lab.now, roomy.subarray(beforeBytes, beforeBytes + length));
    this.#lab.drain();
    this.#said += 1;
  }
}

/** Hellos to a server that has met nobody. */
class HelloEpisode implements Episode {
  input: Uint8Array = new Uint8Array(0);
  readonly #random: SeededRandom;
  readonly #reached: Map<string, number>;
  readonly #crowd = new DtlsCrowd();
  readonly #sent: Uint8Array[];

  constructor(random: SeededRandom, reached: Map<string, number>) {
    this.#random = random;
    this.#reached = reached;
    this.#crowd.join({ ip: '192.0.2.1', port: 1000 });
    this.#crowd.run(200);
    this.#sent = this.#crowd.sent.filter(({ from }) => from === 'client').map(({ bytes }) => bytes);
  }

  next(): void {
    const random = this.#random;
    const original = pick(random, this.#sent);
    this.input = once(random, 2) ? bendHeader(random, original) : damage(random, original, this.#sent);
    const from = { ip: '192.0.2.1', port: 1000 + (random.uint32() % 3) };
    const before = this.#crowd.sent.length;
    this.#crowd.server.handleDatagram(this.#crowd.now, from, this.input);
    this.#crowd.drain();
    const answers = this.#crowd.sent.slice(before);
    count(this.#reached, answers.length > 0 ? 'answered' : 'not answered');
    assert.ok(answers.length < MOST_ANSWERS);
    // RFC 6347 §4.2.1: whoever has not shown that he is there is sent no more than he has sent.
    if (from.port !== 1000) {
      const bytes = answers.reduce((sum, answer) => sum + answer.bytes.length, 0);
      assert.ok(bytes <= this.input.length, `${bytes} bytes answer ${this.input.length}`);
    }
  }

  end(): void {
    this.#crowd.run(this.#crowd.now + 600_000);
    for (const { type } of this.#crowd.events) count(this.#reached, type);
  }
}

export const dtlsConnection: FuzzTarget = {
  name: 'dtls',
  episodeLength: 200,
  begin: (random, reached) =>
    once(random, 4) ? new HelloEpisode(random, reached) : new DtlsEpisode(random, reached),
};
