/** What comes out of the TURN server besides packets: orders for the shell, and facts for logs and metrics. */
import type { IpFamily, Millis, SocketAddress } from '../base/index.ts';
import type { ConnectionId } from './connection-id.ts';
import type { Leg } from './leg.ts';
import type { RelayId, RelayProtocol } from './relay.ts';
import type { Traffic } from './traffic.ts';

/** `bytes` are given away. */
export type TurnTransmit =
  | { readonly kind: 'client'; readonly leg: Leg; readonly bytes: Uint8Array }
  | {
      readonly kind: 'peer';
      readonly relay: RelayId;
      readonly to: SocketAddress;
      /** Set DF; only where `capabilities.dontFragment` says that it can be done. RFC 8656 §14. */
      readonly dontFragment?: true;
      readonly bytes: Uint8Array;
    }
  /** For another machine of this server: give it to `handleSiblingData` of that shard. */
  | {
      readonly kind: 'sibling';
      readonly shard: number;
      /** Both relayed addresses. */
      readonly from: SocketAddress;
      readonly to: SocketAddress;
      readonly bytes: Uint8Array;
    };

export type AllocationEnd =
  /** The client asked, by a Refresh with lifetime 0. */
  | 'deleted'
  | 'expired'
  /** The stream to the client ended. */
  | 'leg-closed'
  /** The server was closed. */
  | 'server-closed'
  /** An operator ended it. */
  | 'kicked';

export type TurnServerEvent =
  /** Order: bind a socket to this port (for this leg; TCP: and listen), then `handleRelayOpened` or `handleRelayFailed`. */
  | {
      readonly type: 'open-relay';
      readonly relay: RelayId;
      readonly leg: Leg;
      readonly protocol: RelayProtocol;
      readonly family: IpFamily;
      readonly port: number;
      /** As the client will be told. */
      readonly address: SocketAddress;
    }
  /** Order: close it. May come while it is still being opened: then it closes as soon as it is bound. */
  | { readonly type: 'close-relay'; readonly relay: RelayId }
  /** Order: destroy the connection, its stream makes no sense. */
  | { readonly type: 'close-leg'; readonly leg: Leg; readonly reason: string }
  /**
   * Order: the request belongs to another shard, which answers it. All that comes on this 5-tuple goes there from now
   * on. `bytes` are given away.
   */
  | {
      readonly type: 'hand-over';
      readonly leg: Leg;
      readonly shard: number;
      readonly bytes: Uint8Array;
    }
  /**
   * Order: connect to the peer from the relay's address, then `handlePeerConnected` or `handlePeerConnectFailed`.
   * RFC 6062 §5.2.
   */
  | {
      readonly type: 'connect-peer';
      readonly connection: ConnectionId;
      readonly relay: RelayId;
      readonly to: SocketAddress;
      /** The relay whose address `to` is: it listens on this machine. */
      readonly sibling?: RelayId;
    }
  /** Order: from now on bytes go raw between this leg and the peer, both ways; the leg has left the machine. */
  | { readonly type: 'join-connection'; readonly connection: ConnectionId; readonly leg: Leg }
  /** Order: end the connection to the peer, and that to the client if they are joined. */
  | { readonly type: 'close-connection'; readonly connection: ConnectionId }
  /**
   * Order: find out the credentials of this user, then `handleCredentials`, best within 10 s. The name is a stranger's
   * word; its client has proved its address. With `wantCredentials` only.
   */
  | { readonly type: 'want-credentials'; readonly name: string; readonly realm: string }
  /** The leg's id must stay the same from here … */
  | {
      readonly type: 'allocation-created';
      readonly leg: Leg;
      readonly username: string;
      readonly relayed: readonly SocketAddress[];
      readonly lifetimeSeconds: number;
    }
  /**
   * The allocation lives on both legs until one is released: the id of `to` must stay the same too. `leg` is `to`.
   * RFC 8016 §3.2.2.
   */
  | {
      readonly type: 'allocation-moved';
      readonly leg: Leg;
      readonly from: Leg;
      readonly to: Leg;
      readonly username: string;
    }
  /** An allocation that goes on elsewhere has done with this leg. */
  | { readonly type: 'leg-released'; readonly leg: Leg }
  /** … to here. */
  | {
      readonly type: 'allocation-ended';
      readonly leg: Leg;
      readonly username: string;
      readonly reason: AllocationEnd;
      readonly traffic: Readonly<Traffic>;
      readonly lastedMs: Millis;
    }
  /** A request answered with an error, the ordinary first 401 aside. */
  | { readonly type: 'refused'; readonly leg: Leg; readonly method: number; readonly code: number };

/** Counts since the start; the ones that a flood would raise are numbers here, not events. */
export interface TurnStatistics {
  readonly allocations: number;
  /** Sockets held: allocated, reserved, being opened. */
  readonly relays: number;
  readonly bindings: number;
  /** First 401 of an Allocate without credentials. */
  readonly challenges: number;
  readonly retransmissions: number;
  /** Not STUN, or broken. */
  readonly malformed: number;
  /** Unauthenticated answers withheld. */
  readonly rateLimited: number;
  /** Data to or from a peer that was not relayed. */
  readonly droppedPackets: number;
  /** Of those, for being over a byte rate. */
  readonly throttledPackets: number;
  /** TCP connections to peers, open and in the making. RFC 6062. */
  readonly connections: number;
  /** ICMP messages told to clients. */
  readonly icmpReports: number;
  readonly relayedPackets: number;
  readonly relayedBytes: number;
  readonly rememberedAnswers: number;
}
