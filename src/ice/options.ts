/** What an ICE agent can be told, with defaults and their reasons. */
import type { Millis } from '../base/index.ts';
import type { ClientCredentials } from '../turn/index.ts';
import type { IceCredentials } from './credentials.ts';
import type { IceRole } from './events.ts';

/** RTCIceTransportPolicy. webrtc.html §4.2.5. */
export type IcePolicy = 'all' | 'relay';

export interface IceServer {
  /** `stun:`, `stuns:`, `turn:`, `turns:`. RFC 7064, RFC 7065. One that cannot be read is told as a gathering error. */
  readonly urls: readonly string[];
  /** Needed by TURN. */
  readonly credentials: ClientCredentials | undefined;
}

export interface IceTiming {
  /** Ta, between the checks of an agent; at least 5. RFC 8445 §14.2 recommends 50. */
  readonly pacingMs: Millis;
  /** Ta of the first `fastChecks` checks. RFC 8445 §14.2: 5 is the least. */
  readonly fastPacingMs: Millis;
  readonly fastChecks: number;
  /** How long datagrams are tried before the first check over TCP; not waited for where there are none. */
  readonly streamDelayMs: Millis;
  /** The least RTO of a check. RFC 8445 §14.3. */
  readonly minRtoMs: Millis;
  /** How often a check is sent in all. RFC 8489 §6.2.1: Rc. */
  readonly maxRequests: number;
  /** RFC 8863 §4: how long to be patient while candidates may come. */
  readonly patienceMs: Millis;
  /** RFC 7675 §5.1: between consent requests, times 0.8 … 1.2. */
  readonly consentMs: Millis;
  /** RFC 7675 §5.1: consent ends so long after the last answer. */
  readonly consentLifeMs: Millis;
  /** A consent request is not answered for so long: it is repeated by checks. */
  readonly doubtMs: Millis;
  /** … and for so long: `disconnected`. webrtc.html §5.6.4 leaves it to us. */
  readonly silentMs: Millis;
  /** As `silentMs`, where the other side has begun to look for another way. */
  readonly suspicionMs: Millis;
  /** Between checks of valid pairs that are kept in reserve. RFC 8445 §11: Tr. */
  readonly reserveMs: Millis;
  /** How long the controlling side waits for a pair better than the one it has. */
  readonly nominationWaitMs: Millis;
}

export interface IceLimits {
  /** Remote candidates of a generation, learned ones included. */
  readonly maxRemoteCandidates: number;
  /** RFC 8445 §6.1.2.5: 100. */
  readonly maxPairs: number;
  /** Remote candidates that were learned from checks, of one generation. */
  readonly maxPeerReflexive: number;
}

export interface IceAgentOptions {
  readonly role: IceRole;
  readonly servers?: readonly IceServer[];
  readonly policy?: IcePolicy;
  /** RFC 8445 §2.5: never asks, only answers; host candidates only. */
  readonly lite?: boolean;
  /** Connect to TCP candidates of the other side, RFC 6544. Default: on. */
  readonly tcp?: boolean;
  /** Listen for TCP connections of the other side, where `tcp` is on. Default: off, as in browsers: each listener is an open port. */
  readonly tcpListen?: boolean;
  /** Own host addresses are told as names that only the local network knows. Default: off. */
  readonly mdns?: boolean;
  /** Loopback addresses too. RFC 8445 §5.1.1.1 forbids them; where there are no others they are taken all the same. Default: off. */
  readonly loopback?: boolean;
  /**
   * The shell gives host candidates a port that other agents have too. Servers are asked from ports of our own, since to them
   * a port is one client. Default: off.
   */
  readonly udpMux?: boolean;
  /** Ports of host candidates, inclusive. Default: the system chooses. */
  readonly ports?: { readonly min: number; readonly max: number };
  /** Of the first generation. Default: drawn. */
  readonly credentials?: IceCredentials;
  readonly timing?: Partial<IceTiming>;
  readonly limits?: Partial<IceLimits>;
}

/** What of it concerns the gatherer. */
export type GathererOptions = Pick<
  IceAgentOptions,
  'servers' | 'policy' | 'lite' | 'tcp' | 'tcpListen' | 'mdns' | 'loopback' | 'udpMux' | 'ports'
>;

export const DEFAULT_TIMING: IceTiming = {
  pacingMs: 20, // between libwebrtc's 50 and the floor of 5: NATs of this century keep up
  fastPacingMs: 5,
  fastChecks: 10, // a host with two interfaces and both families is through within 50 ms
  streamDelayMs: 200, // a repetition or two: what answers at all over UDP has done so
  minRtoMs: 100, // RFC 8445 §14.3 says 500, which costs a lost first check half a second; checks are 100 bytes
  maxRequests: 7,
  patienceMs: 39_500,
  consentMs: 5_000,
  consentLifeMs: 30_000,
  doubtMs: 500,
  silentMs: 2_000, // 6 … 8 s after the last answer, and four repetitions lost
  suspicionMs: 1_000, // four repetitions
  reserveMs: 15_000,
  nominationWaitMs: 100,
};

export const DEFAULT_LIMITS: IceLimits = {
  maxRemoteCandidates: 200, // a host with twenty addresses and four servers
  maxPairs: 100,
  maxPeerReflexive: 32, // each costs its sender a right HMAC, and us a pair
};
