/** The channels of a transport, by their id and by their stream, and who may have which stream. Sends nothing. RFC 8832 §6. */
import { Channel } from './channel.ts';
import type { ChannelFacts, ChannelId, DataChannelLimits } from './options.ts';
import { PeerQuota } from './peer-quota.ts';
import { StreamNumbers } from './stream-numbers.ts';

export class ChannelTable {
  readonly #byId = new Map<ChannelId, Channel>();
  readonly #streams = new StreamNumbers<Channel>();
  readonly #quota: PeerQuota;
  #role: 'client' | 'server' | undefined;
  #nextId: ChannelId = 1;

  constructor(limits: DataChannelLimits) {
    this.#quota = new PeerQuota(limits);
  }

  get(id: ChannelId): Channel | undefined {
    return this.#byId.get(id);
  }

  onStream(stream: number): Channel | undefined {
    return this.#streams.get(stream);
  }

  /** A copy: they may be removed meanwhile. */
  all(): Channel[] {
    return [...this.#byId.values()];
  }

  /** Those that have a stream, ended ones whose stream cannot be used again included. */
  onStreams(): Channel[] {
    return this.#streams.owners();
  }

  get hasRole(): boolean {
    return this.#role !== undefined;
  }

  /** Channels of ours that were to be opened in the other role have no stream any more. */
  setRole(role: 'client' | 'server'): void {
    if (this.#role !== undefined && this.#role !== role) {
      for (const channel of this.#byId.values())
        if (channel.state === 'connecting' && !channel.facts.negotiated) this.#vacate(channel);
    }
    this.#role = role;
  }

  /** One of ours; `undefined` when its stream is taken. Without a stream: `assign` gives it one. */
  add(facts: ChannelFacts, stream: number | undefined): Channel | undefined {
    if (stream !== undefined && this.#streams.has(stream)) return undefined;
    return this.#create(facts, 'ours', stream);
  }

  /** The next stream of our role; `false` when none is left or the role is not known. */
  assign(channel: Channel): boolean {
    const stream = this.#role && this.#streams.next(this.#role);
    if (stream === undefined) return false;
    this.#occupy(channel, stream);
    return true;
  }

  /** Whether the peer may open such a channel on this free stream: ours are even where we are the client, theirs odd. */
  mayAdopt(stream: number, facts: Pick<ChannelFacts, 'label' | 'protocol'>): boolean {
    return (stream & 1) === (this.#role === 'client' ? 1 : 0) && this.#quota.allows(facts);
  }

  /** One that the peer has opened, on a free stream. */
  adopt(stream: number, facts: ChannelFacts, origin: 'peer' | 'refused'): Channel {
    if (origin === 'peer') this.#quota.take(facts);
    return this.#create(facts, origin, stream);
  }

  /** It has ended. Its stream is free, unless the peer has refused to reset it. */
  remove(channel: Channel): void {
    this.#byId.delete(channel.id);
    if (channel.origin === 'peer') this.#quota.giveBack(channel.facts);
    if (!channel.stuck) this.#vacate(channel);
  }

  /** The association is gone, and with it what kept streams of ended channels from being used. */
  freeEnded(): void {
    for (const channel of this.#streams.owners()) if (channel.state === 'closed') this.#vacate(channel);
  }

  #create(facts: ChannelFacts, origin: Channel['origin'], stream: number | undefined): Channel {
    const channel = new Channel(this.#nextId, facts, origin);
    this.#nextId += 1;
    this.#byId.set(channel.id, channel);
    if (stream !== undefined) this.#occupy(channel, stream);
    return channel;
  }

  #occupy(channel: Channel, stream: number): void {
    channel.stream = stream;
    this.#streams.take(stream, channel);
  }

  #vacate(channel: Channel): void {
    if (channel.stream === undefined) return;
    this.#streams.free(channel.stream);
    channel.stream = undefined;
  }
}
