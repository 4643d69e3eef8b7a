/**
 * Which generation of candidates the agent gathers, for which description, and how far it is: the pool before there is a
 * description, a new generation after a restart. webrtc.html §4.4.1.6, §5.6.
 */
import type { InterfaceAddress, Millis, Queue } from '../base/index.ts';
import type { IceAgent } from '../ice/index.ts';
import type { CandidateAttribute } from '../sdp/index.ts';
import type { CandidateDesk } from './candidate-desk.ts';
import type { IceCredentials } from './negotiation/index.ts';
import type { PeerEvent } from './session-events.ts';
import type { IceGatheringState } from './states.ts';

export class Gathering {
  readonly #ice: IceAgent;
  readonly #desk: CandidateDesk;
  readonly #events: Queue<PeerEvent>;
  #interfaces: readonly InterfaceAddress[] = [];
  /** ufrag of the generation that the agent gathers. */
  #gathers: string | undefined;
  /** And of the one that a description wants. */
  #wanted: string | undefined;
  #agentState: IceGatheringState = 'new';
  #state: IceGatheringState = 'new';

  /** `events`: where what is told goes. */
  constructor(ice: IceAgent, desk: CandidateDesk, events: Queue<PeerEvent>) {
    this.#ice = ice;
    this.#desk = desk;
    this.#events = events;
  }

  /** As the user sees it: the pool does not count. */
  get state(): IceGatheringState {
    return this.#state;
  }

  /** A description has asked for candidates. */
  get hasBegun(): boolean {
    return this.#wanted !== undefined;
  }

  handleInterfaces(now: Millis, interfaces: readonly InterfaceAddress[]): void {
    this.#interfaces = interfaces;
    this.#ice.handleInterfaces(now, interfaces);
  }

  /** Candidates before anybody asks for them. */
  fillPool(now: Millis, credentials: IceCredentials): void {
    if (this.#gathers === undefined && this.#interfaces.length > 0) this.#start(now, credentials);
  }

  /** Its candidates are of servers that are not wanted any more. */
  emptyPool(): void {
    if (!this.hasBegun) this.#gathers = undefined;
  }

  /** A description with this generation was set; the pool may have begun it already. */
  begin(now: Millis, credentials: IceCredentials): void {
    const { usernameFragment } = credentials;
    this.#wanted = usernameFragment;
    if (this.#gathers !== usernameFragment) this.#start(now, credentials);
    const { candidates, ended } = this.#desk.release();
    if (this.#agentState !== 'new') this.#enter('gathering');
    for (const candidate of candidates) this.#events.push({ type: 'ice-candidate', candidate });
    if (ended) this.handleState('complete');
  }

  /** The description with a new generation was rolled back: this one stays. */
  abandonRestart(now: Millis, credentials: IceCredentials): void {
    this.#ice.abandonRestart(now);
    this.#gathers = credentials.usernameFragment;
    this.#wanted = this.#gathers;
  }

  /** The first description was rolled back. */
  abandon(): void {
    this.#wanted = undefined;
    this.#enter('new');
  }

  handleCandidate(found: CandidateAttribute, url: string | undefined): void {
    if (!this.hasBegun) {
      this.#desk.keep(found, url);
      return;
    }
    const candidate = this.#desk.add(found, url);
    if (candidate) this.#events.push({ type: 'ice-candidate', candidate });
  }

  handleState(state: IceGatheringState): void {
    this.#agentState = state;
    if (!this.hasBegun) {
      if (state === 'complete') this.#desk.keepEnd();
      return;
    }
    if (state !== 'complete') {
      this.#enter(state);
      return;
    }
    const end = this.#gathers === undefined ? undefined : this.#desk.end(this.#gathers);
    if (!end) return;
    // webrtc.html §5.6: the end of this generation, the state, the end of everything.
    this.#events.push({ type: 'ice-candidate', candidate: end });
    this.#enter('complete');
    this.#events.push({ type: 'ice-candidate', candidate: null });
  }

  #start(now: Millis, credentials: IceCredentials): void {
    this.#desk.forget();
    this.#gathers = credentials.usernameFragment;
    if (this.#ice.localCredentials.usernameFragment !== this.#gathers) this.#ice.restart(now, credentials);
    this.#ice.gather(now, this.#interfaces);
  }

  #enter(state: IceGatheringState): void {
    if (this.#state === state) return;
    this.#state = state;
    this.#events.push({ type: 'ice-transport-gathering-state', state });
    this.#events.push({ type: 'ice-gathering-state', state });
  }
}
