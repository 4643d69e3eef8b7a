/** One DtlsServer and any number of clients, in virtual time, over paths that a test may spoil. */
import { formatAddress, type Millis, NEVER, type SocketAddress } from '../../../src/base/index.ts';
import {
  DtlsConnection,
  type DtlsEvent,
  type DtlsOptions,
  DtlsServer,
  type DtlsServerEvent,
  type DtlsServerOptions,
} from '../../../src/dtls/index.ts';
import { IDENTITIES } from './identities.ts';
import { LATENCY_MS, labEnv } from './lab.ts';

export interface CrowdClient {
  readonly address: SocketAddress;
  readonly machine: DtlsConnection;
  readonly events: DtlsEvent[];
}

export interface CrowdPassing {
  readonly from: 'client' | 'server';
  readonly client: SocketAddress;
  /** Counted over all paths, from 0. */
  readonly number: number;
  readonly bytes: Uint8Array;
}

interface Underway {
  readonly toServer: boolean;
  readonly client: SocketAddress;
  readonly at: Millis;
  readonly bytes: Uint8Array;
}

export class DtlsCrowd {
  readonly server: DtlsServer;
  readonly clients = new Map<string, CrowdClient>();
  readonly events: DtlsServerEvent[] = [];
  readonly sent: CrowdPassing[] = [];
  now: Millis = 0;
  /** Whether a datagram is lost. */
  loses: (datagram: CrowdPassing) => boolean = () => false;
  readonly #underway: Underway[] = [];
  #seed = 1;

  constructor(options: Partial<DtlsServerOptions> = {}) {
    this.server = new DtlsServer(labEnv(9), {
      identities: [IDENTITIES.ecdsa],
      peer: { kind: 'none' },
      cookieSecret: new Uint8Array(32).fill(7),
      ...options,
    });
  }

  /** A client that says hello. One that was at this address before is gone without a word. */
  join(address: SocketAddress, options: Partial<DtlsOptions> = {}): CrowdClient {
    const machine = new DtlsConnection(labEnv(this.#seed), { peer: { kind: 'none' }, ...options });
    this.#seed += 1;
    const client = { address, machine, events: [] };
    this.clients.set(formatAddress(address), client);
    machine.connect(this.now);
    this.drain();
    return client;
  }

  /** Lets time pass. */
  run(untilMs: Millis): this {
    this.drain();
    for (;;) {
      const next = Math.min(
        this.server.nextTimeout(),
        ...this.#underway.map(({ at }) => at),
        ...[...this.clients.values()].map(({ machine }) => machine.nextTimeout()),
      );
      if (next === NEVER || next > untilMs) break;
      this.now = Math.max(this.now, next);
      this.#step();
    }
    this.now = Math.max(this.now, untilMs);
    return this;
  }

  drain(): void {
    for (let out = this.server.pollTransmit(); out; out = this.server.pollTransmit()) {
      this.#post({ from: 'server', client: out.to, number: this.sent.length, bytes: out.bytes });
    }
    for (let event = this.server.pollEvent(); event; event = this.server.pollEvent()) {
      this.events.push(event);
    }
    for (const { address, machine, events } of this.clients.values()) {
      for (let bytes = machine.pollTransmit(); bytes; bytes = machine.pollTransmit()) {
        this.#post({ from: 'client', client: address, number: this.sent.length, bytes });
      }
      for (let event = machine.pollEvent(); event; event = machine.pollEvent()) events.push(event);
    }
  }

  #post(datagram: CrowdPassing): void {
    this.sent.push(datagram);
    if (this.loses(datagram)) return;
    const { from, client, bytes } = datagram;
    this.#underway.push({ toServer: from === 'client', client, at: this.now + LATENCY_MS, bytes });
  }

  #step(): void {
    for (const datagram of this.#underway.filter(({ at }) => at <= this.now)) {
      this.#underway.splice(this.#underway.indexOf(datagram), 1);
      if (datagram.toServer) this.server.handleDatagram(this.now, datagram.client, datagram.bytes);
      else {
        const client = this.clients.get(formatAddress(datagram.client));
        client?.machine.handleDatagram(this.now, datagram.bytes);
      }
      this.drain();
    }
    this.server.handleTimeout(this.now);
    for (const { machine } of this.clients.values()) machine.handleTimeout(this.now);
    this.drain();
  }
}
