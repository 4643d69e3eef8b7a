/** One channel: where it stands, what it has carried. A record; the transport moves it on. RFC 8831 §6.5 … §6.7. */
import type { SctpEvent } from '../sctp/index.ts';
import type { ChannelError } from './events.ts';
import type { ChannelFacts, ChannelId, ChannelState, ChannelStatistics } from './options.ts';
import { PartialMessage } from './partial-message.ts';

export type SctpMessage = Extract<SctpEvent, { readonly type: 'message' }>;

export class Channel {
  readonly id: ChannelId;
  readonly facts: ChannelFacts;
  stream: number | undefined;
  state: ChannelState = 'connecting';
  /** `refused`: the peer opened it in a way that we do not take, and nobody above hears of it. */
  readonly origin: 'ours' | 'peer' | 'refused';
  /** Something of the peer has come on it: from then on messages may overtake our OPEN. RFC 8832 §6. */
  confirmed: boolean;
  /** Our side of the stream begins anew: asked for, done. */
  resetAsked = false;
  resetDone = false;
  /** The peer's side has begun anew. */
  resetByPeer = false;
  /** The peer refuses to reset: the number stays taken. */
  stuck = false;
  error: ChannelError | undefined;
  readonly partial = new PartialMessage();
  /** What came for the channel that has this stream next, while our side is still being reset. */
  readonly held: (SctpMessage | 'reset-by-peer')[] = [];
  messagesSent = 0;
  bytesSent = 0;
  messagesReceived = 0;
  bytesReceived = 0;

  constructor(id: ChannelId, facts: ChannelFacts, origin: Channel['origin']) {
    this.id = id;
    this.facts = facts;
    this.origin = origin;
    this.confirmed = facts.negotiated;
  }

  get statistics(): ChannelStatistics {
    const { id, stream, state, facts, messagesSent, bytesSent, messagesReceived, bytesReceived } = this;
    return { channel: id, stream, state, facts, messagesSent, bytesSent, messagesReceived, bytesReceived };
  }

  /** RFC 8831 §6.7: both sides of the stream have begun anew. */
  get isOver(): boolean {
    return this.state === 'closing' && this.resetDone && this.resetByPeer;
  }
}
