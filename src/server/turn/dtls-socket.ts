/** One UDP socket that speaks TURN over DTLS: connections to legs and back. RFC 7350. Decides nothing about TURN. */
import type { Env } from '../../base/index.ts';
import {
  DtlsServer,
  type DtlsServerEvent,
  type DtlsServerOptions,
  type DtlsServerStatistics,
  MAX_DTLS_MESSAGE_BYTES,
} from '../../dtls/index.ts';
import { type Driver, driveMachine, type UdpSocket } from '../../node/index.ts';
import type { Leg, LegId } from '../../turn/index.ts';

export interface DtlsSocketHandlers {
  /** Whether this client is listened to: asked before anything is read. */
  admits(ip: string): boolean;
  /** Decrypted; the bytes belong to the handler. */
  onMessage(leg: Leg, bytes: Uint8Array): void;
  /** The connection has ended, by whomever. */
  onClosed(leg: Leg): void;
}

export class DtlsSocket {
  readonly #socket: UdpSocket;
  readonly #nextId: () => LegId;
  readonly #handlers: DtlsSocketHandlers;
  readonly #machine: DtlsServer;
  readonly #driver: Driver;
  /** By the client's address as text. */
  readonly #legs = new Map<string, Leg>();
  #tooLong = 0;

  /** Owns the socket from now on. */
  constructor(
    env: Env,
    socket: UdpSocket,
    options: DtlsServerOptions,
    nextId: () => LegId,
    handlers: DtlsSocketHandlers,
  ) {
    this.#socket = socket;
    this.#nextId = nextId;
    this.#handlers = handlers;
    this.#machine = new DtlsServer(env, options);
    this.#driver = driveMachine(this.#machine, {
      onTransmit: ({ to, bytes }) => socket.send(bytes, to),
      onEvent: (event) => this.#handleEvent(event),
      onFailure: (error) => env.log.error('TURN over DTLS has failed.', { error: String(error) }),
    });
    socket.onDatagram((from, bytes) => {
      if (!handlers.admits(from.ip)) return;
      this.#driver.run((now) => this.#machine.handleDatagram(now, from, bytes));
    });
  }

  get port(): number {
    return this.#socket.local.port;
  }

  get statistics(): DtlsServerStatistics {
    return this.#machine.statistics;
  }

  /** Messages for clients that no record can hold. */
  get tooLong(): number {
    return this.#tooLong;
  }

  setIdentities(identities: DtlsServerOptions['identities']): void {
    this.#machine.setIdentities(identities);
  }

  /** `bytes` are borrowed. */
  send(leg: Leg, bytes: Uint8Array): void {
    if (bytes.length > MAX_DTLS_MESSAGE_BYTES) this.#tooLong += 1;
    else this.#driver.run((now) => this.#machine.send(now, leg.client, bytes));
  }

  /** While an allocation lives on it, its lifetime decides, not idleness. */
  setAllocated(leg: Leg, allocated: boolean): void {
    this.#machine.hold(leg.client, allocated);
  }

  end(leg: Leg): void {
    this.#driver.run((now) => this.#machine.closeConnection(now, leg.client));
  }

  /** Says goodbye to everybody, and frees the port. */
  async close(): Promise<void> {
    this.#driver.run((now) => this.#machine.close(now));
    this.#driver.close();
    await this.#socket.close();
  }

  #handleEvent(event: DtlsServerEvent): void {
    const key = `${event.client.port} ${event.client.ip}`;
    const leg = this.#legs.get(key);
    if (event.type === 'connected') {
      const { client } = event;
      this.#legs.set(key, { id: this.#nextId(), transport: 'dtls', client, server: this.#socket.local });
    } else if (!leg)
      return; // the handshake failed before there was a leg
    else if (event.type === 'data') this.#handlers.onMessage(leg, event.bytes);
    else {
      this.#legs.delete(key);
      this.#handlers.onClosed(leg);
    }
  }
}
