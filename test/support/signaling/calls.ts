/** Situations that many stories begin with. */
import assert from 'node:assert/strict';
import type { ClientRequest, ParticipantId, RoomId } from '../../../src/signaling/index.ts';
import type { Person } from './person.ts';
import type { RoomsWorld } from './rooms-world.ts';

type Create = Omit<Extract<ClientRequest, { type: 'create-room' }>, 'type'>;

export const OFFER = { kind: 'description', description: { type: 'offer', sdp: 'v=0\r\n' } } as const;

export function candidate(text: string): Extract<ClientRequest, { type: 'signal' }>['signal'] {
  return { kind: 'candidate', candidate: { candidate: text, sdpMid: '0' } };
}

/** The first of them opens a room, the others come by its link; what they heard on the way is forgotten. */
export function callOf(people: readonly Person[], options: Partial<Create> = {}): RoomId {
  const [host, ...others] = people;
  assert.ok(host);
  host.ask({ type: 'create-room', visibility: 'private', ...options });
  const room = roomOf(host);
  for (const other of others) {
    const passcode = options.passcode === undefined ? {} : { passcode: options.passcode };
    const reply = other.ask({ type: 'join-room', room, ...passcode });
    if (reply.status === 'waiting') host.ask({ type: 'admit', participant: knockOf(host), allow: true });
  }
  for (const person of people) person.heard();
  return room;
}

export function roomOf(person: Person): RoomId {
  assert.ok(person.room, `${person.name} is in a room`);
  return person.room.id;
}

export function idOf(person: Person): ParticipantId {
  assert.ok(person.self, `${person.name} has had a seat`);
  return person.self;
}

export function seatOf(person: Person): string {
  assert.ok(person.seat, `${person.name} has a seat token`);
  return person.seat;
}

/** Who knocked first of those that the host has not looked at. */
export function knockOf(host: Person): ParticipantId {
  return host.take('knock').participant;
}

/** A world with these people connected, all from addresses of their own. */
export function connected(world: RoomsWorld, ...names: string[]): Person[] {
  return names.map((name, i) => world.person(name, `192.0.2.${i + 1}`));
}
