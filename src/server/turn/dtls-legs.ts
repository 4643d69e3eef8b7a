/** All clients over DTLS: a socket for each address of this machine, on one port. RFC 7350, RFC 7443. */
import type { Env, SocketAddress } from '../../base/index.ts';
import type { DtlsIdentity, DtlsServerLimits, DtlsServerOptions } from '../../dtls/index.ts';
import { bindUdp, readPemIdentity } from '../../node/index.ts';
import { looksLikeStun } from '../../stun/index.ts';
import { isChannelData, type Leg, type LegId } from '../../turn/index.ts';
import { DtlsSocket, type DtlsSocketHandlers } from './dtls-socket.ts';

export interface DtlsLegsOptions {
  /** 0 takes a free one. */
  readonly port: number;
  readonly credentials: DtlsCredentials;
  readonly limits?: Partial<DtlsServerLimits>;
}

/** PEM texts. `cert` is the chain, the leaf first. */
export interface DtlsCredentials {
  readonly key: string;
  readonly cert: string;
}

export interface DtlsLegsStatistics {
  /** Connections, with those whose handshake is under way. */
  readonly connections: number;
  readonly refused: number;
  /** Datagrams that were no DTLS, or of no connection, and messages that were no TURN. */
  readonly noise: number;
  readonly cookiesSent: number;
  /** Data for clients that no record can hold. */
  readonly dropped: number;
}

/** RFC 7443 §3. A client that offers no protocol at all is served as well. */
const APPLICATION_PROTOCOLS = ['stun.turn', 'stun.nat-discovery'];

/** Without an allocation; as over TCP. */
const IDLE_MS = 30_000;

/** Listens on all of `ips`, or rejects with a StackError of `bindError`; nothing stays open then. */
export async function openDtlsLegs(
  env: Env,
  ips: readonly string[],
  options: DtlsLegsOptions,
  nextId: () => LegId,
  handlers: DtlsSocketHandlers,
): Promise<DtlsLegs> {
  const legs = new DtlsLegs(env, options, nextId, handlers);
  try {
    await legs.follow(ips);
    return legs;
  } catch (error) {
    await legs.close();
    throw error;
  }
}

export class DtlsLegs {
  readonly #env: Env;
  readonly #limits: Partial<DtlsServerLimits> | undefined;
  readonly #nextId: () => LegId;
  readonly #handlers: DtlsSocketHandlers;
  readonly #cookieSecret: Uint8Array;
  /** By local address. */
  readonly #sockets = new Map<string, DtlsSocket>();
  #identities: readonly DtlsIdentity[];
  #port: number;
  #noise = 0;
  #closed = false;

  /** Listens on nothing yet: see `openDtlsLegs`. Throws for credentials that cannot be read. */
  constructor(env: Env, options: DtlsLegsOptions, nextId: () => LegId, handlers: DtlsSocketHandlers) {
    this.#env = env;
    this.#limits = options.limits;
    this.#nextId = nextId;
    this.#port = options.port;
    this.#cookieSecret = env.random.bytes(32);
    this.#identities = [readPemIdentity(options.credentials.cert, options.credentials.key)];
    this.#handlers = {
      ...handlers,
      onMessage: (leg, bytes) => {
        if (isChannelData(bytes) || looksLikeStun(bytes)) handlers.onMessage(leg, bytes);
        else this.#noise += 1;
      },
    };
  }

  get port(): number {
    return this.#port;
  }

  /** What is listened on. */
  get services(): readonly SocketAddress[] {
    return [...this.#sockets.keys()].map((ip) => ({ ip, port: this.#port }));
  }

  get statistics(): DtlsLegsStatistics {
    const sum = { connections: 0, refused: 0, noise: this.#noise, cookiesSent: 0, dropped: 0 };
    for (const socket of this.#sockets.values()) {
      const { connections, refused, noise, cookiesSent } = socket.statistics;
      sum.connections += connections;
      sum.refused += refused;
      sum.noise += noise;
      sum.cookiesSent += cookiesSent;
      sum.dropped += socket.tooLong;
    }
    return sum;
  }

  /** Listens on these addresses, and no longer on others. Rejects with a StackError of `bindError` at the first that fails. */
  async follow(ips: readonly string[]): Promise<void> {
    for (const [ip, socket] of this.#sockets) {
      if (ips.includes(ip)) continue;
      this.#sockets.delete(ip);
      await socket.close();
    }
    for (const ip of ips) if (!this.#sockets.has(ip)) await this.#listen(ip);
  }

  /** For the connections that begin from now on. Throws for credentials that cannot be read, and changes nothing then. */
  setCredentials({ cert, key }: DtlsCredentials): void {
    this.#identities = [readPemIdentity(cert, key)];
    for (const socket of this.#sockets.values()) socket.setIdentities(this.#identities);
  }

  /** `bytes` are borrowed. */
  send(leg: Leg, bytes: Uint8Array): void {
    this.#sockets.get(leg.server.ip)?.send(leg, bytes);
  }

  setAllocated(leg: Leg, allocated: boolean): void {
    this.#sockets.get(leg.server.ip)?.setAllocated(leg, allocated);
  }

  end(leg: Leg): void {
    this.#sockets.get(leg.server.ip)?.end(leg);
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#sockets.values()].map((socket) => socket.close()));
    this.#sockets.clear();
  }

  async #listen(ip: string): Promise<void> {
    const socket = await bindUdp({ ip, port: this.#port, log: this.#env.log });
    if (this.#closed) {
      await socket.close();
      return;
    }
    this.#port = socket.local.port;
    const options: DtlsServerOptions = {
      identities: this.#identities,
      peer: { kind: 'none' },
      applicationProtocols: APPLICATION_PROTOCOLS,
      cookieSecret: this.#cookieSecret,
      limits: { idleMs: IDLE_MS, ...this.#limits },
    };
    this.#sockets.set(ip, new DtlsSocket(this.#env, socket, options, this.#nextId, this.#handlers));
  }
}
