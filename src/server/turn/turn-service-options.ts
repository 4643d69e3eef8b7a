/** What the TURN service can be told, what of it can be changed while it runs, and what it says of itself. */
import type { AccessRanges, IpRange, SocketAddress } from '../../base/index.ts';
import { type OwnAddress, scopeOf, type UdpCounts } from '../../node/index.ts';
import type {
  FoundCredentials,
  PeerPolicyOptions,
  TurnServerOptions,
  TurnStatistics,
} from '../../turn/index.ts';
import type { BehaviourDiscovery } from './behaviour-sockets.ts';
import { EVERYBODY } from './client-gate.ts';
import type { DtlsLegsStatistics } from './dtls-legs.ts';
import { STREAM_LIMITS, type StreamLegsLimits } from './stream-legs.ts';
import type { TurnFact } from './turn-fact.ts';
import type { RelayWorkersWish } from './workers/batches.ts';
import type { SharedTurnOptions, WorkerStart } from './workers/worker-messages.ts';

export interface TurnServiceOptions
  extends Pick<
    TurnServerOptions,
    | 'realm'
    | 'nonceSecret'
    | 'restSecrets'
    | 'users'
    | 'oauthKeys'
    | 'oauthServerName'
    | 'passwordAlgorithms'
    | 'usernameAnonymity'
    | 'relayPorts'
    | 'quotas'
    | 'strictExpiry'
    | 'alternateServers'
    | 'mobility'
    | 'tcpRelay'
    | 'software'
    | 'lifetimes'
    | 'limits'
  > {
  /** An address, a name, `0.0.0.0` or `::`. */
  readonly host: string;
  /** UDP and TCP. 0 takes one that is free for both. */
  readonly port: number;
  /** What others reach us by, at most one of each family; empty: our own addresses. */
  readonly publicIps: readonly string[];
  readonly peers: Pick<PeerPolicyOptions, 'loopback' | 'private' | 'allow' | 'deny'>;
  /** Who is listened to. Default: everybody. */
  readonly clients?: AccessRanges;
  /** Load balancers: a connection from there begins with the PROXY protocol. Default: none. */
  readonly proxies?: readonly IpRange[];
  readonly streams?: Partial<StreamLegsLimits>;
  /** RFC 5780, UDP only: a second port, and a second address where there is one. Default: off. */
  readonly behaviourDiscovery?: BehaviourDiscovery | undefined;
  /**
   * Threads that relay for clients over UDP, where the system lets them (Linux with koffi) and there are relay ports for
   * all; a plain number is missed aloud, in the log. Default: 0, the main thread does it.
   */
  readonly relayWorkers?: RelayWorkersWish;
  /** Whether STUN clients of before 2008 are answered. Default: no. */
  readonly rfc3489?: boolean;
  /** The addresses of this machine; asked again and again. What the system says, unless a test says otherwise. */
  readonly ownAddresses?: () => readonly OwnAddress[];
  /**
   * Finds out the credentials of a user whom nothing here knows: `undefined` when there is no such user, `unavailable`
   * when nobody could tell. Best within 10 s.
   */
  readonly askCredentials?: (
    name: string,
    realm: string,
  ) => Promise<FoundCredentials | undefined | 'unavailable'>;
  /** Facts for logs and metrics: allocations and refusals. */
  readonly onFact?: (fact: TurnFact) => void;
}

/** What can be changed while it runs. Sessions stay. */
export type TurnServiceChanges = Partial<
  Pick<
    TurnServiceOptions,
    | 'users'
    | 'restSecrets'
    | 'oauthKeys'
    | 'strictExpiry'
    | 'mobility'
    | 'tcpRelay'
    | 'quotas'
    | 'limits'
    | 'alternateServers'
    | 'peers'
    | 'clients'
    | 'proxies'
  >
>;

export interface TurnServiceStatistics extends TurnStatistics {
  /** Threads that relay in batches; 0: the main thread does it, one datagram at a time. */
  readonly workers: number;
  /** Clients over TCP and TLS. */
  readonly streams: number;
  readonly streamsRefused: number;
  /** Datagrams and connections from clients that are not listened to. */
  readonly unwelcome: number;
  /** Data messages dropped because a client over TCP or TLS read too slowly. */
  readonly streamDataDropped: number;
  /** Clients over DTLS; `undefined` while nobody listens for them. */
  readonly dtls: DtlsLegsStatistics | undefined;
  /** Between clients over UDP and this server. */
  readonly datagrams: Readonly<UdpCounts>;
}

/** What is not for its machines, or cannot be told to another thread, left out. */
export function machineOptionsOf({
  host,
  port,
  publicIps,
  peers,
  clients,
  proxies,
  streams,
  behaviourDiscovery,
  relayWorkers,
  rfc3489,
  ownAddresses,
  askCredentials,
  onFact,
  ...machine
}: TurnServiceOptions): Omit<SharedTurnOptions, 'peerPolicy'> {
  return machine;
}

export function streamLimitsOf({ streams }: Pick<TurnServiceOptions, 'streams'>): StreamLegsLimits {
  return { ...STREAM_LIMITS, ...streams };
}

/** Of relay workers, what they are told at their start and is not for their machines. */
export function workerStartOf(
  options: TurnServiceOptions,
): Pick<WorkerStart, 'publicIps' | 'clients' | 'rfc3489' | 'streams'> {
  const { publicIps, clients = EVERYBODY, rfc3489 = false } = options;
  return { publicIps, clients, rfc3489, streams: streamLimitsOf(options) };
}

/** `own`: the addresses of this machine. `ownServices`: where this server listens. */
export function peerPolicyOf(
  { peers, publicIps }: Pick<TurnServiceOptions, 'peers' | 'publicIps'>,
  own: readonly OwnAddress[],
  ownServices: readonly SocketAddress[],
): PeerPolicyOptions {
  return { ...peers, serverHasPublicAddress: hasPublicAddress(publicIps, own), ownServices };
}

/** Whether the internet reaches this machine itself: then its private networks are behind it, not around it. */
function hasPublicAddress(publicIps: readonly string[], own: readonly OwnAddress[]): boolean {
  return [...publicIps, ...own.map(({ ip }) => ip)].some((ip) => scopeOf(ip) === 'public');
}
