/**
 * The TURN client machine on a real socket, with promises for what a check does one after the other. Speaks UDP, TCP
 * and TLS. Checks nothing itself.
 */
import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { type Env, familyOf, type SocketAddress, StackError } from '../../base/index.ts';
import { bindUdp, type Driver, driveMachine, plainBytes } from '../../node/index.ts';
import {
  type AllocateOptions,
  type ClientCredentials,
  type ClientTask,
  TurnClient,
  type TurnClientEvent,
} from '../../turn/index.ts';

export interface TurnLinkOptions {
  readonly server: SocketAddress;
  readonly transport: 'udp' | 'tcp' | 'tls';
  readonly credentials?: ClientCredentials;
  /** Over TLS: PEM of the authority to trust, or to take any certificate. */
  readonly tls?: { readonly ca?: string | undefined; readonly anyCertificate?: boolean };
  /** For each step. UDP's own patience (RFC 8489 §6.2.1: 39.5 s) is too long for someone who watches. */
  readonly patienceMs?: number;
}

type EventOf<Type extends TurnClientEvent['type']> = Extract<TurnClientEvent, { readonly type: Type }>;

interface Pipe {
  send(bytes: Uint8Array): void;
  close(): void;
}

interface Waiting {
  readonly fits: (event: TurnClientEvent) => boolean;
  readonly resolve: (event: TurnClientEvent) => void;
  readonly reject: (error: StackError) => void;
  readonly task: ClientTask | undefined;
}

const PATIENCE_MS = 5_000;

/** Messages that came while nobody waited; a check sends a handful. */
const MAX_HELD_DATA = 64;

/** Rejects with StackError `TURN_CONNECTION_CLOSED` when the server cannot be reached, with the reason in words. */
export async function openTurnLink(env: Env, options: TurnLinkOptions): Promise<TurnLink> {
  const link = new TurnLink(env, options);
  await link.open();
  return link;
}

export class TurnLink {
  readonly #options: TurnLinkOptions;
  readonly #client: TurnClient;
  readonly #driver: Driver;
  readonly #patienceMs: number;
  readonly #waiting = new Set<Waiting>();
  readonly #held: EventOf<'data'>[] = [];
  #pipe: Pipe | undefined;
  #ended = false;

  /** Connected to nothing yet: see `openTurnLink`. */
  constructor(env: Env, options: TurnLinkOptions) {
    this.#options = options;
    this.#patienceMs = options.patienceMs ?? PATIENCE_MS;
    this.#client = new TurnClient(env, options);
    this.#driver = driveMachine(this.#client, {
      onTransmit: ({ bytes }) => this.#pipe?.send(bytes),
      onEvent: (event) => this.#handleEvent(event),
      onFailure: (error) => this.#rejectAll(new StackError('TURN_CLIENT_FAILED', String(error))),
    });
  }

  async open(): Promise<void> {
    this.#pipe = this.#options.transport === 'udp' ? await this.#openUdp() : await this.#openStream();
  }

  /** The address under which the server sees us, and how long the answer took. */
  bind(): Promise<EventOf<'mapped'>> {
    return this.#ask('mapped', 'binding', (now) => this.#client.bind(now));
  }

  allocate(options: AllocateOptions = {}): Promise<EventOf<'allocated'>> {
    return this.#ask('allocated', 'allocate', (now) => this.#client.allocate(now, options));
  }

  permit(ips: readonly string[]): Promise<EventOf<'permitted'>> {
    return this.#ask('permitted', 'permission', (now) => this.#client.permit(now, ips));
  }

  bindChannel(peer: SocketAddress): Promise<EventOf<'channel-bound'>> {
    return this.#ask('channel-bound', 'channel', (now) => this.#client.bindChannel(now, peer));
  }

  send(peer: SocketAddress, data: Uint8Array): void {
    this.#driver.run((now) => void this.#client.send(now, peer, data));
  }

  /** The next datagram from any peer; those that have already come first. */
  receive(): Promise<EventOf<'data'>> {
    const held = this.#held.shift();
    return held ? Promise.resolve(held) : this.#wait('data', undefined);
  }

  /** Gives the allocation back and closes the socket. Never rejects. */
  async close(): Promise<void> {
    if (!this.#ended) {
      const closed = this.#wait('closed', undefined).catch(() => undefined);
      this.#driver.run((now) => this.#client.close(now));
      await closed;
    }
    this.#driver.close();
    this.#pipe?.close();
  }

  #ask<Type extends TurnClientEvent['type']>(
    type: Type,
    task: ClientTask,
    step: (now: number) => void,
  ): Promise<EventOf<Type>> {
    const answered = this.#wait(type, task);
    this.#driver.run(step);
    return answered;
  }

  #wait<Type extends TurnClientEvent['type']>(
    type: Type,
    task: ClientTask | undefined,
  ): Promise<EventOf<Type>> {
    const isOfType = (event: TurnClientEvent): event is EventOf<Type> => event.type === type;
    return new Promise((resolve, reject) => {
      const done = (): void => {
        clearTimeout(timer);
        this.#waiting.delete(waiting);
      };
      const waiting: Waiting = {
        task,
        fits: isOfType,
        resolve: (event) => {
          done();
          if (isOfType(event)) resolve(event);
        },
        reject: (error) => {
          done();
          reject(error);
        },
      };
      const timer = setTimeout(() => {
        waiting.reject(new StackError('STUN_TIMED_OUT', `No answer within ${this.#patienceMs} ms.`));
      }, this.#patienceMs);
      this.#waiting.add(waiting);
    });
  }

  #handleEvent(event: TurnClientEvent): void {
    if (event.type === 'closed') this.#ended = true;
    const waiting = [...this.#waiting].find(({ fits }) => fits(event));
    if (waiting) {
      waiting.resolve(event);
      return;
    }
    if (event.type === 'data' && this.#held.length < MAX_HELD_DATA) this.#held.push(event);
    else if (event.type === 'failed') this.#rejectTask(event);
    else if (event.type === 'closed' && event.failure) {
      this.#rejectAll(new StackError(event.failure.code, sentence(event.failure)));
    }
  }

  #rejectTask(event: EventOf<'failed'>): void {
    for (const waiting of [...this.#waiting]) {
      if (waiting.task === event.task) waiting.reject(new StackError(event.code, sentence(event)));
    }
  }

  #rejectAll(error: StackError): void {
    for (const waiting of [...this.#waiting]) waiting.reject(error);
  }

  #handleBytes(bytes: Uint8Array): void {
    this.#driver.run((now) => this.#client.handleBytes(now, bytes));
  }

  async #openUdp(): Promise<Pipe> {
    const { server } = this.#options;
    const socket = await bindUdp({ ip: familyOf(server.ip) === 4 ? '0.0.0.0' : '::', port: 0 });
    socket.onDatagram((from, bytes) => {
      if (from.ip === server.ip && from.port === server.port) this.#handleBytes(bytes);
    });
    return { send: (bytes) => socket.send(bytes, server), close: () => void socket.close() };
  }

  #openStream(): Promise<Pipe> {
    const { server, transport, tls } = this.#options;
    const to = { host: server.ip, port: server.port };
    const socket: Socket =
      transport === 'tcp'
        ? connectTcp(to)
        : connectTls({
            ...to,
            ALPNProtocols: ['stun.turn'], // RFC 7443 §3
            ...(tls?.ca !== undefined && { ca: tls.ca }),
            rejectUnauthorized: tls?.anyCertificate !== true,
          });
    socket.setNoDelay(true);
    return new Promise((resolve, reject) => {
      const fail = (why: string, cause?: unknown): void => {
        socket.destroy();
        reject(new StackError('TURN_CONNECTION_CLOSED', why, { cause }));
      };
      socket.setTimeout(this.#patienceMs, () => fail(`No connection within ${this.#patienceMs} ms.`));
      socket.once('error', (error) => fail(error.message, error));
      socket.once(transport === 'tcp' ? 'connect' : 'secureConnect', () => {
        socket.setTimeout(0);
        socket.on('error', () => socket.destroy());
        socket.on('data', (chunk) => this.#handleBytes(plainBytes(chunk)));
        socket.once('close', () => this.#driver.run((now) => this.#client.handleConnectionClosed(now)));
        resolve({ send: (bytes) => void socket.write(bytes), close: () => void socket.destroy() });
      });
    });
  }
}

function sentence({
  code,
  status,
  reason,
}: {
  code: string;
  status: number | undefined;
  reason: string;
}): string {
  const words = [status, reason].filter((word) => word !== undefined && word !== '').join(' ');
  return words === '' ? `The server did not do it (${code}).` : `The server answered ${words}.`;
}
