/** `datachannel`: the other side has opened one. webrtc.html §6.3. */

import { RTCDataChannel } from '../data-channel.ts';
import { toDictionary, toDomString } from '../idl/convert.ts';
import { exposeInterface } from '../idl/interface.ts';
import type { EventMembers } from './event-members.ts';

export interface RTCDataChannelEventInit extends EventMembers {
  channel: RTCDataChannel;
}

export class RTCDataChannelEvent extends Event {
  readonly #channel: RTCDataChannel;

  constructor(type: string, eventInitDict: RTCDataChannelEventInit) {
    const { channel } = toDictionary(eventInitDict, 'RTCDataChannelEventInit');
    if (!(channel instanceof RTCDataChannel)) {
      throw new TypeError('RTCDataChannelEventInit needs channel, an RTCDataChannel.');
    }
    super(toDomString(type), eventInitDict);
    this.#channel = channel;
  }

  get channel(): RTCDataChannel {
    return this.#channel;
  }
}

exposeInterface(RTCDataChannelEvent);
