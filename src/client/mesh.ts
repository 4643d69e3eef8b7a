/**
 * The links to everybody in the room: makes one when a person comes, ends it when the person is gone. A person whom
 * the server does not list any more stays as long as media flows. Asks the server nothing.
 */
import type { ParticipantId, Signal } from '../signaling/index.ts';
import type { CallError } from './call-error.ts';
import type { ChatMessage } from './chat-channel.ts';
import type { TimerHandle, World } from './dependencies.ts';
import type { IceServers } from './ice-servers.ts';
import type { OutgoingMedia } from './outgoing-media.ts';
import { PeerLink } from './peer-link.ts';
import type { RoomMember } from './room-state.ts';

export interface MeshOptions {
  readonly world: World;
  readonly ice: IceServers;
  readonly outgoing: OutgoingMedia;
  readonly send: (to: ParticipantId, signal: Signal) => Promise<unknown>;
  readonly onChange: () => void;
  readonly onChat: (from: ParticipantId, message: ChatMessage) => void;
  readonly onError: (error: CallError) => void;
  /** A missing person's media has ended too. */
  readonly onGone: (peer: ParticipantId) => void;
}

/** How long a missing person whose media does not flow is waited for, unless the server says otherwise. */
const DEFAULT_PATIENCE_SECONDS = 30;
/** Somebody whom the server has given up has been waited for already; this bridges a media path that just moves. */
const LOST_PATIENCE_MS = 3000;
/** Ids of people who have come and gone, with the epoch to go on from should they come again. */
const MAX_REMEMBERED = 256;

export class Mesh {
  readonly #options: MeshOptions;
  readonly #links = new Map<ParticipantId, PeerLink>();
  readonly #epochs = new Map<ParticipantId, number>();
  readonly #missingSince = new Map<ParticipantId, number>();
  #members: readonly RoomMember[] = [];
  #self: ParticipantId | undefined;
  #signalingUp = false;
  #patienceMs = DEFAULT_PATIENCE_SECONDS * 1000;
  #timer: TimerHandle | undefined;

  constructor(options: MeshOptions) {
    this.#options = options;
  }

  link(peer: ParticipantId): PeerLink | undefined {
    return this.#links.get(peer);
  }

  get links(): Iterable<PeerLink> {
    return this.#links.values();
  }

  setPatience(seconds: number): void {
    this.#patienceMs = seconds * 1000;
  }

  /** Makes and ends links so that they fit the room. `self` is another one after joining anew: then all start anew. */
  sync(self: ParticipantId | undefined, members: readonly RoomMember[]): void {
    if (self !== this.#self) {
      this.clear();
      this.#epochs.clear(); // they count the connections of two ids, and one of them is another now
    }
    this.#self = self;
    this.#members = members;
    if (self === undefined) return;
    const listed = new Set(members.map((member) => member.id));
    for (const peer of [...this.#links.keys()]) if (!listed.has(peer)) this.#end(peer);
    for (const member of members) {
      const link = this.#links.get(member.id) ?? (member.missing ? undefined : this.#make(self, member.id));
      link?.setScreenStream(member.media.screen ? member.media.screenStream : undefined);
    }
    this.#updateReach();
    this.#watchMissing();
  }

  /** Whether this side's session with the server is there. */
  setSignaling(up: boolean): void {
    if (this.#signalingUp === up) return;
    this.#signalingUp = up;
    this.#updateReach();
  }

  handleSignal(from: ParticipantId, signal: Signal): void {
    this.#links.get(from)?.handleSignal(signal);
  }

  /** This side's session is a new one; what was under way with everybody may be lost. */
  sessionRenewed(): void {
    for (const link of this.#links.values()) link.sessionRenewed();
  }

  /** `peer` has come again, with a session that knows nothing of what was under way. */
  peerRenewed(peer: ParticipantId): void {
    this.#links.get(peer)?.sessionRenewed();
  }

  clear(): void {
    this.#options.world.clock.clearTimeout(this.#timer);
    for (const peer of [...this.#links.keys()]) this.#end(peer);
    this.#missingSince.clear();
    this.#members = [];
  }

  #make(self: ParticipantId, peer: ParticipantId): PeerLink {
    const { world, ice, outgoing, send, onChange, onChat, onError } = this.#options;
    const link = new PeerLink({
      peer,
      // Both sides compare the same two ids, so exactly one of them is polite.
      polite: self < peer,
      epoch: (this.#epochs.get(peer) ?? 0) + 1,
      world,
      ice,
      outgoing,
      send: (signal) => send(peer, signal),
      onChange: () => {
        this.#watchMissing();
        onChange();
      },
      onChat: (message) => onChat(peer, message),
      onError,
    });
    this.#links.set(peer, link);
    return link;
  }

  #end(peer: ParticipantId): void {
    const link = this.#links.get(peer);
    if (!link) return;
    this.#epochs.delete(peer);
    this.#epochs.set(peer, link.epoch);
    for (const oldest of this.#epochs.keys()) {
      if (this.#epochs.size <= MAX_REMEMBERED) break;
      this.#epochs.delete(oldest);
    }
    this.#links.delete(peer);
    this.#missingSince.delete(peer);
    link.close();
  }

  #updateReach(): void {
    for (const member of this.#members) {
      this.#links.get(member.id)?.setReachable(this.#signalingUp && !member.away && !member.missing);
    }
  }

  /** Lets missing people go whose media has not flowed for as long as the server would keep their seat. */
  #watchMissing(): void {
    const { clock } = this.#options.world;
    const now = clock.now();
    clock.clearTimeout(this.#timer);
    let nextMs = Number.POSITIVE_INFINITY;
    const gone: ParticipantId[] = [];
    for (const member of this.#members) {
      const waits = member.missing !== undefined && !this.#links.get(member.id)?.flowing;
      if (!waits) {
        this.#missingSince.delete(member.id);
        continue;
      }
      const since = this.#missingSince.get(member.id) ?? now;
      this.#missingSince.set(member.id, since);
      const untilMs = since + (member.missing === 'lost' ? LOST_PATIENCE_MS : this.#patienceMs);
      if (now >= untilMs) gone.push(member.id);
      else nextMs = Math.min(nextMs, untilMs - now);
    }
    if (nextMs !== Number.POSITIVE_INFINITY) {
      this.#timer = clock.setTimeout(() => this.#watchMissing(), nextMs);
    }
    for (const peer of gone) this.#options.onGone(peer);
  }
}
