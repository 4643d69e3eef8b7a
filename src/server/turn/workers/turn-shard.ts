/**
 * One machine on the sockets of one worker: what `TurnService` is for the main thread, but in batches, and for UDP only.
 * Moves bytes and carries out orders; what they mean is the machine's. docs/adr/0008.
 */
import { type Env, invariant, type Millis, type SocketAddress, unreachable } from '../../../base/index.ts';
import {
  KernelMemory,
  monotonicNow,
  type NameWords,
  type Poller,
  type SendCounts,
  sendDatagram,
  wordsOf,
  writeName,
  writeWords,
} from '../../../node/index.ts';
import { type BindingAnswer, looksLikeStun } from '../../../stun/index.ts';
import { type Leg, TurnServer, type TurnServerEvent, type TurnTransmit } from '../../../turn/index.ts';
import { BindingDesk } from '../behaviour-desk.ts';
import { ClientGate } from '../client-gate.ts';
import { LegTable, legIds } from '../leg-table.ts';
import { RelayAddressBook } from '../relay-addresses.ts';
import type { TurnFact } from '../turn-fact.ts';
import type { BatchTools } from './batch-tools.ts';
import { DatagramLeg } from './datagram-leg.ts';
import { DescriptorBoard } from './descriptor-board.ts';
import { HandedLegs } from './handed-legs.ts';
import { Listener } from './listener.ts';
import { PacketMover } from './packet-mover.ts';
import { type RelayDescriptor, RelayDescriptors } from './relay-descriptors.ts';
import { ShardStreams } from './shard-streams.ts';
import { SharedBacklog } from './shared-backlog.ts';
import { SharedBandwidth } from './shared-bandwidth.ts';
import { SharedQuotas } from './shared-quotas.ts';
import type { SourceTable } from './source-table.ts';
import type { WorkerStatistics } from './statistics-board.ts';
import { StreamClient } from './stream-client.ts';
import { StreamMover } from './stream-mover.ts';
import type {
  GivenStream,
  HandedOver,
  ReturnedStream,
  SiblingData,
  WorkerChanges,
  WorkerStart,
  WorkerSurroundings,
} from './worker-messages.ts';

/** A datagram that the machine has made, and a name. */
const SCRATCH_BYTES = 65_536 + 32;
const EPOLLIN = 1;
const TRANSACTION_ID_BYTES = 12;

/** What a worker waits for. */
export type Source = Listener | RelayDescriptor | StreamClient | { readonly kind: 'bell' };

export interface ShardHandlers {
  onFact(fact: TurnFact): void;
  onHandOver(shard: number, datagram: HandedOver): void;
  onSibling(shard: number, data: SiblingData): void;
  /** A TCP client from there is gone. */
  onStreamClosed(ip: string): void;
  onStreamReturned(stream: ReturnedStream): void;
  onWantCredentials(name: string, realm: string): void;
  /** An answer that leaves from a socket that is not ours. */
  onBindingAnswer(answer: BindingAnswer): void;
}

export class TurnShard {
  readonly machine: TurnServer;
  readonly mover: PacketMover;
  readonly #tools: BatchTools;
  readonly #poller: Poller;
  readonly #sources: SourceTable<Source>;
  readonly #handlers: ShardHandlers;
  readonly #relayAddresses: RelayAddressBook;
  readonly #relays: RelayDescriptors;
  readonly #legs: LegTable<DatagramLeg>;
  readonly #handed: HandedLegs;
  readonly #gate: ClientGate;
  readonly #shard: number;
  readonly #backlog: SharedBacklog;
  readonly #desk: BindingDesk;
  #usesDesk = false;
  readonly #rfc3489: boolean;
  readonly #listeners: Listener[] = [];
  readonly #streams: ShardStreams;
  readonly #streamMover: StreamMover;
  readonly #scratch: KernelMemory;
  readonly #scratchName = SCRATCH_BYTES - 32;
  #noise = 0;

  constructor(
    env: Env,
    tools: BatchTools,
    poller: Poller,
    sources: SourceTable<Source>,
    start: WorkerStart,
    handlers: ShardHandlers,
  ) {
    this.#tools = tools;
    this.#poller = poller;
    this.#sources = sources;
    this.#handlers = handlers;
    this.#rfc3489 = start.rfc3489;
    this.#scratch = new KernelMemory(tools.kernel, SCRATCH_BYTES);
    this.#relayAddresses = new RelayAddressBook(start.publicIps, []);
    const board = new DescriptorBoard(start.descriptors);
    this.#relays = new RelayDescriptors(tools.kernel, poller, sources, board, env.log);
    const nextId = legIds();
    this.#legs = new LegTable(nextId, (id, client, server) => this.#newLeg(id, client, server));
    this.#streams = new ShardStreams({
      kernel: tools.kernel,
      poller,
      sources,
      board,
      limits: start.streams,
      nextId,
      onClosed: ({ client }) => handlers.onStreamClosed(client.ip),
      onReturned: (stream) => handlers.onStreamReturned(stream),
    });
    this.#handed = new HandedLegs(this.#legs);
    this.#gate = new ClientGate(start.clients);
    this.#desk = new BindingDesk({ rfc3489: start.rfc3489 });
    const { shard, shards, memory } = start;
    this.#shard = shard;
    this.#backlog = new SharedBacklog(memory.backlog);
    this.machine = new TurnServer(env, {
      ...start.options,
      relayAddresses: this.#relayAddresses,
      quotaLedger: new SharedQuotas(memory.quotas, shard, shards, memory.quotaSeed),
      bandwidthLedger: new SharedBandwidth(memory.bandwidth),
      capabilities: { dontFragment: true, icmp: true },
      shard: { index: shard, count: shards },
    });
    this.machine.setDraining(start.draining);
    const { outbox } = this.#streams;
    const newTransactionId = (): Uint8Array => env.random.bytes(TRANSACTION_ID_BYTES);
    this.mover = new PacketMover(tools, this.machine, this.#relays, this.#listeners, this.#gate, outbox, {
      onMessage: (leg, bytes) => this.#handleMessage(leg, bytes),
      onOther: (leg, bytes) => this.#handleOther(leg, bytes),
      onForeign: (leg, bytes) => {
        this.#handed.touch(leg);
        this.#handOver(leg, leg.shard ?? shard, bytes.slice());
      },
      onPeerDatagram: (relay, from, bytes) => {
        this.machine.handlePeerDatagram(monotonicNow(), relay.id, from, bytes);
        this.drain();
      },
      newTransactionId,
    });
    const { idleMs } = start.streams;
    this.#streamMover = new StreamMover(tools, this.machine, this.#relays, this.mover, outbox, idleMs, {
      onMessage: (client, bytes) => this.#handleMessage(client, bytes),
      isForMain: (client, bytes) => this.#streams.isForMain(client, bytes),
      onMoves: (client, to, bytes) => {
        this.mover.sendNow();
        if (client.fd >= 0) this.#streams.giveBack(client, to, bytes);
      },
      onEnded: (client) => this.#streams.destroy(client),
      newTransactionId,
    });
    this.follow(start.surroundings);
  }

  get statistics(): WorkerStatistics {
    const { malformed, bindings, rateLimited, droppedPackets, ...rest } = this.machine.statistics;
    const { counts } = this.#desk;
    return {
      ...rest,
      ...this.#tools.counts,
      malformed: malformed + this.#noise,
      droppedPackets: droppedPackets + this.#backlog.dropped,
      bindings: bindings + counts.bindings,
      rateLimited: rateLimited + counts.rateLimited,
      unwelcome: this.#gate.refused,
      streamDataDropped: this.#streams.outbox.dropped,
    };
  }

  /** Listens on these sockets from now on, and on no others. */
  follow({ listeners, relayIps, ownServices, sites }: WorkerSurroundings): void {
    const gone = this.#listeners.filter(({ fd }) => !listeners.some((wanted) => wanted.fd === fd));
    for (const listener of gone) {
      this.#listeners.splice(this.#listeners.indexOf(listener), 1);
      this.#poller.remove(listener.fd);
      this.#sources.free(listener.tag);
      listener.close();
    }
    for (const { fd, local } of listeners) {
      if (this.#listeners.some((known) => known.fd === fd)) continue;
      const tag = this.#sources.reserve();
      const listener = new Listener(fd, tag, local, this.#legs, this.#tools);
      this.#sources.set(tag, listener);
      this.#poller.add(fd, EPOLLIN, tag);
      this.#listeners.push(listener);
    }
    this.#relayAddresses.update(relayIps);
    this.machine.setOwnServices(ownServices);
    this.#desk.setSites(sites);
    this.#usesDesk = this.#rfc3489 || sites.size > 0;
  }

  reconfigure({ machine, clients }: WorkerChanges): void {
    this.machine.reconfigure(monotonicNow(), machine);
    if (!clients) return;
    this.#gate.reconfigure(clients);
    this.mover.judgeAnew();
  }

  /** A datagram of a client that another worker has received, and we answer. */
  handleHandedOver({ client, server, bytes }: HandedOver): void {
    this.#backlog.taken(this.#shard, bytes.length);
    const listener = this.#listenerAt(server);
    if (!listener) return;
    const leg = this.#legs.legOf(client, listener.local);
    this.#handed.takeBack(leg);
    this.#handleMessage(leg, bytes);
  }

  /** A TCP client that the main thread has accepted. */
  takeStream(stream: GivenStream): void {
    this.#streams.add(monotonicNow(), stream, this.#streamMover);
  }

  /** Returns how many frames came. */
  readStream(now: Millis, client: StreamClient, events: number): number {
    return this.#streams.handleReady(now, client, events, this.#streamMover);
  }

  /** At the end of a round: what is gathered leaves, and the machine hears whose connections are gone. */
  settle(now = monotonicNow()): void {
    this.#streams.sweep(now);
    this.mover.flush();
    this.#streams.moveWaiting();
    const ended = this.#streams.takeEnded();
    if (ended.length === 0) return;
    for (const leg of ended) this.machine.handleLegClosed(now, leg);
    this.drain();
  }

  handleSibling({ from, to, bytes }: SiblingData): void {
    this.#backlog.taken(this.#shard, bytes.length);
    this.machine.handleSiblingData(monotonicNow(), from, to, bytes);
    this.drain();
  }

  /** What the system has learnt about datagrams that this relay has sent: told to its client. RFC 8656 §11.5. */
  handleSendErrors(relay: RelayDescriptor): void {
    for (const { peer, type, code, mtu } of this.#relays.takeErrors(relay)) {
      this.machine.handlePeerIcmp(monotonicNow(), relay.id, peer, { type, code, data: mtu });
    }
    this.drain();
  }

  handleTimeout(now: Millis): void {
    this.machine.handleTimeout(now);
    this.drain();
  }

  /** Ends every allocation and closes every relay. */
  close(): void {
    this.machine.close(monotonicNow());
    this.drain();
    this.#streams.destroyAll();
    this.#relays.closeAll();
  }

  /** Carries out what the machine wants. */
  drain(): void {
    const { machine } = this;
    for (;;) {
      const out = machine.pollTransmit();
      if (out) this.#transmit(out);
      else {
        const event = machine.pollEvent();
        if (!event) return;
        this.#handleEvent(event);
      }
    }
  }

  #handleMessage(leg: DatagramLeg | StreamClient, bytes: Uint8Array): void {
    this.machine.handleClientMessage(monotonicNow(), leg, bytes);
    this.drain();
  }

  /** No ChannelData. */
  #handleOther(leg: DatagramLeg, bytes: Uint8Array): void {
    if (this.#usesDesk) {
      const verdict = this.#desk.handle(monotonicNow(), leg.client, leg.server, bytes);
      if (verdict === 'withheld') return;
      if (verdict !== 'not-mine') {
        this.#answerBinding(verdict);
        return;
      }
    }
    if (looksLikeStun(bytes)) this.#handleMessage(leg, bytes);
    else this.#noise += 1;
  }

  #answerBinding(answer: BindingAnswer): void {
    const listener = this.#listenerAt(answer.from);
    if (listener) this.#send(listener.fd, this.#wordsOf(answer.to), answer.bytes, this.#tools.counts);
    else this.#handlers.onBindingAnswer(answer);
  }

  #handOver({ client, server }: Leg, shard: number, bytes: Uint8Array): void {
    if (this.#backlog.mayPost(shard, bytes.length))
      this.#handlers.onHandOver(shard, { client, server, bytes });
  }

  #transmit(out: TurnTransmit): void {
    if (out.kind === 'client') {
      const { leg } = out;
      if (leg instanceof StreamClient) this.mover.toClient(leg, out.bytes);
      if (!(leg instanceof DatagramLeg) || this.mover.toClient(leg, out.bytes)) return;
      this.#send(leg.listener.fd, leg.words, out.bytes, this.#tools.counts);
    } else if (out.kind === 'peer') {
      const relay = this.#relays.get(out.relay);
      if (!relay) return;
      if (out.dontFragment) this.#relays.setDontFragment(relay, true);
      this.#send(relay.fd, this.#relays.wordsTo(relay, out.to), out.bytes, this.#tools.peerCounts);
      if (out.dontFragment) this.#relays.setDontFragment(relay, false);
    } else if (this.#backlog.mayPost(out.shard, out.bytes.length)) {
      this.#handlers.onSibling(out.shard, { from: out.from, to: out.to, bytes: out.bytes });
    }
  }

  #send(fd: number, words: NameWords, bytes: Uint8Array, counts: SendCounts): void {
    const { u8, address } = this.#scratch;
    const nameLength = writeWords(this.#scratch, this.#scratchName, words);
    u8.set(bytes);
    const name = address + this.#scratchName;
    const sent = sendDatagram(this.#tools.kernel, fd, address, bytes.length, name, nameLength);
    if (sent) counts.sent += 1;
    else counts.sendFailed += 1;
  }

  #handleEvent(event: TurnServerEvent): void {
    switch (event.type) {
      case 'open-relay': {
        const ip = this.#relayAddresses.bindIp(event.leg.server.ip, event.family);
        const local = ip === undefined ? undefined : { ip, port: event.port };
        const opened = event.protocol === 'udp' ? this.#relays.open(event.relay, local) : 'unavailable';
        if (opened === 'opened') this.machine.handleRelayOpened(monotonicNow(), event.relay);
        else this.machine.handleRelayFailed(monotonicNow(), event.relay, opened);
        return;
      }
      case 'close-relay':
        this.#relays.close(event.relay);
        return;
      case 'hand-over':
        if (event.leg instanceof StreamClient) {
          this.#streams.willMove(event.leg, event.shard, event.bytes);
          return;
        }
        if (event.leg instanceof DatagramLeg) this.#handed.add(event.leg, event.shard);
        this.#handOver(event.leg, event.shard, event.bytes);
        return;
      case 'want-credentials':
        this.#handlers.onWantCredentials(event.name, event.realm);
        return;
      case 'close-leg':
        this.mover.sendNow(); // what it is told about it goes before
        if (event.leg instanceof StreamClient) this.#streams.destroy(event.leg);
        return;
      case 'connect-peer': // of RFC 6062; here is none of it
      case 'join-connection':
      case 'close-connection':
        return;
      case 'leg-released':
        this.#release(event.leg);
        return;
      case 'allocation-created':
      case 'allocation-moved':
        this.#hold(event.type === 'allocation-moved' ? event.to : event.leg);
        break;
      case 'allocation-ended':
        this.#release(event.leg);
        break;
      case 'refused':
        break;
      default:
        unreachable(event);
    }
    this.#handlers.onFact(event);
  }

  #hold(leg: Leg): void {
    if (leg instanceof DatagramLeg) this.#legs.hold(leg);
    else if (leg instanceof StreamClient) this.#streams.setAllocated(monotonicNow(), leg, true);
  }

  #release(leg: Leg): void {
    if (leg instanceof DatagramLeg) this.#legs.release(leg);
    else if (leg instanceof StreamClient) this.#streams.setAllocated(monotonicNow(), leg, false);
  }

  #newLeg(id: DatagramLeg['id'], client: SocketAddress, server: SocketAddress): DatagramLeg {
    const listener = this.#listenerAt(server);
    invariant(listener, 'a client comes by a socket that is listened on');
    return new DatagramLeg(id, client, listener, this.#wordsOf(client));
  }

  #listenerAt({ ip, port }: SocketAddress): Listener | undefined {
    return this.#listeners.find(({ local }) => local.ip === ip && local.port === port);
  }

  #wordsOf(address: SocketAddress): NameWords {
    writeName(this.#scratch, this.#scratchName, address);
    return wordsOf(this.#scratch, this.#scratchName);
  }
}
