/** `error` of a transport or a data channel. webrtc.html §11.4. */

import { toDictionary, toDomString } from '../idl/convert.ts';
import { exposeInterface } from '../idl/interface.ts';
import { RTCError } from '../rtc-error.ts';
import type { EventMembers } from './event-members.ts';

export interface RTCErrorEventInit extends EventMembers {
  error: RTCError;
}

export class RTCErrorEvent extends Event {
  readonly #error: RTCError;

  constructor(type: string, eventInitDict: RTCErrorEventInit) {
    const { error } = toDictionary(eventInitDict, 'RTCErrorEventInit');
    if (!(error instanceof RTCError)) throw new TypeError('RTCErrorEventInit needs error, an RTCError.');
    super(toDomString(type), eventInitDict);
    this.#error = error;
  }

  get error(): RTCError {
    return this.#error;
  }
}

exposeInterface(RTCErrorEvent);
