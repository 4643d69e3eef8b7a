/**
 * The generations of one agent: the one that is being built, the one whose pair carries data until then, and the one that a
 * restart replaced, should the restart be taken back. RFC 8445 §9, RFC 8838 §15, RFC 9429 §5.7.
 */
import { type Millis, NEVER, type SocketAddress } from '../base/index.ts';
import { MessageClass, type StunMessage } from '../stun/index.ts';
import type { CandidatePair } from './candidate-pair.ts';
import { CheckResponder } from './check-responder.ts';
import { Checker } from './checker.ts';
import type { IceContext } from './context.ts';
import type { IceCredentials } from './credentials.ts';
import type { IceState } from './events.ts';
import type { PathId } from './gatherer-port.ts';
import type { LocalPath } from './local-book.ts';

export class Generations {
  readonly #context: IceContext;
  readonly #responder: CheckResponder;
  #current: Checker;
  /** Until the new generation has a pair, data goes on over the pair of the old one. */
  #previous: Checker | undefined;
  /** What the last restart replaced, until the other side has answered it. */
  #replaced: Checker | undefined;
  /** There was something to check, in whatever generation. */
  #begun = false;

  constructor(context: IceContext, credentials: IceCredentials) {
    this.#context = context;
    this.#responder = new CheckResponder(context);
    this.#current = new Checker(context, this.#responder, credentials);
  }

  /** The one that is being built, or is in use. */
  get current(): Checker {
    return this.#current;
  }

  /** Carries the data. */
  get selected(): CandidatePair | undefined {
    return this.#current.selected ?? this.#previous?.selected;
  }

  /** webrtc.html §5.6.4, but for `closed`. */
  get state(): Exclude<IceState, 'closed'> {
    const before = this.#previous?.selected;
    const { failed, selected, wasConnected, begun, finished } = this.#current;
    if (failed && !before) return 'failed';
    if (selected) return selected.silent ? 'disconnected' : finished ? 'completed' : 'connected';
    if (wasConnected) return 'disconnected';
    // An ICE restart: `completed` becomes `connected`; `disconnected` is forgotten.
    if (before) return before.silent ? 'checking' : 'connected';
    this.#begun ||= begun;
    return this.#begun ? 'checking' : 'new';
  }

  restart(now: Millis, credentials: IceCredentials): void {
    const old = this.#current;
    old.retire(now);
    if (old.selected) this.#previous = old;
    this.#replaced = old;
    this.#context.role.renew();
    this.#current = new Checker(this.#context, this.#responder, credentials);
  }

  /** The last restart was taken back before the other side answered it. */
  abandonRestart(now: Millis): void {
    const [replaced, abandoned] = [this.#replaced, this.#current];
    if (!replaced) return;
    if (this.#previous === replaced) this.#previous = undefined;
    this.#replaced = undefined;
    this.#current = replaced;
    replaced.resume(now, abandoned.paths);
    abandoned.close();
  }

  /**
   * The other side is known. One with other credentials than before, while ours are the same, is another peer that took the
   * call over: it knows our credentials and candidates.
   */
  setRemote(now: Millis, remote: IceCredentials & { readonly lite: boolean }): void {
    const known = this.#current.remote;
    if (known && !known.is(remote)) {
      const { local, paths } = this.#current;
      this.restart(now, local);
      this.#current.resume(now, paths);
    }
    this.#replaced = undefined;
    this.#current.setRemote(now, remote, remote.lite);
  }

  /** Forgets what has had its day. */
  settle(): void {
    if (!this.#previous || (!this.#current.selected && this.#previous.selected)) return;
    this.#previous.close();
    this.#previous = undefined;
  }

  /** The pair by which data from there came; `undefined`: it is not for us. */
  accepts(path: PathId, from: SocketAddress): CandidatePair | undefined {
    return this.#current.accepts(path, from) ?? this.#previous?.accepts(path, from);
  }

  /** A Binding message: to the generation that it names, or that asked. */
  handleStun(now: Millis, path: LocalPath, from: SocketAddress, message: StunMessage): void {
    const all = this.#previous ? [this.#current, this.#previous] : [this.#current];
    if (message.class === MessageClass.REQUEST) {
      const whose = all.find(({ local }) => this.#responder.isFor(message, local));
      whose?.handleRequest(now, path, from, message);
    } else if (message.class !== MessageClass.INDICATION) {
      for (const checker of all) if (checker.handleAnswer(now, path, from, message)) return;
    }
  }

  removePath(now: Millis, path: PathId): void {
    this.#current.removePath(now, path);
    this.#previous?.removePath(now, path);
  }

  dropRemote(now: Millis, path: PathId, remote: SocketAddress): void {
    this.#current.dropRemote(now, path, remote);
    this.#previous?.dropRemote(now, path, remote);
  }

  handleTimeout(now: Millis): void {
    this.#current.handleTimeout(now);
    this.#previous?.handleTimeout(now);
  }

  nextTimeout(): Millis {
    return Math.min(this.#current.nextTimeout(), this.#previous?.nextTimeout() ?? NEVER);
  }

  close(): void {
    this.#current.close();
    this.#previous?.close();
    this.#previous = undefined;
    this.#replaced = undefined;
  }
}
