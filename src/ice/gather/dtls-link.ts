/**
 * DTLS to a STUN or TURN server, from the socket of a host candidate. Whether the certificate is to be trusted the shell
 * decides. RFC 7350 §3, RFC 8656 §3.1.
 */
import { type Env, type Millis, NEVER, type SocketAddress } from '../../base/index.ts';
import { DtlsConnection, type DtlsEvent, looksLikeDtls } from '../../dtls/index.ts';
import type { LinkEvents, ServerLink } from './server-link.ts';
import type { ServerEar, UdpBase } from './udp-base.ts';

/** Asks whether a chain vouches for the name. `done` may come later, or never. */
export type Verify = (
  chain: readonly Uint8Array[],
  serverName: string,
  done: (now: Millis, ok: boolean) => void,
) => void;

export class DtlsLink implements ServerLink, ServerEar {
  readonly server: SocketAddress;
  readonly #base: UdpBase;
  readonly #serverName: string;
  readonly #verify: Verify;
  readonly #events: LinkEvents;
  readonly #dtls: DtlsConnection;
  #opened = false;
  #closed = false;

  /** Says hello at once. */
  constructor(
    now: Millis,
    env: Env,
    base: UdpBase,
    server: SocketAddress,
    serverName: string,
    verify: Verify,
    events: LinkEvents,
  ) {
    this.server = server;
    this.#base = base;
    this.#serverName = serverName;
    this.#verify = verify;
    this.#events = events;
    this.#dtls = new DtlsConnection(env, { peer: { kind: 'ask' }, serverName });
    base.listen(this);
    this.#dtls.connect(now);
    this.#pump(now);
  }

  get opened(): boolean {
    return this.#opened;
  }

  /** Plain STUN from the same address is somebody else's. */
  handleServerBytes(now: Millis, bytes: Uint8Array): boolean {
    if (this.#closed || !looksLikeDtls(bytes)) return false;
    this.#dtls.handleDatagram(now, bytes);
    this.#pump(now);
    return true;
  }

  send(now: Millis, bytes: Uint8Array): void {
    if (this.#closed) return;
    this.#dtls.send(now, bytes);
    this.#pump(now);
  }

  close(now: Millis): void {
    if (this.#closed) return;
    this.#dtls.close(now);
    this.#drain(now);
    this.#end();
  }

  handleTimeout(now: Millis): void {
    if (this.#closed) return;
    this.#dtls.handleTimeout(now);
    this.#pump(now);
  }

  nextTimeout(): Millis {
    return this.#closed ? NEVER : this.#dtls.nextTimeout();
  }

  #pump(now: Millis): void {
    while (!this.#closed) {
      this.#drain(now);
      const event = this.#dtls.pollEvent();
      if (!event) return;
      this.#handle(now, event);
    }
  }

  #drain(now: Millis): void {
    for (let out = this.#dtls.pollTransmit(); out; out = this.#dtls.pollTransmit()) {
      this.#base.send(now, this.server, out);
    }
  }

  #handle(now: Millis, event: DtlsEvent): void {
    switch (event.type) {
      case 'peer-certificate':
        this.#verify(event.chain, this.#serverName, (at, ok) => this.#handleVerdict(at, ok));
        return;
      case 'connected':
        this.#opened = true;
        this.#events.onOpened(now);
        return;
      case 'data':
        this.#events.onBytes(now, event.bytes);
        return;
      case 'closed':
        this.#fail(now, 'The server has ended the connection.');
        return;
      case 'failed':
        this.#fail(now, `The secure connection to the server could not be made: ${event.message}`);
        return;
      default:
        event satisfies never;
    }
  }

  #handleVerdict(now: Millis, ok: boolean): void {
    if (this.#closed) return;
    if (ok) this.#dtls.acceptPeer(now);
    else {
      this.#dtls.rejectPeer(now);
      this.#drain(now);
      this.#fail(now, `The certificate of the server is not one to trust for ${this.#serverName}.`);
    }
    this.#pump(now);
  }

  #fail(now: Millis, why: string): void {
    if (this.#closed) return;
    this.#end();
    this.#events.onEnded(now, why);
  }

  #end(): void {
    this.#closed = true;
    this.#base.unlisten(this);
  }
}
