/**
 * What this side knows of lobby and room, as a pure function of the server's events. Holds no connection and decides
 * nothing about media; who is missing after a server restart is kept as `missing` for the mesh to judge.
 */
import type {
  ParticipantId,
  Participant as ParticipantInfo,
  RoomInfo,
  RoomListing,
} from '../signaling/index.ts';
import type { RoomEvent } from './signaling-session.ts';
import type { CallPhase, CallState } from './state.ts';

export interface RoomMember extends ParticipantInfo {
  /**
   * The server does not list this person, and media may flow on. `unlisted`: not come back yet since the server
   * restarted. `lost`: given up by the server after a cut.
   */
  readonly missing?: 'unlisted' | 'lost';
}

export interface RoomView {
  readonly phase: CallPhase;
  readonly rooms: readonly RoomListing[];
  readonly room: RoomInfo | undefined;
  readonly self: ParticipantId | undefined;
  readonly members: readonly RoomMember[];
  readonly knocks: CallState['knocks'];
  readonly out: CallState['out'];
}

export const EMPTY_ROOM: RoomView = {
  phase: 'offline',
  rooms: [],
  room: undefined,
  self: undefined,
  members: [],
  knocks: [],
  out: undefined,
};

/** Bounds what a wrong server can make this side hold: rooms have at most 64 people (messages.ts, `limit`). */
const MAX_MEMBERS = 128;
const MAX_KNOCKS = 64;

/** The same object when nothing is another. */
export function afterEvent(view: RoomView, event: RoomEvent): RoomView {
  switch (event.type) {
    case 'lobby':
      return { ...view, rooms: event.rooms };
    case 'joined': {
      const present: readonly RoomMember[] = event.participants;
      // A server that restarted knows only those who have come back; the others may be talking to us right now.
      const known = new Set(present.map((person) => person.id));
      const absent =
        event.self === view.self
          ? view.members
              .filter((person) => !known.has(person.id))
              .map((person) => asMissing(person, 'unlisted'))
          : [];
      return {
        ...view,
        phase: 'in-room',
        room: event.room,
        self: event.self,
        members: [...present, ...absent].slice(0, MAX_MEMBERS),
        knocks: [], // a host is told again who is at the door
        out: undefined,
      };
    }
    case 'participant-joined':
    case 'participant-updated':
      return withMember(view, event.participant);
    case 'participant-left':
      // A lost signaling connection says nothing about media: the mesh decides whether this person is gone.
      return event.reason === 'lost'
        ? {
            ...view,
            members: view.members.map((person) =>
              person.id === event.participant ? asMissing(person, 'lost') : person,
            ),
          }
        : withoutMember(view, event.participant);
    case 'knock': {
      const others = view.knocks.filter((knock) => knock.id !== event.participant);
      return { ...view, knocks: [...others, { id: event.participant, name: event.name }].slice(-MAX_KNOCKS) };
    }
    case 'knock-gone':
      return withoutKnock(view, event.participant);
    case 'room-updated':
      return { ...view, room: event.room };
    case 'out':
      return leftRoom(view, event.reason);
    case 'signal':
    case 'ice':
    case 'error':
      return view;
  }
}

export function leftRoom(view: RoomView, out: NonNullable<CallState['out']>): RoomView {
  return { ...view, phase: 'left', room: undefined, self: undefined, members: [], knocks: [], out };
}

export function withoutMember(view: RoomView, id: ParticipantId): RoomView {
  return { ...view, members: view.members.filter((person) => person.id !== id) };
}

export function withoutKnock(view: RoomView, id: ParticipantId): RoomView {
  return { ...view, knocks: view.knocks.filter((knock) => knock.id !== id) };
}

function withMember(view: RoomView, member: RoomMember): RoomView {
  const known = view.members.some((person) => person.id === member.id);
  const members = known
    ? view.members.map((person) => (person.id === member.id ? member : person))
    : [...view.members, member].slice(0, MAX_MEMBERS);
  // Who has been admitted is not at the door any more.
  return { ...view, members, knocks: view.knocks.filter((knock) => knock.id !== member.id) };
}

function asMissing(person: RoomMember, missing: 'unlisted' | 'lost'): RoomMember {
  return { ...person, away: true, missing };
}
