/** What the benchmark tells its two generator processes, and what they answer. Plain data: it crosses a process border. */
import type { HistogramData } from './histogram.ts';
import type { Wish } from './session.ts';
import type { Shape } from './shape.ts';
import type { Address, Credentials } from './turn-messages.ts';

/** How a client reaches the server. `direct`: no server at all, clients send to the peers; the base line of latency. */
export type Transport = 'udp' | 'tcp' | 'tls' | 'direct';

export interface SetUpJob {
  readonly kind: 'set-up';
  readonly server: Address;
  readonly transport: Transport;
  readonly credentials: Credentials;
  readonly wish: Wish;
  readonly sessions: number;
  /** Session i is the client at this address plus i. */
  readonly firstClientIp: number;
  /** Session i talks to this address plus i. */
  readonly firstPeerIp: number;
  readonly peerPort: number;
}

/** The peers' side of the same: where each session is to be sent to. */
export interface PeerSetUpJob {
  readonly kind: 'peer-set-up';
  readonly firstPeerIp: number;
  readonly targets: readonly Address[];
}

export interface TrafficJob {
  readonly kind: 'traffic';
  /** Nothing is sent without it. */
  readonly shape: Shape | undefined;
  /** Sends for these sessions only: from, and up to but without. */
  readonly from: number;
  readonly to: number;
  /** All in microseconds of the machine's monotonic clock. */
  readonly startUs: number;
  readonly windowFromUs: number;
  readonly windowToUs: number;
  /** Sending stops at the end of the window; receiving goes on until then. */
  readonly endUs: number;
  /** Whose processor time is read at both ends of the window. */
  readonly serverPid: number | undefined;
}

export interface CyclesJob {
  readonly kind: 'cycles';
  readonly server: Address;
  readonly credentials: Credentials;
  readonly firstClientIp: number;
  /** Clients at a time. */
  readonly concurrency: number;
  readonly warmUpUs: number;
  readonly windowUs: number;
  readonly serverPid: number;
}

/** Gives back what the last set-up made. */
interface ReleaseJob {
  readonly kind: 'release';
}

export type Job = SetUpJob | PeerSetUpJob | TrafficJob | CyclesJob | ReleaseJob;

export interface TrafficReport {
  readonly sent: number;
  readonly received: number;
  readonly receivedInWindow: number;
  /** Datagrams that came but were not read in time. */
  readonly dropped: number;
  /** Datagrams that were due but not sent, since the generator came too late. */
  readonly skipped: number;
  /** One way, from the generator's one process to the other, in microseconds. */
  readonly latency: HistogramData;
  /** Of the server, in the window. */
  readonly serverCpuUs: number;
  /** Of this process, in the window. */
  readonly ownCpuUs: number;
}

export interface CyclesReport {
  readonly cycles: number;
  readonly serverCpuUs: number;
  readonly ownCpuUs: number;
  /** Requests that had to be repeated. */
  readonly repeated: number;
}

interface SetUpReport {
  readonly relayed: readonly Address[];
}

export type Outcome =
  | { readonly kind: 'hello'; readonly port: number }
  | ({ readonly kind: 'set-up' } & SetUpReport)
  | ({ readonly kind: 'traffic' } & TrafficReport)
  | ({ readonly kind: 'cycles' } & CyclesReport)
  | { readonly kind: 'done' }
  | { readonly kind: 'failed'; readonly why: string };
