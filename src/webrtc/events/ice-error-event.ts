/** `icecandidateerror`: a STUN or TURN server refused, or was not reached. webrtc.html §4.8.3. */

import { toDictionary, toDomString, toUnsignedShort, toUsvString } from '../idl/convert.ts';
import { exposeInterface } from '../idl/interface.ts';
import type { EventMembers } from './event-members.ts';

export interface RTCPeerConnectionIceErrorEventInit extends EventMembers {
  address?: string | null;
  port?: number | null;
  url?: string;
  errorCode: number;
  errorText?: string;
}

export class RTCPeerConnectionIceErrorEvent extends Event {
  readonly #address: string | null;
  readonly #port: number | null;
  readonly #url: string;
  readonly #errorCode: number;
  readonly #errorText: string;

  constructor(type: string, eventInitDict: RTCPeerConnectionIceErrorEventInit) {
    const members = toDictionary(eventInitDict, 'RTCPeerConnectionIceErrorEventInit');
    const { address, port, url, errorCode, errorText } = members;
    if (errorCode === undefined) throw new TypeError('RTCPeerConnectionIceErrorEventInit needs errorCode.');
    super(toDomString(type), eventInitDict);
    this.#address = address === undefined || address === null ? null : toDomString(address);
    this.#port = port === undefined || port === null ? null : toUnsignedShort(port);
    this.#url = url === undefined ? '' : toUsvString(url);
    this.#errorCode = toUnsignedShort(errorCode);
    this.#errorText = errorText === undefined ? '' : toUsvString(errorText);
  }

  get address(): string | null {
    return this.#address;
  }

  get port(): number | null {
    return this.#port;
  }

  get url(): string {
    return this.#url;
  }

  /** A STUN error code, or 701 for a server that was not reached. */
  get errorCode(): number {
    return this.#errorCode;
  }

  get errorText(): string {
    return this.#errorText;
  }
}

exposeInterface(RTCPeerConnectionIceErrorEvent);
