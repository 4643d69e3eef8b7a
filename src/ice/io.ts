/** What an ICE agent asks of the shell below it, and what it sends. Plain data. */
import type { SocketAddress } from '../base/index.ts';

/** A UDP socket, a listener or a stream; given out by the agent, never used twice. */
export type SocketId = number;

/** What the shell does for the agent; what came of it is told by the `handle…` of the same id. */
export type IceRequest =
  /** → `handleOpened`, `handleFailed`. Port 0: any. */
  | {
      readonly kind: 'open-udp';
      readonly socket: SocketId;
      readonly ip: string;
      readonly port: number;
      /** Other agents may have the same port: whose a datagram is the shell knows (`UdpMux`). */
      readonly shared: boolean;
    }
  /** → `handleOpened`, `handleFailed`, and `handleAccepted` for each connection. RFC 6544. */
  | { readonly kind: 'listen-tcp'; readonly socket: SocketId; readonly ip: string; readonly port: number }
  /** → `handleOpened`, `handleFailed`, later `handleClosed`. `serverName`: with TLS, for this name. */
  | {
      readonly kind: 'open-stream';
      readonly socket: SocketId;
      readonly to: SocketAddress;
      readonly fromIp: string | undefined;
      readonly serverName: string | undefined;
    }
  /** Nothing comes of it. */
  | { readonly kind: 'close'; readonly socket: SocketId }
  /** → `handleLookedUp`. Names ending in `.local` are asked for by multicast (RFC 6762). */
  | { readonly kind: 'lookup'; readonly lookup: number; readonly name: string }
  /** → `handleVerified`. Whether a TURN server over DTLS is who it says. DER, the server's own first. */
  | {
      readonly kind: 'verify';
      readonly check: number;
      readonly chain: readonly Uint8Array[];
      readonly serverName: string;
    }
  /** Answer for a `.local` name of ours until `withdraw`. RFC 6762, draft-ietf-mmusic-mdns-ice-candidates. */
  | { readonly kind: 'announce'; readonly name: string; readonly ip: string }
  | { readonly kind: 'withdraw'; readonly name: string };

/** What the shell knows of a socket that it has opened. */
export interface SocketFacts {
  /** Datagrams that are too long for the way are lost, not cut. */
  readonly neverFragments: boolean;
}

/** A datagram, or bytes of a stream; given away. */
export interface IceTransmit {
  readonly socket: SocketId;
  /** Of a stream: its other end. */
  readonly to: SocketAddress;
  readonly bytes: Uint8Array;
}
