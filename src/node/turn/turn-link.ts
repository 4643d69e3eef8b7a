/**
 * The TURN client machine on real sockets, with promises for who does one thing after the other. Speaks UDP, TCP, TLS and
 * DTLS; follows the machine to other servers. Decides nothing itself.
 */
import type { Socket } from 'node:net';
import { type Env, type SocketAddress, StackError, sameAddress } from '../../base/index.ts';
import {
  type AllocateOptions,
  type Alternate,
  type ClientCredentials,
  type ClientTask,
  type ConnectionId,
  TurnClient,
  type TurnClientEvent,
  type TurnFailure,
} from '../../turn/index.ts';
import { type Driver, driveMachine } from '../driver.ts';
import { openPipe } from './open-pipe.ts';
import type { PipeOptions, SecureFacts, TurnPipe } from './pipe.ts';
import { openTurnData } from './turn-data.ts';

export interface TurnLinkOptions extends Omit<PipeOptions, 'patienceMs'> {
  readonly credentials?: ClientCredentials | undefined;
  /** For each step. UDP's own patience (RFC 8489 §6.2.1: 39.5 s) is too long for someone who watches. */
  readonly patienceMs?: number | undefined;
}

/** Its `code` is that of the failure. */
export class TurnLinkError extends StackError {
  readonly failure: TurnFailure;

  constructor(failure: TurnFailure, message: string, options?: { readonly cause?: unknown }) {
    super(failure.code, message, options);
    this.failure = failure;
  }
}

type EventOf<Type extends TurnClientEvent['type']> = Extract<TurnClientEvent, { readonly type: Type }>;

interface Waiting {
  readonly type: TurnClientEvent['type'];
  readonly fits: (event: TurnClientEvent) => boolean;
  readonly resolve: (event: TurnClientEvent) => void;
  readonly reject: (error: StackError) => void;
  readonly task: ClientTask | undefined;
}

const PATIENCE_MS = 5_000;

/** Events that came while nobody waited for them: some hundred packets of a test. */
const MAX_HELD = 1024;

/** Of these nothing is lost while nobody waits. */
const HELD: ReadonlySet<TurnClientEvent['type']> = new Set(['data', 'connection-attempt', 'icmp']);

/** Rejects with StackError `TURN_CONNECTION_CLOSED` when the server cannot be reached, with the reason in words. */
export async function openTurnLink(env: Env, options: TurnLinkOptions): Promise<TurnLink> {
  const link = new TurnLink(env, options);
  await link.open();
  return link;
}

export class TurnLink {
  readonly #env: Env;
  readonly #options: PipeOptions;
  readonly #client: TurnClient;
  readonly #driver: Driver;
  readonly #waiting = new Set<Waiting>();
  readonly #held: TurnClientEvent[] = [];
  readonly #redirects: Alternate[] = [];
  #relayed: readonly SocketAddress[] = [];
  #serverName: string | undefined;
  #pipe: TurnPipe | undefined;
  #ended = false;

  /** Connected to nothing yet: see `openTurnLink`. Throws `StackError` `TURN_USER_INVALID`. */
  constructor(env: Env, options: TurnLinkOptions) {
    this.#env = env;
    this.#options = { ...options, patienceMs: options.patienceMs ?? PATIENCE_MS };
    this.#serverName = options.serverName;
    this.#client = new TurnClient(env, options);
    this.#driver = driveMachine(this.#client, {
      onTransmit: ({ to, bytes }) => this.#pipe?.send(bytes, to),
      onEvent: (event) => this.#handleEvent(event),
      onFailure: (error) => this.#rejectAll(new StackError('TURN_CLIENT_FAILED', String(error))),
    });
  }

  async open(): Promise<void> {
    this.#pipe = await this.#openPipe(this.#options.server);
  }

  /** Our own end. */
  get local(): SocketAddress | undefined {
    return this.#pipe?.local;
  }

  /** Over TLS and DTLS. */
  get secure(): SecureFacts | undefined {
    return this.#pipe?.secure;
  }

  /** Our relayed addresses; none before `allocate`. */
  get relayed(): readonly SocketAddress[] {
    return this.#relayed;
  }

  /** Where the servers have sent us, in order. */
  get redirects(): readonly Alternate[] {
    return this.#redirects;
  }

  /** The address under which the server sees us, and how long the answer took. */
  bind(): Promise<EventOf<'mapped'>> {
    return this.#ask('mapped', 'binding', (now) => this.#client.bind(now));
  }

  allocate(options: AllocateOptions = {}): Promise<EventOf<'allocated'>> {
    return this.#ask('allocated', 'allocate', (now) => this.#client.allocate(now, options));
  }

  refresh(): Promise<EventOf<'refreshed'>> {
    return this.#ask('refreshed', 'refresh', (now) => this.#client.refresh(now));
  }

  permit(ips: readonly string[]): Promise<EventOf<'permitted'>> {
    return this.#ask('permitted', 'permission', (now) => this.#client.permit(now, ips));
  }

  bindChannel(peer: SocketAddress): Promise<EventOf<'channel-bound'>> {
    return this.#ask('channel-bound', 'channel', (now) => this.#client.bindChannel(now, peer));
  }

  /** RFC 6062; then `openData`. */
  connect(peer: SocketAddress): Promise<EventOf<'connected'>> {
    return this.#ask('connected', 'connect', (now) => this.#client.connect(now, peer));
  }

  /** A paused stream whose bytes are the peer's, for what `connect` or `nextAttempt` has named. */
  openData(connection: ConnectionId): Promise<Socket> {
    const options = { ...this.#options, server: this.#client.server, serverName: this.#serverName };
    return openTurnData(options, (now) => this.#client.dataConnection(now, connection));
  }

  send(peer: SocketAddress, data: Uint8Array): void {
    this.#driver.run((now) => void this.#client.send(now, peer, data));
  }

  /** The next datagram from any peer; those that have already come first. `waitMs`: default as for every step. */
  receive(waitMs?: number): Promise<EventOf<'data'>> {
    return this.#next('data', waitMs);
  }

  /** Rejects whoever waits for a datagram, with `STUN_TIMED_OUT`. */
  stopReceiving(): void {
    for (const { type, reject } of [...this.#waiting]) if (type === 'data') reject(timedOut(0));
  }

  /** The next peer that has connected to our relay. RFC 6062 §4.4. */
  nextAttempt(): Promise<EventOf<'connection-attempt'>> {
    return this.#next('connection-attempt');
  }

  /** Goes on from another local port, and takes the allocation along. RFC 8016. */
  async move(): Promise<void> {
    const before = this.#pipe;
    this.#pipe = await this.#openPipe(this.#client.server);
    await this.#ask('moved', 'move', (now) => this.#client.handlePathChanged(now));
    await before?.close();
  }

  /** Gives the allocation back and closes the socket. Never rejects; resolves with whether the server has answered. */
  async close(): Promise<boolean> {
    let answered = false;
    if (!this.#ended) {
      const closed = this.#wait('closed', undefined);
      this.#driver.run((now) => this.#client.close(now));
      answered = await closed.then(
        () => true,
        () => false,
      );
    }
    this.#driver.close();
    await this.#pipe?.close();
    return answered;
  }

  #openPipe(server: SocketAddress): Promise<TurnPipe> {
    let pipe: TurnPipe | undefined;
    const isCurrent = (): boolean => pipe === undefined || pipe === this.#pipe;
    const opened = openPipe(
      this.#env,
      { ...this.#options, server, serverName: this.#serverName },
      {
        onBytes: (from, bytes) => {
          if (!isCurrent() || !sameAddress(from, this.#client.server)) return;
          this.#driver.run((now) => this.#client.handleBytes(now, bytes));
        },
        onClosed: () => {
          if (isCurrent()) this.#driver.run((now) => this.#client.handleConnectionClosed(now));
        },
      },
    );
    return opened.then((ready) => {
      pipe = ready;
      return ready;
    });
  }

  /** RFC 8489 §10. */
  async #follow({ server, domain }: Alternate): Promise<void> {
    if (this.#options.transport === 'udp') return; // the same socket does
    const before = this.#pipe;
    this.#serverName = domain ?? this.#serverName;
    this.#pipe = undefined;
    await before?.close();
    try {
      this.#pipe = await this.#openPipe(server);
      this.#driver.run((now) => this.#client.handleConnected(now));
    } catch (error) {
      this.#rejectAll(
        error instanceof StackError ? error : new StackError('TURN_CLIENT_FAILED', String(error)),
      );
    }
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

  #next<Type extends TurnClientEvent['type']>(type: Type, waitMs?: number): Promise<EventOf<Type>> {
    const isOfType = (event: TurnClientEvent): event is EventOf<Type> => event.type === type;
    const at = this.#held.findIndex(isOfType);
    const held = this.#held[at];
    if (!held || !isOfType(held)) return this.#wait(type, undefined, waitMs);
    this.#held.splice(at, 1);
    return Promise.resolve(held);
  }

  #wait<Type extends TurnClientEvent['type']>(
    type: Type,
    task: ClientTask | undefined,
    waitMs = this.#options.patienceMs,
  ): Promise<EventOf<Type>> {
    const isOfType = (event: TurnClientEvent): event is EventOf<Type> => event.type === type;
    return new Promise((resolve, reject) => {
      const done = (): void => {
        clearTimeout(timer);
        this.#waiting.delete(waiting);
      };
      const waiting: Waiting = {
        type,
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
      const timer = setTimeout(() => waiting.reject(timedOut(waitMs)), waitMs);
      this.#waiting.add(waiting);
    });
  }

  #handleEvent(event: TurnClientEvent): void {
    if (event.type === 'closed') this.#ended = true;
    if (event.type === 'allocated') this.#relayed = event.relayed;
    const waiting = [...this.#waiting].find(({ fits }) => fits(event));
    if (waiting) {
      waiting.resolve(event);
      return;
    }
    if (HELD.has(event.type) && this.#held.length < MAX_HELD) this.#held.push(event);
    else if (event.type === 'redirected') {
      this.#redirects.push(event);
      void this.#follow(event);
    } else if (event.type === 'failed') {
      for (const { task, reject } of [...this.#waiting]) {
        if (task === event.task) reject(new TurnLinkError(event, sentence(event)));
      }
    } else if (event.type === 'closed' && event.failure) {
      this.#rejectAll(new TurnLinkError(event.failure, sentence(event.failure)));
    }
  }

  #rejectAll(error: StackError): void {
    for (const waiting of [...this.#waiting]) waiting.reject(error);
  }
}

function timedOut(waitMs: number): TurnLinkError {
  const failure = { code: 'STUN_TIMED_OUT', status: undefined, reason: '' } as const;
  return new TurnLinkError(failure, `No answer within ${waitMs} ms.`);
}

function sentence({ code, status, reason }: TurnFailure): string {
  const words = [status, reason].filter((word) => word !== undefined && word !== '').join(' ');
  return words === '' ? `The server did not do it (${code}).` : `The server answered ${words}.`;
}
