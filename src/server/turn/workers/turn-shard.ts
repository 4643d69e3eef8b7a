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
  wordsOf,
  writeName,
  writeWords,
} from '../../../node/index.ts';
import { TurnServer, type TurnServerEvent, type TurnTransmit } from '../../../turn/index.ts';
import { LegTable, legIds } from '../leg-table.ts';
import { RelayAddressBook } from '../relay-addresses.ts';
import type { TurnFact } from '../turn-fact.ts';
import type { BatchTools } from './batch-tools.ts';
import { DatagramLeg } from './datagram-leg.ts';
import { Listener } from './listener.ts';
import { PacketMover } from './packet-mover.ts';
import { RelayDescriptors } from './relay-descriptors.ts';
import type { SourceTable } from './source-table.ts';
import type { WorkerStart, WorkerSurroundings } from './worker-messages.ts';

/** A datagram that the machine has made, and a name. */
const SCRATCH_BYTES = 65_536 + 32;
const MSG_DONTWAIT = 0x40;
const EPOLLIN = 1;
const TRANSACTION_ID_BYTES = 12;

export interface ShardHandlers {
  onFact(fact: TurnFact): void;
}

export class TurnShard {
  readonly #tools: BatchTools;
  readonly #poller: Poller;
  readonly #sources: SourceTable;
  readonly #handlers: ShardHandlers;
  readonly #relayAddresses: RelayAddressBook;
  readonly #relays: RelayDescriptors;
  readonly #legs: LegTable<DatagramLeg>;
  readonly #listeners: Listener[] = [];
  readonly #scratch: KernelMemory;
  readonly #scratchName: number;
  readonly machine: TurnServer;
  readonly mover: PacketMover;

  constructor(
    env: Env,
    tools: BatchTools,
    poller: Poller,
    sources: SourceTable,
    start: WorkerStart,
    handlers: ShardHandlers,
  ) {
    this.#tools = tools;
    this.#poller = poller;
    this.#sources = sources;
    this.#handlers = handlers;
    this.#scratch = new KernelMemory(tools.kernel, SCRATCH_BYTES);
    this.#scratchName = SCRATCH_BYTES - 32;
    this.#relayAddresses = new RelayAddressBook(start.publicIps, []);
    this.#relays = new RelayDescriptors(tools.kernel, poller, sources, env.log);
    this.#legs = new LegTable(legIds(), (id, client, server) => {
      const listener = this.#listeners.find(({ local }) => local.ip === server.ip);
      invariant(listener, 'a client comes by a socket that is listened on');
      return new DatagramLeg(id, client, listener, this.#wordsOf(client));
    });
    this.machine = new TurnServer(env, {
      ...start.options,
      relayAddresses: this.#relayAddresses,
      peerPolicy: { ...start.options.peerPolicy, ownServices: start.surroundings.ownServices },
      shard: { index: start.shard, count: start.shards },
    });
    this.mover = new PacketMover(tools, this.machine, this.#relays, this.#listeners, {
      onMessage: (leg, bytes) => {
        this.machine.handleClientMessage(monotonicNow(), leg, bytes);
        this.drain();
      },
      onPeerDatagram: (relay, from, bytes) => {
        this.machine.handlePeerDatagram(monotonicNow(), relay.id, from, bytes);
        this.drain();
      },
      newTransactionId: () => env.random.bytes(TRANSACTION_ID_BYTES),
    });
    this.follow(start.surroundings);
  }
  /** Listens on these sockets from now on, and on no others. */
  follow({ listeners, relayIps, ownServices }: WorkerSurroundings): void {
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
  }

  handleTimeout(now: Millis): void {
    this.machine.handleTimeout(now);
    this.drain();
  }

  /** Ends every allocation and closes every relay. */
  close(): void {
    this.machine.close(monotonicNow());
    this.drain();
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

  #transmit(out: TurnTransmit): void {
    if (out.kind === 'client') {
      const { leg } = out;
      if (leg instanceof DatagramLeg) this.#send(leg.listener.fd, leg.words, out.bytes, this.#tools.counts);
    } else if (out.kind === 'peer') {
      const relay = this.#relays.get(out.relay);
      if (!relay) return;
      this.#send(relay.fd, this.#relays.wordsTo(relay, out.to), out.bytes, this.#tools.peerCounts);
    }
  }

  #send(fd: number, words: NameWords, bytes: Uint8Array, counts: SendCounts): void {
    const { u8, address } = this.#scratch;
    const nameLength = writeWords(this.#scratch, this.#scratchName, words);
    u8.set(bytes);
    const name = address + this.#scratchName;
    const sent = this.#tools.kernel.sendto(fd, address, bytes.length, MSG_DONTWAIT, name, nameLength);
    if (sent < 0) counts.sendFailed += 1;
    else counts.sent += 1;
  }

  #handleEvent(event: TurnServerEvent): void {
    switch (event.type) {
      case 'open-relay': {
        const ip = this.#relayAddresses.bindIp(event.leg.server.ip, event.family);
        const local = ip === undefined ? undefined : { ip, port: event.port };
        const opened = this.#relays.open(event.relay, local);
        if (opened === 'opened') this.machine.handleRelayOpened(monotonicNow(), event.relay);
        else this.machine.handleRelayFailed(monotonicNow(), event.relay, opened);
        return;
      }
      case 'close-relay':
        this.#relays.close(event.relay);
        return;
      case 'hand-over':
      case 'want-credentials':
      case 'close-leg':
      case 'connect-peer':
      case 'join-connection':
      case 'close-connection':
        return;
      case 'leg-released':
        if (event.leg instanceof DatagramLeg) this.#legs.release(event.leg);
        return;
      case 'allocation-created':
      case 'allocation-moved':
        if (event.leg instanceof DatagramLeg) this.#legs.hold(event.leg);
        break;
      case 'allocation-ended':
        if (event.leg instanceof DatagramLeg) this.#legs.release(event.leg);
        break;
      case 'refused':
        break;
      default:
        unreachable(event);
    }
    this.#handlers.onFact(event);
  }

  #wordsOf(address: SocketAddress): NameWords {
    writeName(this.#scratch, this.#scratchName, address);
    return wordsOf(this.#scratch, this.#scratchName);
  }
}
