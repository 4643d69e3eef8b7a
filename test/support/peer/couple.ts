/** Two people in a virtual internet, and the signaling between them: late by a fixed time, in order, nothing lost. */
import type { Millis } from '../../../src/base/index.ts';
import type { ChannelId, DataChannelOptions } from '../../../src/datachannel/index.ts';
import { type LocalIceCandidate, type OfferWish, PeerFault } from '../../../src/peer/index.ts';
import { Host, type LinkOptions, LOOPBACK_MTU_BYTES, Network, World } from '../../../src/vnet/index.ts';
import { Person, type PersonOptions } from './person.ts';

export interface CoupleOptions {
  readonly seed?: number;
  /** Of both accesses. */
  readonly link?: Partial<LinkOptions>;
  readonly signalingMs?: Millis;
  readonly a?: PersonOptions;
  readonly b?: PersonOptions;
}

/** Where they are, when not in an internet of their own. */
export interface Hosts {
  readonly a: Host;
  readonly b: Host;
}

export class Couple {
  readonly world: World;
  readonly a: Person;
  readonly b: Person;
  /** Why candidates that were told could not be used. */
  readonly refusedCandidates: string[] = [];
  readonly #signalingMs: Millis;

  constructor(options: CoupleOptions = {}, hosts: Hosts = neighbours(options)) {
    this.world = hosts.a.world;
    this.#signalingMs = options.signalingMs ?? 5;
    this.a = new Person(hosts.a, options.a);
    this.b = new Person(hosts.b, options.b);
    this.#trickle(this.a, this.b);
    this.#trickle(this.b, this.a);
  }

  /** `a` offers, `b` answers; each word takes its time. */
  negotiate(wish: OfferWish = {}, from: Person = this.a): void {
    const to = from === this.a ? this.b : this.a;
    // A description leaves before the candidates that it brings forth.
    from.act((session, now) => {
      session.setLocalDescription(now, session.createOffer(now, wish));
      this.#tell(from, (offer) =>
        to.act((hearing, then) => {
          hearing.setRemoteDescription(then, offer);
          hearing.setLocalDescription(then);
          this.#tell(to, (answer) => from.act((it, at) => it.setRemoteDescription(at, answer)));
        }),
      );
    });
  }

  /** A channel of `a`, once it is open on both sides. */
  connect(options: Partial<DataChannelOptions> = {}): {
    readonly mine: ChannelId;
    readonly theirs: ChannelId;
  } {
    const mine = this.a.act((session, now) => session.createDataChannel(now, { label: 'chat', ...options }));
    this.negotiate();
    this.runUntil(() => this.b.all('channel-announced').length > 0);
    const theirs = this.b.all('channel-announced')[0]?.channel;
    if (theirs === undefined) throw new Error('The channel did not open.');
    return { mine, theirs };
  }

  run(forMs: Millis): void {
    this.world.run(forMs);
  }

  /** At most a minute, or so long. */
  runUntil(done: () => boolean, atMostMs: Millis = 60_000): boolean {
    this.world.runUntil(this.world.now + atMostMs, done);
    return done();
  }

  /** Both are connected. */
  get isConnected(): boolean {
    return [this.a, this.b].every(({ session }) => session.connectionState === 'connected');
  }

  /** Who has closed hears nothing more. */
  get #isOver(): boolean {
    return [this.a, this.b].some(({ session }) => session.connectionState === 'closed');
  }

  #tell(from: Person, hear: (description: { type: 'offer' | 'answer'; sdp: string }) => void): void {
    const description = from.session.pendingLocalDescription ?? from.session.currentLocalDescription;
    if (description?.type !== 'offer' && description?.type !== 'answer') throw new Error('Nothing to tell.');
    const { type, sdp } = description;
    const hears = (): void => {
      if (!this.#isOver) hear({ type, sdp });
    };
    this.world.after(this.#signalingMs, hears);
  }

  /** As in perfect negotiation: candidates of offers that were not heard of mean nothing. */
  #hearCandidate(person: Person, candidate: LocalIceCandidate): void {
    try {
      person.act((session, now) => session.addIceCandidate(now, candidate));
    } catch (error) {
      if (!(error instanceof PeerFault)) throw error;
      this.refusedCandidates.push(error.name);
    }
  }

  #trickle(from: Person, to: Person): void {
    from.onEvent = (event) => {
      if (event.type !== 'ice-candidate') return;
      const { candidate } = event;
      if (!candidate) return;
      this.world.after(this.#signalingMs, () => {
        if (!this.#isOver) this.#hearCandidate(to, candidate);
      });
    };
  }
}

/** Two hosts in one network, each with a cable of its own. */
function neighbours(options: CoupleOptions): Hosts {
  const network = new Network(new World({ seed: options.seed ?? 1 }), 'internet');
  const link = { latencyMs: 5, mtuBytes: LOOPBACK_MTU_BYTES, ...options.link };
  return {
    a: new Host(network, 'a', ['203.0.113.1'], link),
    b: new Host(network, 'b', ['203.0.113.2'], link),
  };
}
