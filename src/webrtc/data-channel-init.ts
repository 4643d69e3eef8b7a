/** RTCDataChannelInit: read, judged, and made into what a session takes. webrtc.html §6.1 createDataChannel. */
import type { ChannelPriority, DataChannelOptions } from '../datachannel/index.ts';
import { toDictionary, toEnforced, toEnum, toUsvString } from './idl/convert.ts';

export interface RTCDataChannelInit {
  ordered?: boolean;
  /** Milliseconds. */
  maxPacketLifeTime?: number;
  maxRetransmits?: number;
  protocol?: string;
  negotiated?: boolean;
  id?: number;
  /** webrtc-priority §5. */
  priority?: ChannelPriority;
}

const PRIORITIES: readonly ChannelPriority[] = ['very-low', 'low', 'medium', 'high'];
const MOST_UNSIGNED_SHORT = 65_535;
const MAX_TEXT_BYTES = 65_535;

/** 65535 is reserved. RFC 8832 §6. */
const MAX_ID = 65_534;

/** Throws TypeErrors. */
export function toChannelOptions(label: unknown, init: unknown): DataChannelOptions {
  const text = toUsvString(label);
  const members = toDictionary(init, 'RTCDataChannelInit');
  const short = (name: string): number | undefined => {
    const value = members[name];
    return value === undefined ? undefined : toEnforced(value, MOST_UNSIGNED_SHORT, name);
  };
  // In the order in which Web IDL reads a dictionary.
  const id = short('id');
  const maxPacketLifeTimeMs = short('maxPacketLifeTime');
  const maxRetransmits = short('maxRetransmits');
  const { negotiated, ordered, priority, protocol } = members;
  const subprotocol = protocol === undefined ? '' : toUsvString(protocol);
  requireShort(text, 'label');
  requireShort(subprotocol, 'protocol');
  const negotiatedStream = negotiated ? id : undefined;
  if (negotiated && id === undefined) throw new TypeError('A negotiated data channel needs an id.');
  if (maxPacketLifeTimeMs !== undefined && maxRetransmits !== undefined) {
    throw new TypeError('A data channel has maxPacketLifeTime or maxRetransmits, not both.');
  }
  if (negotiatedStream !== undefined && negotiatedStream > MAX_ID) {
    throw new TypeError(`The id of a data channel is 0 … ${MAX_ID}.`);
  }
  return {
    label: text,
    protocol: subprotocol,
    ordered: ordered === undefined ? true : Boolean(ordered),
    maxPacketLifeTimeMs,
    maxRetransmits,
    negotiatedStream,
    ...(priority !== undefined && { priority: toEnum(priority, PRIORITIES, 'priority') }),
  };
}

function requireShort(text: string, what: string): void {
  if (new TextEncoder().encode(text).byteLength > MAX_TEXT_BYTES) {
    throw new TypeError(`The ${what} of a data channel has at most ${MAX_TEXT_BYTES} bytes of UTF-8.`);
  }
}
