/** Offers and answers of others, with lines lost, doubled, swapped and bent: refused in W3C's words, or taken and answered. */
import assert from 'node:assert/strict';
import { encodeUtf8, SeededRandom } from '../../src/base/index.ts';
import { PeerFault } from '../../src/peer/index.ts';
import { Negotiation } from '../../src/peer/negotiation/index.ts';
import { parseDescription } from '../../src/sdp/index.ts';
import * as descriptions from '../support/peer/descriptions.ts';
import { TransportModel } from '../support/peer/transport-model.ts';
import { once, pick } from './damage.ts';
import { count, type Episode, type FuzzTarget } from './target.ts';

const OFFERS = Object.values(descriptions).filter(
  (each) => typeof each === 'string' && each.startsWith('v=0'),
);
const ANSWERS = ['answer', 'answer', 'pranswer'] as const;
const LINES = [...new Set(OFFERS.flatMap((offer) => String(offer).split('\r\n')))].filter(
  (line) => line !== '',
);

/** What bends a line: borders of numbers, wrong characters, nothing. */
const ODD_WORDS = [
  '0',
  '1',
  '65535',
  '65536',
  '4294967296',
  '-1',
  '',
  ' ',
  ':',
  '\u0000',
  'é',
  'x'.repeat(300),
  '0 0',
  '/',
];

function damageLine(random: SeededRandom, line: string): string {
  const words = line.split(/(?<=[ :/=])|(?=[ :/=])/);
  words[random.uint32() % words.length] = pick(random, ODD_WORDS);
  return words.join('');
}

function damageText(random: SeededRandom, text: string): string {
  const lines = text.split('\r\n').slice(0, -1);
  for (let i = random.uint32() % 4; i > 0; i--) {
    const at = random.uint32() % lines.length;
    const line = lines[at] ?? '';
    switch (random.uint32() % 6) {
      case 0:
        lines.splice(at, 1);
        break;
      case 1:
        lines.splice(at, 0, line);
        break;
      case 2:
        lines.splice(at, 0, pick(random, LINES));
        break;
      case 3:
        lines[at] = pick(random, LINES);
        break;
      default:
        lines[at] = damageLine(random, line);
    }
    if (lines.length === 0) lines.push('v=0');
  }
  return lines.map((line) => `${line}\r\n`).join('');
}

class NegotiationEpisode implements Episode {
  readonly #random: SeededRandom;
  readonly #reached: Map<string, number>;
  readonly #negotiation: Negotiation;
  readonly #transport = new TransportModel();
  #input = '';

  constructor(random: SeededRandom, reached: Map<string, number>) {
    this.#random = random;
    this.#reached = reached;
    this.#negotiation = new Negotiation({
      random: new SeededRandom(random.uint32()),
      fingerprints: [{ hash: 'sha-256', value: new Uint8Array(32) }],
      bundlePolicy: 'balanced',
      maxMessageBytes: 262_144,
    });
  }

  get input(): Uint8Array {
    return encodeUtf8(this.#input);
  }

  next(): void {
    const random = this.#random;
    if (once(random, 8)) this.#negotiation.requestData();
    if (once(random, 8)) this.#act('local', () => this.#negotiation.setLocalDescription());
    if (once(random, 6)) this.#addCandidate();
    const { signalingState } = this.#negotiation;
    this.#input = damageText(random, this.#someDescription());
    const type =
      /^have-(local-offer|remote-pranswer)$/.test(signalingState) && !once(random, 3)
        ? pick(random, ANSWERS)
        : 'offer';
    this.#act(type, () => this.#negotiation.setRemoteDescription({ type, sdp: this.#input }));
    if (once(random, 3)) {
      const provisional = this.#negotiation.signalingState === 'have-remote-offer' && once(random, 4);
      this.#act('local', () =>
        this.#negotiation.setLocalDescription(provisional ? { type: 'pranswer' } : {}),
      );
    }
    this.#assertReadable();
  }

  end(): void {
    this.#negotiation.close();
    assert.equal(this.#negotiation.signalingState, 'closed');
  }

  /** Of another stack, or one that fits what was said so far. */
  #someDescription(): string {
    const { currentRemoteDescription, pendingLocalDescription } = this.#negotiation;
    const known = (pendingLocalDescription ?? currentRemoteDescription)?.sdp;
    const text = known !== undefined && !once(this.#random, 3) ? known : String(pick(this.#random, OFFERS));
    return once(this.#random, 2) ? text.replace('a=setup:actpass', 'a=setup:active') : text;
  }

  #addCandidate(): void {
    const random = this.#random;
    const line = 'candidate:1 1 udp 2122260223 192.0.2.5 50000 typ host ufrag 4ZcD';
    this.#act('candidate', () =>
      this.#negotiation.addIceCandidate({
        candidate: once(random, 5) ? '' : damageLine(random, line),
        mid: once(random, 2) ? null : pick(random, ['0', '1', '', 'data']),
        mLineIndex: once(random, 2) ? null : random.uint32() % 3,
        usernameFragment: once(random, 2) ? null : pick(random, ['4ZcD', 'gone']),
      }),
    );
  }

  #act(what: string, verb: () => ReturnType<Negotiation['setLocalDescription']>): void {
    try {
      this.#transport.carryOut(verb());
      count(this.#reached, `${what}: taken`);
    } catch (error) {
      if (!(error instanceof PeerFault)) throw error;
      count(this.#reached, `${what}: ${error.detail ?? error.name}`);
    }
  }

  /** Whatever they said: what we say is SDP, and short. */
  #assertReadable(): void {
    for (const description of [
      this.#negotiation.currentLocalDescription,
      this.#negotiation.pendingLocalDescription,
      this.#negotiation.currentRemoteDescription,
      this.#negotiation.pendingRemoteDescription,
    ]) {
      if (!description) continue;
      const { fault } = parseDescription(description.sdp);
      assert.equal(fault, undefined);
    }
  }
}

export const negotiation: FuzzTarget = {
  name: 'negotiation',
  episodeLength: 40,
  begin: (random, reached) => new NegotiationEpisode(random, reached),
};
