/** A description as scripts hold it: its type and its text. Reads nothing of it. webrtc.html §4.6.2. */
import { toDictionary, toDomString, toEnum } from './idl/convert.ts';
import { exposeInterface } from './idl/interface.ts';

export type RTCSdpType = 'offer' | 'pranswer' | 'answer' | 'rollback';

const SDP_TYPES: readonly RTCSdpType[] = ['offer', 'pranswer', 'answer', 'rollback'];

export interface RTCSessionDescriptionInit {
  type: RTCSdpType;
  sdp?: string;
}

export interface RTCLocalSessionDescriptionInit {
  type?: RTCSdpType;
  sdp?: string;
}

/** The dictionary with `sdp` filled in. */
export function toDescription(value: unknown): { readonly type: RTCSdpType; readonly sdp: string } {
  const { type, sdp } = toLocalDescription(value);
  if (type === undefined) throw new TypeError('RTCSessionDescriptionInit needs type.');
  return { type, sdp };
}

export function toLocalDescription(value: unknown): {
  readonly type: RTCSdpType | undefined;
  readonly sdp: string;
} {
  const members = toDictionary(value, 'RTCSessionDescriptionInit');
  // The order in which a dictionary's members are read can be seen by its getters: alphabetical. Web IDL §3.2.17.
  const { sdp } = members;
  const text = sdp === undefined ? '' : toDomString(sdp);
  const { type } = members;
  return { type: type === undefined ? undefined : toEnum(type, SDP_TYPES, 'type'), sdp: text };
}

export class RTCSessionDescription {
  readonly #type: RTCSdpType;
  readonly #sdp: string;

  constructor(descriptionInitDict: RTCSessionDescriptionInit) {
    const { type, sdp } = toDescription(descriptionInitDict);
    this.#type = type;
    this.#sdp = sdp;
  }

  get type(): RTCSdpType {
    return this.#type;
  }

  get sdp(): string {
    return this.#sdp;
  }

  toJSON(): { type: RTCSdpType; sdp: string } {
    return { type: this.#type, sdp: this.#sdp };
  }
}

exposeInterface(RTCSessionDescription);
