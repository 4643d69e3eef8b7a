/** The data channels of one connection: who gets which event of the session. webrtc.html §6. */
import type { ChannelFacts, ChannelId } from '../datachannel/index.ts';
import type { PeerEvent, PeerSessionPort } from '../peer/index.ts';
import { RTCDataChannel } from './data-channel.ts';
import { type ChannelPort, DataChannelState } from './data-channel-state.ts';
import type { SessionDriver } from './driver/session-driver.ts';
import { withDomErrors } from './errors.ts';
import { RTCDataChannelEvent } from './events/data-channel-event.ts';
import { INSIDE } from './idl/interface.ts';

export type ChannelEvent = Extract<PeerEvent, { readonly channel: ChannelId }>;

export interface ChannelSurroundings {
  readonly session: PeerSessionPort;
  readonly driver: SessionDriver;
  /** Where `datachannel` is fired. */
  readonly target: EventTarget;
  /** Runs a step as a task of its own, unless the connection is closed by then. */
  addTask(step: () => void): void;
}

interface Entry {
  readonly state: DataChannelState;
  readonly channel: RTCDataChannel;
}

export class ChannelTable {
  readonly #around: ChannelSurroundings;
  readonly #entries = new Map<ChannelId, Entry>();

  constructor(around: ChannelSurroundings) {
    this.#around = around;
  }

  /** The object for a channel that the session has made. */
  add(id: ChannelId, facts: ChannelFacts): RTCDataChannel {
    return this.#create(id, facts).channel;
  }

  /** webrtc.html §4.4.4 close, step 6. */
  closeAbruptly(): void {
    for (const { state } of this.#entries.values()) state.closeAbruptly();
    this.#entries.clear();
  }

  handle(event: ChannelEvent): void {
    const { addTask } = this.#around;
    if (event.type === 'channel-announced') {
      const entry = this.#create(event.channel, event.facts);
      addTask(() => this.#announce(entry));
      // A task of its own, and before those of its messages.
      addTask(() => entry.state.announceOpen());
      return;
    }
    const entry = this.#entries.get(event.channel);
    if (!entry) return;
    if (event.type === 'channel-closed') this.#entries.delete(event.channel);
    addTask(() => tell(entry.state, event));
  }

  #create(id: ChannelId, facts: ChannelFacts): Entry {
    const { session, driver } = this.#around;
    const port: ChannelPort = {
      send: (kind, bytes) =>
        withDomErrors(() => driver.runSoon((now) => session.sendMessage(now, id, { kind, bytes }))),
      close: () => driver.runSoon((now) => session.closeChannel(now, id)),
      bufferedBytes: () => session.bufferedBytes(id),
      stream: () => session.streamOf(id),
      maxMessageBytes: () => session.sctpTransport?.maxMessageBytes ?? Number.POSITIVE_INFINITY,
    };
    const state = new DataChannelState(facts, port);
    const channel = new RTCDataChannel(INSIDE, state);
    const entry = { state, channel };
    this.#entries.set(id, entry);
    return entry;
  }

  #announce({ state, channel }: Entry): void {
    state.markOpen();
    this.#around.target.dispatchEvent(new RTCDataChannelEvent('datachannel', { channel }));
  }
}

function tell(state: DataChannelState, event: Exclude<ChannelEvent, { type: 'channel-announced' }>): void {
  switch (event.type) {
    case 'channel-open':
      state.announceOpen();
      break;
    case 'channel-message':
      state.receive(event.kind, event.bytes);
      break;
    case 'channel-drained':
      state.handleDrained();
      break;
    case 'channel-closing':
      state.announceClosing();
      break;
    case 'channel-closed':
      state.announceClosed(event.error);
      break;
  }
}
