/**
 * What stands between the gatherer, which has sockets, servers and candidates, and the checker, which has pairs. The checker
 * knows only paths: a way out of this host with one base address. RFC 8445 §5.1, RFC 6544, RFC 8656.
 */
import type { InterfaceAddress, Machine, Millis, SocketAddress } from '../base/index.ts';
import type { CandidateType, IceGatheringError, IceProtocol, TcpType } from './candidate-types.ts';
import type { IceRequest, IceTransmit, SocketFacts, SocketId } from './io.ts';
import type { IcePolicy, IceServer } from './options.ts';

/**
 * A base that can be sent from: a UDP socket, a relayed address, a TCP listener with the streams it has taken, or the streams
 * opened from one address. Given out by the gatherer, never used twice.
 */
export type PathId = number;

/** What the checker may know of a path. Never changes. */
export interface PathFacts {
  readonly path: PathId;
  readonly protocol: IceProtocol;
  readonly tcpType: TcpType | undefined;
  /** RFC 8445 §5.1.1: what packets leave from; of a relayed path the relayed address. An active TCP base has port 9. */
  readonly base: SocketAddress;
  /** Through a TURN server. */
  readonly relayed: boolean;
  /** What is too long is lost, not cut: the path can be probed for its MTU. False where nobody knows. */
  readonly neverFragments: boolean;
  /** Datagrams may be sent from and come to this socket as they are, without the gatherer; `undefined` where it must wrap them. */
  readonly socket: SocketId | undefined;
}

export interface LocalCandidate {
  readonly type: Exclude<CandidateType, 'prflx'>;
  readonly path: PathFacts;
  /** The address itself, even where the other side is told a `.local` name. */
  readonly address: SocketAddress;
  /** What the other side is told in place of the address. `undefined`: the address. */
  readonly mdnsName: string | undefined;
  /** `raddr` and `rport` as they are told (RFC 8839 §5.1); `undefined` for host candidates. */
  readonly related: SocketAddress | undefined;
  /** 1 … 32 ice-chars. RFC 8445 §5.1.1.3. */
  readonly foundation: string;
  /** 0 … 65,535. RFC 8445 §5.1.2.1; a peer-reflexive candidate on the same base has the same one. */
  readonly localPreference: number;
  /** `candidatePriority` of the type and the preference. */
  readonly priority: number;
  /** Of the STUN or TURN server it came from. */
  readonly url: string | undefined;
  /** How the TURN server is reached. */
  readonly relayProtocol: 'udp' | 'tcp' | 'tls' | 'dtls' | undefined;
}

export type GathererEvent =
  | { readonly type: 'request'; readonly request: IceRequest }
  /** Paired and told to the other side. Only of the generation that is being gathered, redundant ones left out (RFC 8445 §5.1.3). */
  | { readonly type: 'candidate'; readonly candidate: LocalCandidate }
  /** Every candidate on this path is gone: the interface vanished, the allocation ended. */
  | { readonly type: 'path-lost'; readonly path: PathId }
  /** One remote cannot be reached by this path any more: its stream was refused or closed, its permission was denied. */
  | { readonly type: 'remote-lost'; readonly path: PathId; readonly remote: SocketAddress }
  | { readonly type: 'gathering'; readonly state: 'gathering' | 'complete' }
  | ({ readonly type: 'error' } & IceGatheringError)
  /** What came of `resolve`; canonical, `undefined` when nobody knows the name. */
  | { readonly type: 'resolved'; readonly name: string; readonly ips: readonly string[] | undefined };

/** What comes in by a path and is not for the gatherer. `bytes` are borrowed: one datagram, or one RFC 4571 frame. */
export interface PathListener {
  handlePathBytes(now: Millis, path: PathId, from: SocketAddress, bytes: Uint8Array): void;
}

/** Constructed with (env, options: GathererOptions, listener: PathListener). Its transmits and events follow the laws of `Machine`. */
export interface GathererPort extends Machine<GathererEvent, IceTransmit> {
  /**
   * Begins a generation. Paths that still work are used again: their candidates are told anew, at once. The state becomes
   * `gathering`, and `complete` when nothing more can come (RFC 8838 §13).
   */
  gather(now: Millis, interfaces: readonly InterfaceAddress[]): void;
  /** Interfaces as they are at this moment: lost ones lose their paths, new ones are gathered on if gathering has begun. */
  handleInterfaces(now: Millis, interfaces: readonly InterfaceAddress[]): void;
  /** From the next generation on. */
  setServers(servers: readonly IceServer[], policy: IcePolicy): void;

  handleOpened(now: Millis, socket: SocketId, local: SocketAddress, facts: SocketFacts): void;
  handleFailed(now: Millis, socket: SocketId, code: string, message: string): void;
  handleClosed(now: Millis, socket: SocketId): void;
  handleAccepted(now: Millis, listener: SocketId, remote: SocketAddress): SocketId;
  handleLookedUp(now: Millis, lookup: number, ips: readonly string[] | undefined): void;
  handleVerified(now: Millis, check: number, ok: boolean): void;
  /** A datagram, or a chunk of a stream. What is no answer of a server goes to the listener before the call returns. */
  handleDatagram(now: Millis, socket: SocketId, from: SocketAddress, bytes: Uint8Array): void;

  /** `bytes` are given away. What cannot go yet (a stream being opened, a permission asked for) is kept in small number or lost. */
  send(now: Millis, path: PathId, to: SocketAddress, bytes: Uint8Array): void;
  /** The checker will send there: time to ask for a permission. May be called again for the same. */
  expect(now: Millis, path: PathId, remote: SocketAddress): void;
  /** This pair carries the data from here on: worth a channel. */
  select(now: Millis, path: PathId, remote: SocketAddress): void;
  /** The pair is given up: its stream may be closed. */
  release(now: Millis, path: PathId, remote: SocketAddress): void;
  /** Asks for the addresses of a remote candidate's name (mDNS or DNS); answered by `resolved`. */
  resolve(now: Millis, name: string): void;
  /** Ends allocations, closes every socket. Nothing but `close` requests and last transmits comes after it. */
  close(now: Millis): void;
}
