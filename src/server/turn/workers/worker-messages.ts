/** What the main thread and its relay workers say to each other. Everything here can be cloned. */
import type { SocketAddress } from '../../../base/index.ts';
import type { TurnServerOptions } from '../../../turn/index.ts';
import type { TurnFact } from '../turn-fact.ts';

/** Of the machine, what every worker gets alike. */
export type SharedTurnOptions = Omit<
  TurnServerOptions,
  'relayAddresses' | 'peerPolicy' | 'quotaLedger' | 'bandwidthLedger' | 'shard' | 'capabilities'
> & { readonly peerPolicy: Omit<TurnServerOptions['peerPolicy'], 'ownServices'> };

/** A listening UDP socket: opened by the main thread, which closes it too. */
export interface ListenerDescriptor {
  readonly fd: number;
  readonly local: SocketAddress;
}

/** What listening on other addresses changes. */
export interface WorkerSurroundings {
  readonly listeners: readonly ListenerDescriptor[];
  /** For relays, best first. */
  readonly relayIps: readonly string[];
  readonly ownServices: readonly SocketAddress[];
}

export interface WorkerStart {
  /** 1 … `shards` − 1; the main thread is 0. */
  readonly shard: number;
  readonly shards: number;
  readonly options: SharedTurnOptions;
  readonly publicIps: readonly string[];
  readonly surroundings: WorkerSurroundings;
  /** Whether the kernel cuts runs apart. */
  readonly segments: boolean;
  /** An eventfd: rung after each message. */
  readonly bell: number;
}

export type ToWorker =
  | { readonly type: 'surroundings'; readonly surroundings: WorkerSurroundings }
  | { readonly type: 'stop' };

export type FromWorker =
  | { readonly type: 'ready' }
  | { readonly type: 'stopped' }
  | { readonly type: 'fact'; readonly fact: TurnFact }
  | {
      readonly type: 'log';
      readonly level: 'debug' | 'info' | 'warn' | 'error';
      readonly message: string;
      readonly fields: Readonly<Record<string, unknown>>;
    };
