/** One way to a STUN or TURN server, whatever it is made of. Knows nothing of what the bytes mean. RFC 8656 §3.1. */
import type { SocketAddress } from '../../base/index.ts';
import type { ClientTransport } from '../../turn/index.ts';
import type { CertificateFacts } from './certificate-facts.ts';

export interface PipeOptions {
  readonly transport: ClientTransport;
  readonly server: SocketAddress;
  /** The name in its certificate and in SNI; without: its address. */
  readonly serverName?: string | undefined;
  /** PEM of an authority to trust beside those that Node knows. */
  readonly ca?: string | undefined;
  /** Go on with whatever certificate; `secure.certificate.fault` tells what is wrong with it. */
  readonly anyCertificate?: boolean | undefined;
  /** For connecting, handshakes included. */
  readonly patienceMs: number;
}

export interface PipeHandlers {
  /** `bytes` are borrowed. */
  onBytes(from: SocketAddress, bytes: Uint8Array): void;
  /** Once, unless `close` was called before. */
  onClosed(): void;
}

/** What TLS or DTLS has agreed upon. */
export interface SecureFacts {
  readonly protocol: string;
  readonly cipher: string;
  /** ALPN: `stun.turn` where the server knows RFC 7443. */
  readonly applicationProtocol: string | undefined;
  readonly certificate: CertificateFacts | undefined;
}

export interface TurnPipe {
  readonly local: SocketAddress;
  readonly secure: SecureFacts | undefined;
  /** `bytes` are given away. `to` matters to datagrams only; a stream has one other end. */
  send(bytes: Uint8Array, to: SocketAddress): void;
  /** Idempotent; no handler is called after it. */
  close(): Promise<void>;
}
