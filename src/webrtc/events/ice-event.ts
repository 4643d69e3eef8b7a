/** `icecandidate`: one to signal, the end of a generation (empty), or the end of gathering (null). webrtc.html §4.8.2. */

import { RTCIceCandidate } from '../ice-candidate.ts';
import { requireArguments, toDictionary, toDomString, toUsvString } from '../idl/convert.ts';
import { exposeInterface } from '../idl/interface.ts';
import type { EventMembers } from './event-members.ts';

export interface RTCPeerConnectionIceEventInit extends EventMembers {
  candidate?: RTCIceCandidate | null;
  url?: string | null;
}

export class RTCPeerConnectionIceEvent extends Event {
  readonly #candidate: RTCIceCandidate | null;
  readonly #url: string | null;

  constructor(type: string, eventInitDict: RTCPeerConnectionIceEventInit = {}) {
    // biome-ignore lint/complexity/noArguments: undefined may be given, nothing may not. Web IDL §3.6.
    requireArguments(arguments.length, 1, 'RTCPeerConnectionIceEvent');
    const { candidate, url } = toDictionary(eventInitDict, 'RTCPeerConnectionIceEventInit');
    const none = candidate === undefined || candidate === null;
    if (!none && !(candidate instanceof RTCIceCandidate)) {
      throw new TypeError('candidate of RTCPeerConnectionIceEventInit is an RTCIceCandidate.');
    }
    super(toDomString(type), eventInitDict ?? {});
    this.#candidate = none ? null : candidate;
    this.#url = url === undefined || url === null ? null : toUsvString(url);
  }

  get candidate(): RTCIceCandidate | null {
    return this.#candidate;
  }

  get url(): string | null {
    return this.#url;
  }
}

exposeInterface(RTCPeerConnectionIceEvent);
