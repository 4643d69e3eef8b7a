/** What a TURN server can be told. Every limit has a default with a reason. RFC 8656 §7.2. */
import type { AccessRanges, Rate, SocketAddress } from '../base/index.ts';
import type { PasswordAlgorithm } from '../stun/index.ts';
import type { BandwidthLedger } from './bandwidth-ledger.ts';
import type { QuotaLedger } from './quota-ledger.ts';
import type { Shard } from './shard.ts';

export interface StaticUser {
  readonly username: string;
  readonly password: string;
}

/** `allow` opens private addresses, and takes exceptions from `deny`. */
/** A key that an authorization server shares with this one. RFC 7635 §4.1. */
export interface OauthKey {
  /** What clients bring as USERNAME. */
  readonly kid: string;
  /** AES-GCM: 16 bytes for A128GCM, 32 for A256GCM. */
  readonly key: Uint8Array;
}

/** Another server, for clients of one kind. RFC 8489 §10. */
export interface AlternateServer extends SocketAddress {
  /** TLS and DTLS are spoken here: for the clients that speak them, and for no others. Default: UDP and TCP. */
  readonly secure?: boolean;
  /** The name in its certificate, where that is not ours: a DNS name of at most 255 characters. */
  readonly domain?: string;
}

export interface PeerPolicyOptions extends Partial<AccessRanges> {
  /** Allow 127.0.0.0/8 and ::1 as peers: for tests on one machine only. */
  readonly loopback: boolean;
  /** RFC 1918, unique local, CGNAT and their like. `auto`: only while the server has no public address. */
  readonly private: 'auto' | 'allow' | 'deny';
  readonly serverHasPublicAddress: boolean;
  /** Where this server itself listens, one entry for each address of the machine: never a peer. */
  readonly ownServices: readonly SocketAddress[];
}

/** The addresses told to clients. They may change while the server runs; what has been allocated keeps its own. */
export interface RelayAddresses {
  /** Where `byServerIp` says nothing. A family without one is answered with 440. */
  readonly v4?: string | undefined;
  readonly v6?: string | undefined;
  /** By `Leg.server.ip`: a machine with several addresses advertises the one by which the client came. */
  readonly byServerIp?: ReadonlyMap<string, string> | undefined;
}

export interface TurnLifetimes {
  /** RFC 8656 §6: of an allocation when the client asks for nothing, or for less. */
  readonly allocationSeconds: number;
  /** RFC 8656 §7.2 recommends no more than an hour, so that what a crashed client leaves goes soon. */
  readonly maxAllocationSeconds: number;
  /** RFC 8656 §9: MUST be 300. Shorter in tests only. */
  readonly permissionSeconds: number;
  /** RFC 8656 §12: 10 minutes. */
  readonly channelSeconds: number;
  /** RFC 8656 §5: at least once an hour. At most 65,476: a nonce has no room for more. */
  readonly nonceSeconds: number;
  /** RFC 8656 §7.2: how long EVEN-PORT holds the next port; at least 30. */
  readonly reservationSeconds: number;
}

/** Bytes of data each second, in each direction; what is left out is not limited. */
export interface BandwidthLimits {
  readonly perAllocation?: number | undefined;
  readonly total?: number | undefined;
}

export interface TurnLimits {
  /** IP addresses for which one allocation may hold permissions: bounds memory. A room of hundreds has fewer. */
  readonly peersPerAllocation: number;
  /** Bound channels of one allocation. RFC 8656 §12 has 4,096 numbers. */
  readonly channelsPerAllocation: number;
  /** Answers remembered for retransmissions, over all clients: about 200 bytes each. */
  readonly rememberedAnswers: number;
  /** REST names that proved themselves lately, and names asked for, whose keys are kept: about 500 bytes each. */
  readonly rememberedNames: number;
  /** With `wantCredentials`: names that may be asked for at the same time; beyond, requests are dropped. */
  readonly waitingNames: number;
  /** With `wantCredentials`: how often one source address may cause a question; a page of several calls needs a few. */
  readonly questions: Rate;
  /** Ports tried for one allocation while other programs hold them. */
  readonly portAttempts: number;
  /**
   * Answers to the unauthenticated (Binding, 401, 438), for each source address over UDP, where the source can be
   * forged. 100/s of about 100 bytes are 80 kbit/s: no weapon, and enough for an office behind one address. Over streams
   * only who brings wrong credentials is counted: that many passwords a second can be tried.
   */
  readonly unauthenticatedAnswers: Rate;
  /** Source addresses remembered for that; the table never grows beyond. */
  readonly rateTableKeys: number;
  /** TCP connections to peers, open and in the making, of one allocation. RFC 6062. */
  readonly connectionsPerAllocation: number;
  /** Of all allocations of one user. */
  readonly connectionsPerUser: number;
  /** Of all: with the client's own, each takes two files of the process. */
  readonly connections: number;
  /** With a burst of half a second, or of 64 KB; what is over is dropped. Default: none. RFC 8656 §5. */
  readonly bandwidth?: BandwidthLimits | undefined;
}

export interface TurnServerOptions {
  /** RFC 8489 §14.9. Shown to clients; best the domain name of the service. */
  readonly realm: string;
  /** Seals the nonces; any bytes, 32 random ones are best. Servers that share it accept each other's nonces. */
  readonly nonceSecret: Uint8Array;
  /** Secrets of the TURN REST scheme; any of them is accepted, so that one can be replaced without a break. */
  readonly restSecrets?: readonly string[];
  readonly users?: readonly StaticUser[];
  /** Let in whoever brings a token that was sealed with one of these. RFC 7635. */
  readonly oauthKeys?: readonly OauthKey[];
  /** The name that tokens are bound to, told in THIRD-PARTY-AUTHORIZATION. Default: the realm. */
  readonly oauthServerName?: string;
  /** Ask by `want-credentials` for names that are neither in `users` nor made with a REST secret. */
  readonly wantCredentials?: boolean;
  /**
   * Refuse every request once a REST name has expired, and grant no lifetime beyond. Off: an allocation made in time may
   * be kept alive.
   */
  readonly strictExpiry?: boolean;
  /**
   * What PASSWORD-ALGORITHMS offers, the preferred one first; clients that know nothing of it use MD5 in any case.
   * Default: SHA-256, then MD5. Empty: it is not sent, which makes a 401 12 bytes shorter. RFC 8489 §9.2.4.
   */
  readonly passwordAlgorithms?: readonly PasswordAlgorithm[];
  /**
   * Ask clients of RFC 8489 for USERHASH in place of USERNAME. Default: where every name can be found by its hash, thus
   * without REST secrets. A hash of a known name is accepted in any case.
   */
  readonly usernameAnonymity?: boolean;
  /** Inclusive. RFC 8656 §7.2: best 49152 … 65535. */
  readonly relayPorts: { readonly min: number; readonly max: number };
  readonly relayAddresses: RelayAddresses;
  readonly peerPolicy: PeerPolicyOptions;
  /** Relayed ports held at a time, reserved ones included; beyond: 486. */
  readonly quotas: { readonly perUser: number; readonly total: number };
  readonly lifetimes?: Partial<TurnLifetimes>;
  readonly limits?: Partial<TurnLimits>;
  /** Counts for `quotas`; shared where several machines are one server. Default: this machine alone. */
  readonly quotaLedger?: QuotaLedger;
  /** Counts for `limits.bandwidth.total`, likewise. */
  readonly bandwidthLedger?: BandwidthLedger;
  /** Which one of several machines that share addresses and secrets this is. Default: the only one. */
  readonly shard?: Shard;
  /** Let clients move their allocations to other addresses, with tickets. Default: no (405). RFC 8016. */
  readonly mobility?: boolean;
  /**
   * Relay TCP connections to peers too. Default: no (442), since it lets every user reach every TCP service that the
   * peer policy does not refuse. RFC 6062.
   */
  readonly tcpRelay?: boolean;
  /** Where to send whom there is no room for (300 in place of 508): the first one of the client's family. */
  readonly alternateServers?: readonly AlternateServer[];
  /** What the shell's sockets can do. Default: nothing of it. */
  readonly capabilities?: TurnCapabilities;
  /** SOFTWARE in the answers to Allocate and Refresh; left out by default, since it helps an attacker only. */
  readonly software?: string | undefined;
}

export interface TurnCapabilities {
  /** Set DF on what goes to peers. Without: DONT-FRAGMENT is answered with 420. RFC 8656 §7.2, §14. */
  readonly dontFragment: boolean;
  /** Tell of ICMP messages by `handlePeerIcmp`. RFC 8656 §11.5. */
  readonly icmp: boolean;
}

/** What can be changed while the machine runs. Allocations that exist stay. */
export type TurnServerChanges = Partial<
  Pick<
    TurnServerOptions,
    | 'users'
    | 'restSecrets'
    | 'oauthKeys'
    | 'strictExpiry'
    | 'peerPolicy'
    | 'quotas'
    | 'lifetimes'
    | 'limits'
    | 'alternateServers'
    | 'mobility'
    | 'tcpRelay'
  >
>;

export const DEFAULT_LIFETIMES: TurnLifetimes = {
  allocationSeconds: 600,
  maxAllocationSeconds: 3600,
  permissionSeconds: 300,
  channelSeconds: 600,
  nonceSeconds: 3600,
  reservationSeconds: 30,
};

export const DEFAULT_LIMITS: TurnLimits = {
  peersPerAllocation: 1024,
  channelsPerAllocation: 1024,
  rememberedAnswers: 16_384,
  rememberedNames: 4096,
  waitingNames: 1024,
  questions: { perSecond: 10, burst: 50 },
  portAttempts: 16,
  unauthenticatedAnswers: { perSecond: 100, burst: 300 },
  rateTableKeys: 8192,
  connectionsPerAllocation: 32,
  connectionsPerUser: 128,
  connections: 2048,
};
