/**
 * The rules of one room: who is in, who waits at the door, who is host. A pure state machine that speaks by notices;
 * knows no sessions, tokens, passcodes or clocks.
 */
import { Queue } from '../base/index.ts';
import type { ParticipantId, RoomId } from './ids.ts';
import type {
  LeaveReason,
  MediaState,
  OutReason,
  Participant,
  RoomInfo,
  RoomListing,
  ServerEvent,
} from './messages.ts';
import type { RoomSettings } from './seat-token.ts';
import { type SignalingError, signalingError } from './signaling-errors.ts';

export type RoomNotice =
  | { readonly type: 'tell'; readonly to: ParticipantId; readonly event: ServerEvent }
  /** Has a seat now, and is to be told all about the room. */
  | { readonly type: 'seated'; readonly participant: ParticipantId }
  /** Is no longer in the room or at its door, not by an own request. */
  | { readonly type: 'out'; readonly participant: ParticipantId; readonly reason: OutReason }
  | { readonly type: 'left'; readonly participant: ParticipantId; readonly reason: LeaveReason }
  /** The settings or the host are others now: everybody inside is to be told. */
  | { readonly type: 'changed' };

export type Person = Participant;

/** What the host may change; a passcode is a digest already. */
export interface RoomChange {
  readonly title?: string | undefined;
  readonly visibility?: RoomSettings['visibility'] | undefined;
  readonly entry?: RoomSettings['entry'] | undefined;
  readonly locked?: boolean | undefined;
  readonly passcode?: RoomSettings['passcode'] | undefined;
}

/** 16 removed people travel in each seat token: as many as its 2,048 characters have room for. */
const MAX_REMOVED = 16;

export class Room {
  readonly id: RoomId;
  readonly #maxKnocks: number;
  #settings: RoomSettings;
  /** In order of arrival. */
  readonly #members = new Map<ParticipantId, Person>();
  readonly #knocks = new Map<ParticipantId, Person>();
  #removed: readonly ParticipantId[] = [];
  #host: ParticipantId | undefined;
  /** The host of a room that came back after a restart, while that host has not come back itself. */
  #awaitedHost: ParticipantId | undefined;
  readonly #notices = new Queue<RoomNotice>();

  constructor(id: RoomId, settings: RoomSettings, maxKnocks: number) {
    this.id = id;
    this.#settings = settings;
    this.#maxKnocks = maxKnocks;
  }

  get settings(): RoomSettings {
    return this.#settings;
  }

  get removed(): readonly ParticipantId[] {
    return this.#removed;
  }

  /** Defined exactly while anybody is inside. */
  get host(): ParticipantId | undefined {
    return this.#host;
  }

  get people(): number {
    return this.#members.size;
  }

  get isFull(): boolean {
    return this.#members.size >= this.#settings.limit;
  }

  has(id: ParticipantId): boolean {
    return this.#members.has(id);
  }

  member(id: ParticipantId): Person | undefined {
    return this.#members.get(id);
  }

  /** In order of arrival. */
  members(): Person[] {
    return [...this.#members.values()];
  }

  knocks(): Person[] {
    return [...this.#knocks.values()];
  }

  pollNotice(): RoomNotice | undefined {
    return this.#notices.take();
  }

  info(): RoomInfo | undefined {
    const { title, visibility, entry, locked, passcode, limit } = this.#settings;
    if (!this.#host) return undefined;
    return {
      id: this.id,
      title,
      visibility,
      entry,
      locked,
      passcode: passcode !== null,
      limit,
      host: this.#host,
    };
  }

  listing(): RoomListing {
    const { title, entry, locked, passcode, limit } = this.#settings;
    return { id: this.id, title, people: this.people, limit, passcode: passcode !== null, locked, entry };
  }

  // --- coming and going -----------------------------------------------------------------------------------------

  /** Takes a seat. Who is first is host. The caller has checked the door. */
  seat(person: Person): void {
    this.#knocks.delete(person.id);
    this.#tellAll({ type: 'participant-joined', participant: person });
    this.#members.set(person.id, person);
    const isAwaited = person.id === this.#awaitedHost;
    const isNewHost = !this.#host || isAwaited;
    if (isNewHost) this.#host = person.id;
    if (isAwaited) this.#awaitedHost = undefined;
    this.#notices.push({ type: 'seated', participant: person.id });
    if (!isNewHost) return;
    // Who is alone has just been told.
    if (this.#members.size === 1) this.#tellKnocks();
    else this.#installHost();
  }

  /** The same person comes again under a new id: the old stay, if there still is one, ends; the role stays. */
  reseat(old: ParticipantId, person: Person): void {
    if (this.#awaitedHost === old) this.#awaitedHost = person.id;
    if (!this.#members.has(old)) {
      this.seat(person);
      return;
    }
    const wasHost = this.#host === old;
    const isAlone = this.#members.size === 1;
    this.#members.delete(old);
    this.#notices.push({ type: 'out', participant: old, reason: 'replaced' });
    this.#departed(old, 'rejoined');
    if (wasHost) this.#host = isAlone ? undefined : person.id;
    this.seat(person);
    if (wasHost && !isAlone) this.#installHost();
  }

  /** The same stay goes on, told to another session. */
  retake(id: ParticipantId, name: string): void {
    this.#update(id, { name, away: false });
    this.#notices.push({ type: 'seated', participant: id });
    if (id === this.#host) this.#tellKnocks();
  }

  leave(id: ParticipantId, reason: LeaveReason): void {
    if (this.#knocks.delete(id)) this.#tellHost({ type: 'knock-gone', participant: id });
    if (!this.#members.delete(id)) return;
    this.#departed(id, reason);
    if (this.#host !== id) return;
    this.#host = this.#heir();
    if (this.#host) this.#installHost();
    else this.#openToFirstKnock();
  }

  /** Waits at the door until the host decides. */
  knock(person: Person): SignalingError | undefined {
    if (this.#knocks.size >= this.#maxKnocks)
      return signalingError('ROOM_FULL', 'too many people wait at its door');
    this.#knocks.set(person.id, person);
    this.#tellHost({ type: 'knock', participant: person.id, name: person.name });
    return undefined;
  }

  // --- the host's rights ----------------------------------------------------------------------------------------

  change(by: ParticipantId, change: RoomChange): SignalingError | undefined {
    if (by !== this.#host) return signalingError('NOT_HOST');
    // A room that becomes public meets strangers: they knock, unless the host says otherwise in the same breath.
    const before = this.#settings;
    const goesPublic = change.visibility === 'public' && before.visibility === 'private';
    const entry = change.entry ?? (goesPublic ? 'ask' : before.entry);
    this.#settings = {
      ...before,
      title: change.title ?? before.title,
      visibility: change.visibility ?? before.visibility,
      entry,
      locked: change.locked ?? before.locked,
      passcode: change.passcode === undefined ? before.passcode : change.passcode,
    };
    this.#changed();
    if (change.passcode) this.#turnAway();
    if (entry === 'open') this.#admitWaiting();
    return undefined;
  }

  admit(by: ParticipantId, id: ParticipantId, allow: boolean): SignalingError | undefined {
    if (by !== this.#host) return signalingError('NOT_HOST');
    const person = this.#knocks.get(id);
    if (!person) return signalingError('PARTICIPANT_UNKNOWN');
    if (allow && this.isFull) return signalingError('ROOM_FULL');
    if (allow) this.seat(person);
    else {
      this.#knocks.delete(id);
      this.#notices.push({ type: 'out', participant: id, reason: 'declined' });
    }
    return undefined;
  }

  remove(by: ParticipantId, id: ParticipantId): SignalingError | undefined {
    if (by !== this.#host) return signalingError('NOT_HOST');
    if (id === by) return signalingError('PARTICIPANT_UNKNOWN', 'to go yourself, leave the room');
    if (!this.#members.has(id)) return signalingError('PARTICIPANT_UNKNOWN');
    this.#removed = [...this.#removed, id].slice(-MAX_REMOVED);
    this.#notices.push({ type: 'out', participant: id, reason: 'removed' });
    this.leave(id, 'removed');
    this.#changed(); // fresh seats, which know of the removal
    return undefined;
  }

  // --- what members show of themselves --------------------------------------------------------------------------

  setMedia(id: ParticipantId, media: MediaState): void {
    this.#update(id, { media });
  }

  setAway(id: ParticipantId, away: boolean): void {
    const person = this.#members.get(id) ?? this.#knocks.get(id);
    if (person && person.away !== away) this.#update(id, { away });
  }

  rename(id: ParticipantId, name: string): void {
    this.#update(id, { name });
  }

  // --- after a restart of the server ----------------------------------------------------------------------------

  /** What else a seat knows of the room that it brings back: who was removed, and who takes the host's role again. */
  remember(removed: readonly ParticipantId[], host: ParticipantId): void {
    this.#removed = removed.slice(-MAX_REMOVED);
    this.#awaitedHost = host;
  }

  /** Takes over what a newer memory of this room says, and parts with those whom it knows as removed. */
  adopt(settings: RoomSettings, removed: readonly ParticipantId[], host: ParticipantId): void {
    if (settings.revision <= this.#settings.revision) return;
    this.#settings = settings;
    this.#removed = removed.slice(-MAX_REMOVED);
    for (const id of removed) {
      if (this.#members.has(id)) this.#notices.push({ type: 'out', participant: id, reason: 'removed' });
      this.leave(id, 'removed');
    }
    if (this.#members.has(host)) this.#host = host;
    else this.#awaitedHost = host;
    if (this.#host) this.#notices.push({ type: 'changed' });
    if (this.#host === host) this.#tellKnocks();
  }

  // --- inside ---------------------------------------------------------------------------------------------------

  #update(id: ParticipantId, change: Partial<Person>): void {
    const waiting = this.#knocks.get(id);
    if (waiting) {
      this.#knocks.set(id, { ...waiting, ...change });
      if (change.name !== undefined) this.#tellHost({ type: 'knock', participant: id, name: change.name });
    }
    const member = this.#members.get(id);
    if (!member) return;
    const participant = { ...member, ...change };
    this.#members.set(id, participant);
    for (const other of this.#members.keys()) {
      if (other !== id) this.#tell(other, { type: 'participant-updated', participant });
    }
  }

  #departed(id: ParticipantId, reason: LeaveReason): void {
    this.#notices.push({ type: 'left', participant: id, reason });
    this.#tellAll({ type: 'participant-left', participant: id, reason });
  }

  /** Who is there longest, and rather somebody whose connection is up: a host who is away admits nobody. */
  #heir(): ParticipantId | undefined {
    const members = this.members();
    return (members.find((member) => !member.away) ?? members[0])?.id;
  }

  /** Tells everybody who is host, and the host who is at the door. */
  #installHost(): void {
    this.#changed();
    this.#tellKnocks();
  }

  #tellKnocks(): void {
    for (const { id, name } of this.#knocks.values())
      this.#tellHost({ type: 'knock', participant: id, name });
  }

  #changed(): void {
    this.#settings = { ...this.#settings, revision: this.#settings.revision + 1 };
    this.#notices.push({ type: 'changed' });
  }

  /** Nobody is left to be asked, so the first at the door is in and is the host. */
  #openToFirstKnock(): void {
    const [first] = this.#knocks.values();
    if (first) this.seat(first);
  }

  /** Who waits has not shown the new passcode, and must not be let in without it when the host leaves or opens the room. */
  #turnAway(): void {
    for (const id of this.#knocks.keys()) {
      this.#knocks.delete(id);
      this.#notices.push({ type: 'out', participant: id, reason: 'declined' });
      this.#tellHost({ type: 'knock-gone', participant: id });
    }
  }

  #admitWaiting(): void {
    for (const person of this.#knocks.values()) if (!this.isFull && !this.#settings.locked) this.seat(person);
  }

  #tellHost(event: ServerEvent): void {
    if (this.#host) this.#tell(this.#host, event);
  }

  #tellAll(event: ServerEvent): void {
    for (const id of this.#members.keys()) this.#tell(id, event);
  }

  #tell(to: ParticipantId, event: ServerEvent): void {
    this.#notices.push({ type: 'tell', to, event });
  }
}
