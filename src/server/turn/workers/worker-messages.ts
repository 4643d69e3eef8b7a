/** What the main thread and its relay workers say to each other. Everything here can be cloned. */
import type { AccessRanges, SocketAddress } from '../../../base/index.ts';
import type { BehaviourSite, BindingAnswer } from '../../../stun/index.ts';
import type {
  FoundCredentials,
  SessionFacts,
  SessionFilter,
  TurnServerChanges,
  TurnServerOptions,
} from '../../../turn/index.ts';
import type { StreamLegLimits } from '../stream-leg.ts';

/** Of the machine, what every worker gets alike. */
export type SharedTurnOptions = Omit<
  TurnServerOptions,
  'relayAddresses' | 'quotaLedger' | 'bandwidthLedger' | 'shard' | 'capabilities'
>;

/** A listening UDP socket: opened by the main thread, which closes it too. */
export interface ListenerDescriptor {
  readonly fd: number;
  readonly local: SocketAddress;
}

/** What depends on the addresses of the machine. */
export interface Surroundings {
  /** For relays, best first. */
  readonly relayIps: readonly string[];
  /** Where this server listens itself. */
  readonly ownServices: readonly SocketAddress[];
  /** For NAT behaviour discovery: see `BindingDesk.setSites`. */
  readonly sites: ReadonlyMap<string, BehaviourSite>;
}

export interface WorkerSurroundings extends Surroundings {
  readonly listeners: readonly ListenerDescriptor[];
}

/** Memory that all threads see. */
export interface SharedMemory {
  readonly quotas: SharedArrayBuffer;
  readonly quotaSeed: number;
  readonly bandwidth: SharedArrayBuffer;
  /** Of a `SharedBacklog`. */
  readonly backlog: SharedArrayBuffer;
}

export interface WorkerStart {
  /** 1 … `shards` − 1; the main thread is 0. */
  readonly shard: number;
  readonly shards: number;
  readonly options: SharedTurnOptions;
  readonly publicIps: readonly string[];
  readonly clients: AccessRanges;
  readonly rfc3489: boolean;
  /** Of clients over TCP. */
  readonly streams: StreamLegLimits;
  readonly draining: boolean;
  readonly surroundings: WorkerSurroundings;
  readonly memory: SharedMemory;
  readonly statistics: SharedArrayBuffer;
  /** Of a `DescriptorBoard`. */
  readonly descriptors: SharedArrayBuffer;
  /** Whether the kernel cuts runs apart. */
  readonly segments: boolean;
  /** An eventfd: rung after each message. */
  readonly bell: number;
}

export interface WorkerChanges {
  readonly machine: TurnServerChanges;
  readonly clients?: AccessRanges;
}

/** Answered by a `reply` with the same id; without an answer when it has failed. */
export type Question =
  | { readonly type: 'follow'; readonly surroundings: WorkerSurroundings }
  | { readonly type: 'change'; readonly changes: WorkerChanges }
  | { readonly type: 'sessions' }
  | { readonly type: 'kick'; readonly filter: SessionFilter };

export type Answer =
  | { readonly type: 'followed' }
  | { readonly type: 'changed' }
  | { readonly type: 'sessions'; readonly sessions: readonly SessionFacts[] }
  | { readonly type: 'kicked'; readonly count: number };

/** A datagram of a client that another shard has to answer. */
export interface HandedOver {
  readonly client: SocketAddress;
  readonly server: SocketAddress;
  readonly bytes: Uint8Array;
}

/** A connection that began like STUN, with its descriptor: from main thread to worker. */
export interface GivenStream {
  readonly fd: number;
  readonly client: SocketAddress;
  readonly server: SocketAddress;
  /** What it has said so far, and nobody has answered. */
  readonly heard: Uint8Array;
  /** What goes out to it before all else. */
  readonly unsent: Uint8Array;
}

/** Back to the main thread, for another shard: 0 is the main thread itself, for what only that does. */
export interface ReturnedStream extends GivenStream {
  readonly shard: number;
}

/** What one client sends to another whose relay is another shard's. Both relayed addresses. */
export interface SiblingData {
  readonly from: SocketAddress;
  readonly to: SocketAddress;
  readonly bytes: Uint8Array;
}

export type ToWorker =
  | { readonly type: 'question'; readonly id: number; readonly question: Question }
  | { readonly type: 'draining'; readonly draining: boolean }
  | {
      readonly type: 'credentials';
      readonly name: string;
      readonly found: FoundCredentials | undefined | 'unavailable';
    }
  | { readonly type: 'handed-over'; readonly datagram: HandedOver }
  | { readonly type: 'sibling'; readonly data: SiblingData }
  | { readonly type: 'stream'; readonly stream: GivenStream }
  | { readonly type: 'stop' };

export type FromWorker =
  | { readonly type: 'ready' }
  | { readonly type: 'reply'; readonly id: number; readonly answer: Answer | undefined }
  /** `TurnFact[]`, oldest first, as JSON: to clone the objects one by one costs ten times as much. */
  | { readonly type: 'facts'; readonly json: string }
  | { readonly type: 'hand-over'; readonly shard: number; readonly datagram: HandedOver }
  | { readonly type: 'sibling'; readonly shard: number; readonly data: SiblingData }
  | { readonly type: 'stream-back'; readonly stream: ReturnedStream }
  /** By the addresses of their clients, one for each. */
  | { readonly type: 'streams-closed'; readonly ips: readonly string[] }
  | { readonly type: 'want-credentials'; readonly name: string; readonly realm: string }
  /** To be sent from a socket that is not a worker's. */
  | { readonly type: 'binding-answer'; readonly answer: BindingAnswer }
  | {
      readonly type: 'log';
      readonly level: 'debug' | 'info' | 'warn' | 'error';
      readonly message: string;
      readonly fields: Readonly<Record<string, unknown>>;
    };
