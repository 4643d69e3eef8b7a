/** Two candidates that reach each other. webrtc.html §5.6.3. */
import type { RTCIceCandidate } from '../ice-candidate.ts';
import { exposeInterface, givenInside, type OnlyInside } from '../idl/interface.ts';

interface Pair {
  readonly local: RTCIceCandidate;
  readonly remote: RTCIceCandidate;
}

export class RTCIceCandidatePair {
  readonly #pair: Pair;

  /** Scripts get theirs from `RTCIceTransport.getSelectedCandidatePair`. */
  constructor(...given: OnlyInside<Pair>) {
    this.#pair = givenInside(given);
  }

  get local(): RTCIceCandidate {
    return this.#pair.local;
  }

  get remote(): RTCIceCandidate {
    return this.#pair.remote;
  }
}

exposeInterface(RTCIceCandidatePair);
