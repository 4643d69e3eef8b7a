/** What is found out about a STUN or TURN server by one transport. Facts only: what they mean is for `verdicts.ts`. */
import type { SocketAddress } from '../../base/index.ts';
import type { SecureFacts } from '../../node/index.ts';
import type { ClientTransport } from '../../turn/index.ts';

/** In the order in which they are done. */
export type Step =
  | 'connect'
  | 'stun'
  | 'allocate'
  | 'permission'
  | 'echo'
  | 'reach'
  | 'peer'
  | 'refresh'
  | 'end';

export interface Trouble {
  readonly step: Step;
  /** A code of docs/errors.md. */
  readonly code: string;
  /** ERROR-CODE of the server. */
  readonly status: number | undefined;
  /** What the server or the system said. */
  readonly reason: string;
  /** `ECONNREFUSED` and the like. */
  readonly system: string | undefined;
}

/** Packets there and back. */
export interface EchoFacts {
  readonly sent: number;
  readonly received: number;
  readonly bytes: number;
  /** Missing when nothing came back. */
  readonly p50Ms: number | undefined;
  readonly p95Ms: number | undefined;
}

export interface Report {
  readonly transport: ClientTransport;
  readonly server: SocketAddress;
  /** Whether a server that does not offer it is all right. */
  readonly optional: boolean;
  local?: SocketAddress;
  /** TCP and the handshakes above it; DTLS. */
  connectMs?: number;
  secure?: SecureFacts;
  stun?: { readonly mapped: SocketAddress; readonly roundTripMs: number };
  allocate?: {
    /** The challenge with 401 included. */
    readonly ms: number;
    readonly relayed: readonly SocketAddress[];
    readonly lifetimeSeconds: number;
    /** Servers that we were sent to (300). */
    readonly redirects: readonly SocketAddress[];
  };
  permissionMs?: number;
  /** Between two allocations of ours. */
  echo?: EchoFacts;
  /** Datagrams from an ordinary socket of ours to the relayed address, of how many arrived. */
  reach?: { readonly sent: number; readonly received: number };
  /** Whether the server lets data go to the peer that was asked for. */
  peer?: { readonly ip: string; readonly allowed: boolean };
  refresh?: { readonly ms: number; readonly lifetimeSeconds: number };
  /** Whether the server confirmed the end. */
  ended?: boolean;
  readonly troubles: Trouble[];
}

/** The value below which `share` of them are; `undefined` for none. */
export function percentile(values: readonly number[], share: number): number | undefined {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
}
