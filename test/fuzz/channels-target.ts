/** Data channels whose peer means no good: it holds the other end of the association, and says what no transport would. */
import assert from 'node:assert/strict';
import type { SeededRandom } from '../../src/base/index.ts';
import { openMessage, RawEnd } from '../support/datachannel/raw-end.ts';
import { damage, oddNumber, once, pick } from './damage.ts';
import { count, type Episode, type FuzzTarget } from './target.ts';

const PPIDS = [50, 50, 50, 51, 51, 52, 53, 53, 54, 56, 57, 0, 99] as const;
const STREAMS = 12;
const LIMITS = { maxMessageBytes: 4000, maxPeerChannels: 8, maxPeerNameBytes: 4000 } as const;

class ChannelsEpisode implements Episode {
  input: Uint8Array = new Uint8Array(0);
  readonly #random: SeededRandom;
  readonly #reached: Map<string, number>;
  readonly #end = new RawEnd(LIMITS);
  #seen = 0;

  constructor(random: SeededRandom, reached: Map<string, number>) {
    this.#random = random;
    this.#reached = reached;
  }

  next(): void {
    const random = this.#random;
    const end = this.#end;
    const stream = once(random, 20) ? random.uint32() % 65_536 : random.uint32() % STREAMS;
    const ppid = pick(random, PPIDS);
    this.input = ppid === 50 ? this.#control() : random.bytes(this.#length());
    if (stream < 65_535 && this.input.length > 0)
      end.send({ stream, ppid, payload: this.input, unordered: once(random, 4) });
    if (once(random, 4)) end.raw.resetStreams(end.now, [random.uint32() % STREAMS]);
    if (once(random, 8)) end.machine.open(end.now, { label: 'ours', ordered: once(random, 2) });
    if (once(random, 8)) end.machine.close(end.now, 1 + (random.uint32() % 40));
    if (once(random, 4)) this.#say();
    if (once(random, 2)) end.run(random.uint32() % 400);
    this.#look();
  }

  end(): void {
    const end = this.#end;
    end.run(5000);
    this.#look();
    end.raw.abort(end.now, 'enough');
    end.run(1000);
    this.#look();
    const begun = [...end.all('channel-announced'), ...end.all('channel-open')];
    assert.equal(end.all('channel-closed').length, begun.length);
    assert.equal(end.machine.nextTimeout(), Number.POSITIVE_INFINITY);
  }

  #control(): Uint8Array {
    const random = this.#random;
    const open = openMessage(
      random.bytes(random.uint32() % 60),
      pick(random, [0, 1, 2, 0x80, 0x81, 0x82, 3]),
    );
    if (once(random, 4)) return Uint8Array.of(0x02);
    return once(random, 2) ? open : damage(random, open, [open]);
  }

  #length(): number {
    return once(this.#random, 6) ? 1 + oddNumber(this.#random, 20_000) : 1 + (this.#random.uint32() % 200);
  }

  #say(): void {
    const { machine, now } = this.#end;
    const [channel] = machine.statistics();
    if (channel) machine.send(now, channel.channel, { kind: 'binary', bytes: new Uint8Array(100) });
  }

  #look(): void {
    const { events, machine } = this.#end;
    for (const event of events.slice(this.#seen)) {
      count(this.#reached, event.type);
      if (event.type === 'channel-message') assert.ok(event.bytes.length <= LIMITS.maxMessageBytes);
      if (event.type === 'channel-closed' && event.error) count(this.#reached, event.error.code);
    }
    this.#seen = events.length;
    const theirs = machine.statistics().filter(({ facts }) => facts.label !== 'ours');
    assert.ok(theirs.length <= LIMITS.maxPeerChannels);
  }
}

export const dataChannels: FuzzTarget = {
  name: 'channels',
  episodeLength: 200,
  begin: (random, reached) => new ChannelsEpisode(random, reached),
};
