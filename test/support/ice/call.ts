/** Two agents and the signaling between them: what one tells the other hears a little later. */
import type { Millis } from '../../../src/base/index.ts';
import type { IceAgentOptions, IceEvent } from '../../../src/ice/index.ts';
import type { Host } from '../../../src/vnet/index.ts';
import { IcePeer } from './peer.ts';

export interface CallOptions {
  readonly a?: Partial<IceAgentOptions>;
  readonly b?: Partial<IceAgentOptions>;
  /** One way. */
  readonly signalingMs?: Millis;
}

export class IceCall {
  readonly a: IcePeer;
  readonly b: IcePeer;
  readonly #signalingMs: Millis;

  /** `a` controls unless told otherwise. */
  constructor(a: Host, b: Host, { a: aOptions, b: bOptions, signalingMs = 10 }: CallOptions = {}) {
    this.a = new IcePeer(a, { role: 'controlling', tcp: false, ...aOptions });
    this.b = new IcePeer(b, { role: 'controlled', tcp: false, ...bOptions });
    this.#signalingMs = signalingMs;
    this.#join(this.a, this.b, bOptions?.lite ?? false);
    this.#join(this.b, this.a, aOptions?.lite ?? false);
  }

  /** Offer with credentials, then the answer; candidates follow as they come. */
  start(): this {
    this.#describe(this.a, this.b);
    this.a.gather();
    this.#later(() => {
      this.#describe(this.b, this.a);
      this.b.gather();
    });
    return this;
  }

  /** `a` restarts, `b` follows. */
  restart(): void {
    this.a.act((agent, now) => agent.restart(now));
    // RFC 8839 §4.4.3.1.1: new credentials in the offer, new ones in the answer.
    this.#later(() => this.b.act((agent, now) => agent.restart(now)));
    this.start();
  }

  /** Both may send. */
  get connected(): boolean {
    return [this.a, this.b].every(({ agent }) => agent.state === 'connected' || agent.state === 'completed');
  }

  /** Each says a word over what it has selected; whether the other heard it within `ms`. */
  converse(ms: Millis = 1_000): boolean {
    const [a, b] = [this.a.heard.length, this.b.heard.length];
    this.a.say('ping');
    this.b.say('pong');
    this.a.host.world.run(ms);
    return this.a.heard.length > a && this.b.heard.length > b;
  }

  /** Runs until both may send; whether they may. */
  connect(withinMs: Millis = 30_000): boolean {
    const { world } = this.a.host;
    return world.runUntil(world.now + withinMs, () => this.connected);
  }

  close(): void {
    for (const peer of [this.a, this.b]) peer.act((agent, now) => agent.close(now));
  }

  #describe(from: IcePeer, to: IcePeer): void {
    const remote = { ...from.agent.localCredentials, lite: this.#lite.has(from) };
    this.#later(() => to.act((agent, now) => agent.setRemote(now, remote)));
  }

  readonly #lite = new Set<IcePeer>();

  #join(from: IcePeer, to: IcePeer, toIsLite: boolean): void {
    if (toIsLite) this.#lite.add(to);
    from.onEvent = (event: IceEvent) => {
      if (event.type === 'candidate') {
        this.#later(() => to.act((agent, now) => agent.addRemoteCandidate(now, event.candidate)));
      } else if (event.type === 'gathering-state' && event.state === 'complete') {
        this.#later(() => to.act((agent, now) => agent.endOfRemoteCandidates(now)));
      }
    };
  }

  #later(act: () => void): void {
    this.a.host.world.after(this.#signalingMs, act);
  }
}
