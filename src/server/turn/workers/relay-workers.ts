/**
 * The relay workers, seen from the main thread: opens their listening sockets, starts them, starts again what has died,
 * carries word between them. Relays nothing itself. docs/adr/0008.
 */
import type { Socket } from 'node:net';
import { type Log, type Millis, randomBelow, type SocketAddress, StackError } from '../../../base/index.ts';
import {
  type Kernel,
  KernelMemory,
  nodeRandom,
  type UdpCounts,
  UdpDescriptors,
  writeName,
} from '../../../node/index.ts';
import type { BindingAnswer } from '../../../stun/index.ts';
import type {
  BandwidthLedger,
  FoundCredentials,
  QuotaLedger,
  SessionFacts,
  SessionFilter,
} from '../../../turn/index.ts';
import type { StreamEnds } from '../../front/stream-ends.ts';
import type { ClientDatagrams } from '../client-datagrams.ts';
import type { TurnFact } from '../turn-fact.ts';
import { HandedStreams } from './handed-streams.ts';
import { RelayHand } from './relay-hand.ts';
import { SharedBacklog } from './shared-backlog.ts';
import { SharedBandwidth } from './shared-bandwidth.ts';
import { SharedQuotas } from './shared-quotas.ts';
import type { WorkerStatistics } from './statistics-board.ts';
import type {
  Answer,
  FromWorker,
  HandedOver,
  Question,
  SharedMemory,
  SharedTurnOptions,
  SiblingData,
  Surroundings,
  WorkerChanges,
  WorkerStart,
} from './worker-messages.ts';

/** 4 MiB holds about 30 ms of a gigabit: long enough for a collection pause, short enough to stay live. */
const LISTENER_BUFFER_BYTES = 4 * 2 ** 20;
/** After a death; twice as long after each further one, until a worker has lived for a minute. */
const FIRST_RESTART_MS = 100;
const LONGEST_RESTART_MS = 30_000;
const HEALTHY_AFTER_MS: Millis = 60_000;
const MSG_DONTWAIT = 0x40;
const NAME_BYTES = 32;
const DATAGRAM_BYTES = 65_536;
const MAIN_SHARD = 0;

export interface RelayWorkersOptions {
  readonly kernel: Kernel;
  /** Whether the kernel cuts runs apart. */
  readonly segments: boolean;
  /** At least 1. */
  readonly count: number;
  readonly start: Pick<WorkerStart, 'publicIps' | 'clients' | 'rfc3489' | 'streams'>;
  readonly options: SharedTurnOptions;
}

export interface RelayWorkersHandlers {
  onFact(fact: TurnFact): void;
  onWantCredentials(name: string, realm: string): void;
  /** For a socket that is not a worker's. */
  onBindingAnswer(answer: BindingAnswer): void;
  /** For the machine of the main thread. */
  onHandOver(datagram: HandedOver): void;
  onSibling(data: SiblingData): void;
  /** A TCP client from there, which a worker had, is gone. */
  onStreamClosed(ip: string): void;
  /** It is served here from now on. */
  onStreamReturned(socket: Socket, ends: StreamEnds): void;
}

export class RelayWorkers implements ClientDatagrams {
  readonly quotas: QuotaLedger;
  readonly bandwidth: BandwidthLedger;
  readonly #log: Log;
  readonly #options: RelayWorkersOptions;
  readonly #handlers: RelayWorkersHandlers;
  readonly #sockets: UdpDescriptors;
  readonly #hands: readonly RelayHand[];
  readonly #memory: SharedMemory;
  readonly #ledger: SharedQuotas;
  readonly #backlog: SharedBacklog;
  readonly #streams: HandedStreams;
  /** A datagram of ours, and a name. */
  readonly #scratch: KernelMemory;
  readonly #counts: UdpCounts = { received: 0, sent: 0, sendFailed: 0 };
  #turnOptions: SharedTurnOptions;
  #clients: WorkerStart['clients'];
  #draining = false;
  #surroundings: Surroundings = { relayIps: [], ownServices: [], sites: new Map() };
  #started = false;
  #closed = false;
  #deaths = 0;
  #restartMs = FIRST_RESTART_MS;
  readonly #restarts = new Set<NodeJS.Timeout>();

  constructor(log: Log, options: RelayWorkersOptions, handlers: RelayWorkersHandlers) {
    this.#log = log;
    this.#options = options;
    this.#handlers = handlers;
    this.#turnOptions = options.options;
    this.#clients = options.start.clients;
    this.#sockets = new UdpDescriptors(options.kernel);
    this.#scratch = new KernelMemory(options.kernel, NAME_BYTES + DATAGRAM_BYTES);
    this.#hands = Array.from({ length: options.count }, (_, i) => new RelayHand(options.kernel, i + 1));
    this.#streams = new HandedStreams(options.kernel, this.#hands, (ip) => handlers.onStreamClosed(ip));
    this.#memory = {
      quotas: SharedQuotas.buffer(this.#shards),
      quotaSeed: randomBelow(nodeRandom, 2 ** 31),
      bandwidth: SharedBandwidth.buffer(),
      backlog: SharedBacklog.buffer(this.#shards),
    };
    this.#backlog = new SharedBacklog(this.#memory.backlog);
    this.#ledger = new SharedQuotas(this.#memory.quotas, MAIN_SHARD, this.#shards, this.#memory.quotaSeed);
    this.quotas = this.#ledger;
    this.bandwidth = new SharedBandwidth(this.#memory.bandwidth);
  }

  get #shards(): number {
    return this.#options.count + 1;
  }

  /** For the machine of the main thread. */
  get shard(): { readonly index: number; readonly count: number } {
    return { index: MAIN_SHARD, count: this.#shards };
  }

  get addresses(): readonly string[] {
    return this.#hands[0]?.listeners.map(({ local }) => local.ip) ?? [];
  }

  /** What this thread has sent; what the workers have is in their statistics. */
  get counts(): Readonly<UdpCounts> {
    return this.#counts;
  }

  /** How often a worker has ended by itself. */
  get deaths(): number {
    return this.#deaths;
  }

  /** `sum`, and what the workers have published, some milliseconds old. */
  addStatistics(sum: WorkerStatistics): WorkerStatistics {
    const own = { ...sum, droppedPackets: sum.droppedPackets + this.#backlog.dropped };
    return this.#hands.reduce((total, { board }) => board.addTo(total), own);
  }

  /** A socket for each worker. */
  async listen(address: SocketAddress): Promise<number> {
    const opened: number[] = [];
    let local = address;
    try {
      for (const [i] of this.#hands.entries()) {
        const share = i === 0 ? 'first' : 'further';
        const fd = this.#sockets.open(local, { share, bufferBytes: LISTENER_BUFFER_BYTES });
        opened.push(fd);
        local = this.#sockets.localOf(fd);
      }
    } catch (error) {
      for (const fd of opened) this.#sockets.close(fd);
      throw error;
    }
    for (const [i, fd] of opened.entries()) this.#hands[i]?.listeners.push({ fd, local });
    return local.port;
  }

  /** Until the next `follow` the workers go on with it. */
  forget(ip: string): void {
    for (const hand of this.#hands) {
      const at = hand.listeners.findIndex(({ local }) => local.ip === ip);
      const [gone] = at < 0 ? [] : hand.listeners.splice(at, 1);
      // The number may belong to another file once it is closed, so the worker has to let go of it before.
      if (gone) {
        void this.#follow(hand).then((answer) => {
          if (answer === 'late') hand.closeAtItsEnd(gone.fd);
          else this.#sockets.close(gone.fd);
        });
      }
    }
  }

  /**
   * What is listened on has changed. The first time it starts the workers. Resolves when they know. Rejects with StackError
   * `RELAY_WORKERS_UNUSABLE` when they do not even start.
   */
  async follow(surroundings: Surroundings): Promise<void> {
    this.#surroundings = surroundings;
    if (this.#started) await Promise.all(this.#hands.map((hand) => this.#follow(hand)));
    else {
      this.#started = true;
      const listening = await Promise.all(this.#hands.map((hand) => this.#start(hand)));
      if (listening.includes(false)) {
        throw new StackError('RELAY_WORKERS_UNUSABLE', 'A relay worker could not be started.');
      }
    }
  }

  /** From the socket that the first worker reads; the kernel does not mind who writes. */
  send(fromIp: string, to: SocketAddress, bytes: Uint8Array): void {
    const listener = this.#hands[0]?.listeners.find(({ local }) => local.ip === fromIp);
    if (!listener || bytes.length > DATAGRAM_BYTES) return;
    const nameBytes = writeName(this.#scratch, 0, to);
    this.#scratch.u8.set(bytes, NAME_BYTES);
    const { address } = this.#scratch;
    const data = address + NAME_BYTES;
    const { kernel } = this.#options;
    const sent = kernel.sendto(listener.fd, data, bytes.length, MSG_DONTWAIT, address, nameBytes);
    if (sent < 0) this.#counts.sendFailed += 1;
    else this.#counts.sent += 1;
  }

  /** A reload. What the machine of the main thread has accepted, those of the workers do too. Resolves when they have. */
  async reconfigure(changes: WorkerChanges): Promise<void> {
    // For workers that start later. Of limits and lifetimes, what is not named stays.
    const { limits, lifetimes } = this.#turnOptions;
    this.#turnOptions = {
      ...this.#turnOptions,
      ...changes.machine,
      limits: { ...limits, ...changes.machine.limits },
      lifetimes: { ...lifetimes, ...changes.machine.lifetimes },
    };
    this.#clients = changes.clients ?? this.#clients;
    await Promise.all(this.#hands.map((hand) => this.#ask(hand, { type: 'change', changes })));
  }

  setDraining(draining: boolean): void {
    this.#draining = draining;
    for (const hand of this.#hands) hand.tell({ type: 'draining', draining });
  }

  async sessions(): Promise<readonly SessionFacts[]> {
    const answers = await Promise.all(this.#hands.map((hand) => this.#ask(hand, { type: 'sessions' })));
    return answers.flatMap((answer) =>
      typeof answer === 'object' && answer.type === 'sessions' ? answer.sessions : [],
    );
  }

  /** Resolves with how many were ended. */
  async kick(filter: SessionFilter): Promise<number> {
    const answers = await Promise.all(this.#hands.map((hand) => this.#ask(hand, { type: 'kick', filter })));
    return answers.reduce(
      (sum, answer) => sum + (typeof answer === 'object' && answer.type === 'kicked' ? answer.count : 0),
      0,
    );
  }

  /** What was found out about a user: whoever has asked knows what to do with it. */
  giveCredentials(name: string, found: FoundCredentials | undefined | 'unavailable'): void {
    for (const hand of this.#hands) hand.tell({ type: 'credentials', name, found });
  }

  /** A TCP client for a worker. `false`: it stays. See `HandedStreams.give`. */
  giveStream(socket: Socket, ends: StreamEnds): boolean {
    return !this.#closed && this.#streams.give(socket, ends);
  }

  handOver(shard: number, datagram: HandedOver): void {
    if (this.#backlog.mayPost(shard, datagram.bytes.length)) this.#passHandOver(shard, datagram);
  }

  giveSibling(shard: number, data: SiblingData): void {
    if (this.#backlog.mayPost(shard, data.bytes.length)) this.#passSibling(shard, data);
  }

  /** As a failure would end it: to see what follows. */
  async killWorker(shard: number): Promise<void> {
    await this.#handOf(shard)?.kill();
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const timer of this.#restarts) clearTimeout(timer);
    await Promise.all(this.#hands.map((hand) => hand.stop()));
    for (const { listeners, bell } of this.#hands) {
      for (const { fd } of listeners) this.#sockets.close(fd);
      listeners.length = 0;
      bell.close();
    }
  }

  /** What its sender has put on the backlog. */
  #passHandOver(shard: number, datagram: HandedOver): void {
    const hand = this.#handOf(shard);
    if (hand?.runs) hand.tell({ type: 'handed-over', datagram });
    else this.#backlog.taken(shard, datagram.bytes.length);
    if (shard === MAIN_SHARD) this.#handlers.onHandOver(datagram);
  }

  #passSibling(shard: number, data: SiblingData): void {
    const hand = this.#handOf(shard);
    if (hand?.runs) hand.tell({ type: 'sibling', data });
    else this.#backlog.taken(shard, data.bytes.length);
    if (shard === MAIN_SHARD) this.#handlers.onSibling(data);
  }

  #handOf(shard: number): RelayHand | undefined {
    return this.#hands[shard - 1];
  }

  async #follow(hand: RelayHand): Promise<Answer | 'late' | undefined> {
    const surroundings = { ...this.#surroundings, listeners: hand.listeners };
    return this.#ask(hand, { type: 'follow', surroundings });
  }

  async #ask(hand: RelayHand, question: Question): Promise<Answer | 'late' | undefined> {
    const answer = await hand.ask(question);
    if (answer === 'late') {
      this.#log.error('A relay worker does not answer.', { shard: hand.shard, question: question.type });
    }
    return answer;
  }

  #start(hand: RelayHand): Promise<boolean> {
    const startedAt = performance.now();
    const start: WorkerStart = {
      ...this.#options.start,
      shard: hand.shard,
      shards: this.#shards,
      options: this.#turnOptions,
      clients: this.#clients,
      draining: this.#draining,
      surroundings: { ...this.#surroundings, listeners: hand.listeners },
      memory: this.#memory,
      statistics: hand.statistics,
      descriptors: hand.descriptors,
      segments: this.#options.segments,
      bell: hand.bell.fd,
    };
    return hand.start(start, {
      onMessage: (message) => this.#handle(hand, message),
      onDied: (why) => this.#died(hand, why, performance.now() - startedAt),
    });
  }

  /** Its allocations are gone; its clients will notice by their next refresh, and allocate anew. */
  #died(hand: RelayHand, why: string, livedMs: Millis): void {
    this.#streams.forget(hand);
    if (this.#closed) return;
    this.#deaths += 1;
    this.#ledger.forgetShard(hand.shard);
    this.#backlog.forget();
    hand.board.bury();
    if (livedMs > HEALTHY_AFTER_MS) this.#restartMs = FIRST_RESTART_MS;
    const afterMs = this.#restartMs;
    this.#restartMs = Math.min(LONGEST_RESTART_MS, afterMs * 2);
    this.#log.error('A relay worker has died and is started again; its allocations are lost.', {
      shard: hand.shard,
      why,
      afterMs,
    });
    const timer = setTimeout(() => {
      this.#restarts.delete(timer);
      if (!this.#closed) void this.#start(hand);
    }, afterMs);
    this.#restarts.add(timer);
  }

  #handle(hand: RelayHand, message: Exclude<FromWorker, { type: 'ready' | 'reply' }>): void {
    switch (message.type) {
      case 'facts':
        for (const fact of JSON.parse(message.json) as TurnFact[]) this.#handlers.onFact(fact);
        return;
      case 'log':
        this.#log[message.level](message.message, message.fields);
        return;
      case 'stream-back':
        if (message.stream.shard !== MAIN_SHARD) this.#streams.pass(hand, message.stream);
        else this.#handlers.onStreamReturned(...this.#streams.takeBack(hand, message.stream));
        return;
      case 'streams-closed':
        this.#streams.closed(hand, message.ips);
        return;
      case 'want-credentials':
        this.#handlers.onWantCredentials(message.name, message.realm);
        return;
      case 'binding-answer':
        this.#handlers.onBindingAnswer(message.answer);
        return;
      case 'hand-over':
        this.#passHandOver(message.shard, message.datagram);
        return;
      case 'sibling':
        this.#passSibling(message.shard, message.data);
        return;
    }
  }
}
