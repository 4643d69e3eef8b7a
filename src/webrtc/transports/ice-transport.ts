/** The ICE transport as the W3C shows it. webrtc.html §5.6. */
import { defineHandlers, type EventHandler } from '../events/handlers.ts';
import { TypedTarget } from '../events/typed-target.ts';
import type { RTCIceCandidate, RTCIceComponent } from '../ice-candidate.ts';
import { exposeInterface, givenInside, type OnlyInside } from '../idl/interface.ts';
import type { RTCIceCandidatePair } from './ice-candidate-pair.ts';

export type RTCIceRole = 'unknown' | 'controlling' | 'controlled';
export type RTCIceGathererState = 'new' | 'gathering' | 'complete';
export type RTCIceTransportState =
  | 'closed'
  | 'failed'
  | 'disconnected'
  | 'new'
  | 'checking'
  | 'completed'
  | 'connected';

export interface RTCIceParameters {
  usernameFragment: string;
  password: string;
}

/** Where it reads what it shows. States change in the task that tells of it. */
export interface IceTransportSource {
  readonly state: RTCIceTransportState;
  readonly gatheringState: RTCIceGathererState;
  role(): RTCIceRole;
  localCandidates(): RTCIceCandidate[];
  remoteCandidates(): RTCIceCandidate[];
  selectedPair(): RTCIceCandidatePair | null;
  localParameters(): RTCIceParameters | null;
  remoteParameters(): RTCIceParameters | null;
}

export interface RTCIceTransportEventMap {
  statechange: Event;
  gatheringstatechange: Event;
  selectedcandidatepairchange: Event;
}

export interface RTCIceTransportHandlers {
  onstatechange: EventHandler;
  ongatheringstatechange: EventHandler;
  onselectedcandidatepairchange: EventHandler;
}

export class RTCIceTransport extends TypedTarget<RTCIceTransportEventMap, RTCIceTransportHandlers> {
  readonly #source: IceTransportSource;

  /** Scripts get theirs from `RTCDtlsTransport.iceTransport`. */
  constructor(...given: OnlyInside<IceTransportSource>) {
    const source = givenInside(given);
    super();
    this.#source = source;
  }

  get role(): RTCIceRole {
    return this.#source.role();
  }

  /** RTCP always shares the transport of RTP. */
  get component(): RTCIceComponent {
    return this.#source && 'rtp';
  }

  get state(): RTCIceTransportState {
    return this.#source.state;
  }

  get gatheringState(): RTCIceGathererState {
    return this.#source.gatheringState;
  }

  getLocalCandidates(): RTCIceCandidate[] {
    return this.#source.localCandidates();
  }

  getRemoteCandidates(): RTCIceCandidate[] {
    return this.#source.remoteCandidates();
  }

  getSelectedCandidatePair(): RTCIceCandidatePair | null {
    return this.#source.selectedPair();
  }

  getLocalParameters(): RTCIceParameters | null {
    return this.#source.localParameters();
  }

  getRemoteParameters(): RTCIceParameters | null {
    return this.#source.remoteParameters();
  }
}

defineHandlers(RTCIceTransport, 'statechange', 'gatheringstatechange', 'selectedcandidatepairchange');
exposeInterface(RTCIceTransport);
