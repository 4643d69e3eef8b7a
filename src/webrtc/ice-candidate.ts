/** A candidate as scripts hold it: its text and, where that is well formed, what it says. webrtc.html §4.8.1. */
import { type CandidateAttribute, parseCandidate } from '../sdp/index.ts';
import { toDictionary, toDomString, toEnum, toUnsignedShort, toUsvString } from './idl/convert.ts';
import { exposeInterface } from './idl/interface.ts';

export type RTCIceComponent = 'rtp' | 'rtcp';
export type RTCIceProtocol = 'udp' | 'tcp';
export type RTCIceCandidateType = 'host' | 'srflx' | 'prflx' | 'relay';
export type RTCIceTcpCandidateType = 'active' | 'passive' | 'so';
export type RTCIceServerTransportProtocol = 'udp' | 'tcp' | 'tls';

export interface RTCIceCandidateInit {
  candidate?: string;
  sdpMid?: string | null;
  sdpMLineIndex?: number | null;
  usernameFragment?: string | null;
}

export interface RTCLocalIceCandidateInit extends RTCIceCandidateInit {
  relayProtocol?: RTCIceServerTransportProtocol | null;
  url?: string | null;
}

/** RTCIceCandidateInit with its defaults. */
export interface CandidateMembers {
  readonly candidate: string;
  readonly sdpMid: string | null;
  readonly sdpMLineIndex: number | null;
  readonly usernameFragment: string | null;
}

const COMPONENTS: Readonly<Record<number, RTCIceComponent>> = { 1: 'rtp', 2: 'rtcp' };
const PROTOCOLS: readonly RTCIceProtocol[] = ['udp', 'tcp'];
const TYPES: readonly RTCIceCandidateType[] = ['host', 'srflx', 'prflx', 'relay'];
const TCP_TYPES: readonly RTCIceTcpCandidateType[] = ['active', 'passive', 'so'];
const RELAY_PROTOCOLS: readonly RTCIceServerTransportProtocol[] = ['udp', 'tcp', 'tls'];

export function toCandidateMembers(value: unknown): CandidateMembers {
  const { candidate, sdpMLineIndex, sdpMid, usernameFragment } = toDictionary(value, 'RTCIceCandidateInit');
  return {
    candidate: candidate === undefined ? '' : toDomString(candidate),
    sdpMLineIndex: nullable(sdpMLineIndex, toUnsignedShort),
    sdpMid: nullable(sdpMid, toDomString),
    usernameFragment: nullable(usernameFragment, toDomString),
  };
}

function nullable<T>(value: unknown, convert: (value: unknown) => T): T | null {
  return value === undefined || value === null ? null : convert(value);
}

/** What the text says, where every field is one that the attributes can have. */
interface Parsed {
  readonly attribute: CandidateAttribute;
  readonly component: RTCIceComponent;
  readonly protocol: RTCIceProtocol;
  readonly type: RTCIceCandidateType;
  readonly tcpType: RTCIceTcpCandidateType | null;
}

function parse(text: string): Parsed | undefined {
  const attribute = text === '' ? undefined : parseCandidate(text);
  if (!attribute) return undefined;
  const component = COMPONENTS[attribute.component];
  const protocol = PROTOCOLS.find((one) => one === attribute.transport);
  const type = TYPES.find((one) => one === attribute.type);
  const tcpType = TCP_TYPES.find((one) => one === attribute.tcpType);
  if (!component || !protocol || !type) return undefined;
  if (protocol === 'tcp' && attribute.tcpType !== undefined && !tcpType) return undefined;
  return { attribute, component, protocol, type, tcpType: protocol === 'tcp' ? (tcpType ?? null) : null };
}

export class RTCIceCandidate {
  readonly #members: CandidateMembers;
  /** Read when somebody asks: who only passes a candidate on needs its text alone. `null`: it says nothing. */
  #found: Parsed | null | undefined;
  readonly #relayProtocol: RTCIceServerTransportProtocol | null;
  readonly #url: string | null;

  constructor(candidateInitDict: RTCLocalIceCandidateInit = {}) {
    const members = toCandidateMembers(candidateInitDict);
    const { relayProtocol, url } = toDictionary(candidateInitDict, 'RTCLocalIceCandidateInit');
    if (members.sdpMid === null && members.sdpMLineIndex === null) {
      throw new TypeError('A candidate needs sdpMid or sdpMLineIndex.');
    }
    this.#members = members;
    this.#relayProtocol = nullable(relayProtocol, (it) => toEnum(it, RELAY_PROTOCOLS, 'relayProtocol'));
    this.#url = nullable(url, toUsvString);
  }

  get #parsed(): Parsed | null {
    this.#found ??= parse(this.#members.candidate) ?? null;
    return this.#found;
  }

  get candidate(): string {
    return this.#members.candidate;
  }

  get sdpMid(): string | null {
    return this.#members.sdpMid;
  }

  get sdpMLineIndex(): number | null {
    return this.#members.sdpMLineIndex;
  }

  get foundation(): string | null {
    return this.#parsed?.attribute.foundation ?? null;
  }

  get component(): RTCIceComponent | null {
    return this.#parsed?.component ?? null;
  }

  get priority(): number | null {
    return this.#parsed?.attribute.priority ?? null;
  }

  get address(): string | null {
    return this.#parsed?.attribute.address ?? null;
  }

  get protocol(): RTCIceProtocol | null {
    return this.#parsed?.protocol ?? null;
  }

  get port(): number | null {
    return this.#parsed?.attribute.port ?? null;
  }

  get type(): RTCIceCandidateType | null {
    return this.#parsed?.type ?? null;
  }

  get tcpType(): RTCIceTcpCandidateType | null {
    return this.#parsed?.tcpType ?? null;
  }

  get relatedAddress(): string | null {
    return this.#parsed?.attribute.related?.ip ?? null;
  }

  get relatedPort(): number | null {
    return this.#parsed?.attribute.related?.port ?? null;
  }

  get usernameFragment(): string | null {
    return this.#members.usernameFragment;
  }

  get relayProtocol(): RTCIceServerTransportProtocol | null {
    return this.#relayProtocol;
  }

  get url(): string | null {
    return this.#url;
  }

  toJSON(): RTCIceCandidateInit {
    const { candidate, sdpMid, sdpMLineIndex, usernameFragment } = this.#members;
    return { candidate, sdpMid, sdpMLineIndex, usernameFragment };
  }
}

exposeInterface(RTCIceCandidate);
