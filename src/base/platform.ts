/**
 * What lies under every shell: sockets, addresses and names, of an operating system or of a simulated network.
 * Interfaces only. A call returns at once; what comes of it comes by a callback, never from inside the call.
 */
import type { IpFamily, SocketAddress } from './address.ts';

/** Either `value`, or `error`: a `StackError` with a stable code. Called once. */
export type Settled<T> = (
  outcome:
    | { readonly value: T; readonly error?: undefined }
    | { readonly value?: undefined; readonly error: Error },
) => void;

/** `bytes` belong to the handler; of a socket that was bound `batched` they are borrowed until it returns. */
export type DatagramHandler = (from: SocketAddress, bytes: Uint8Array) => void;

export interface UdpBinding {
  /** A local address, or `0.0.0.0` / `::`. An IPv6 socket never takes IPv4 traffic. */
  readonly ip: string;
  /** 0 lets the system choose. */
  readonly port: number;
  /** What to ask the system for, in bytes; it may give less. */
  readonly receiveBufferBytes?: number;
  /**
   * The shell may take and send many datagrams in one call. What the handler is given is then overwritten once it returns,
   * and what is given to `send` is the caller's again once that returns.
   */
  readonly batched?: boolean;
  /** Hears this group too, and shares the port with whoever else does. RFC 6762 §15. */
  readonly multicastGroup?: string;
}

/** A bound UDP socket. Sending never throws and never waits: what cannot be sent is lost, as a datagram may be. */
export interface DatagramSocket {
  readonly local: SocketAddress;
  /** What is too long for the way is lost, not cut (DF): only then can a path be probed for its MTU. RFC 8899 §3. */
  readonly neverFragments: boolean;
  /** `bytes` are given away, unless it was bound `batched`: then they are copied. After `close` it does nothing. */
  send(bytes: Uint8Array, to: SocketAddress): void;
  /**
   * Replaces the handlers. Set them in the callback that gave the socket, so that nothing is missed. `afterBatch` is called
   * behind the last of those that came together.
   */
  onDatagram(handler: DatagramHandler, afterBatch?: () => void): void;
  /** Idempotent. No datagram comes after it. */
  close(): void;
}

export interface StreamHandlers {
  /** `bytes` belong to the handler. */
  onBytes(bytes: Uint8Array): void;
  /** All that waited has been taken: `waitingBytes` is 0 again. */
  onDrained?(): void;
  /** The other side sends no more; ours may go on. */
  onEnded?(): void;
  /** Once, last: both sides ended, or either aborted, or the way between them was lost. */
  onClosed(): void;
}

/** A TCP connection: bytes in order, cut anywhere. */
export interface ByteStream {
  readonly local: SocketAddress;
  readonly remote: SocketAddress;
  /** Written and not taken yet: who writes on while it grows owns the memory. */
  readonly waitingBytes: number;
  /** Replaces the handlers. Set them in the callback that gave the stream, so that nothing is missed. */
  listen(handlers: StreamHandlers): void;
  /** `bytes` are given away. After `end` or `abort` it does nothing. */
  write(bytes: Uint8Array): void;
  /** Ends our side once everything written is there. */
  end(): void;
  /** Ends both sides at once (RST). Idempotent; `onClosed` follows. */
  abort(): void;
}

export interface StreamListener {
  readonly local: SocketAddress;
  /** Takes no more connections; those that there are stay. Idempotent. */
  close(): void;
}

export interface InterfaceAddress {
  /** Canonical, without a zone. */
  readonly ip: string;
  readonly family: IpFamily;
  readonly interfaceName: string;
}

export interface TlsOptions {
  /** What the certificate must be for, and SNI where it is a name. */
  readonly serverName: string;
  /** ALPN, best first. */
  readonly applicationProtocols?: readonly string[];
}

export interface Platform {
  bindUdp(binding: UdpBinding, done: Settled<DatagramSocket>): void;
  /** `onStream` takes each connection over. */
  listenTcp(
    local: SocketAddress,
    onStream: (stream: ByteStream) => void,
    done: Settled<StreamListener>,
  ): void;
  /** `from`: a local address, best with port 0. */
  connectTcp(to: SocketAddress, done: Settled<ByteStream>, from?: SocketAddress): void;
  /** TLS inside the connection; the certificate must be one that the system trusts. */
  connectTls(to: SocketAddress, options: TlsOptions, done: Settled<ByteStream>): void;
  /** Whether the system trusts this certificate for that name: for what speaks DTLS. DER, the server's own first. */
  verifyChain(chain: readonly Uint8Array[], serverName: string, done: Settled<true>): void;
  /** As they are at this moment, the likeliest to be of use first. */
  interfaces(): readonly InterfaceAddress[];
  /** The addresses of a name, canonical, best first; of an address: itself. Never an empty list. */
  lookup(name: string, done: Settled<readonly string[]>): void;
}
