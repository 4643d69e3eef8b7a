/** The page's addresses: home, a call about to begin, a room; and the ids in what people paste. Pure. */
import * as v from 'valibot';
import { RoomId } from '../../../src/signaling/index.ts';

export type Route =
  | { readonly kind: 'home' }
  /** `/#new`: looking at oneself before a room exists. */
  | { readonly kind: 'new' }
  | { readonly kind: 'room'; readonly id: string };

export function routeOf(location: Pick<Location, 'pathname' | 'hash'>): Route {
  const room = /^\/r\/([^/]+)\/?$/.exec(location.pathname)?.[1];
  if (room !== undefined) return { kind: 'room', id: room.toLowerCase() };
  return location.hash === '#new' ? { kind: 'new' } : { kind: 'home' };
}

/** Test parameters stay in the address when one moves on. */
export function pathOf(route: Route, search: string): string {
  if (route.kind === 'room') return `/r/${route.id}${search}`;
  return route.kind === 'new' ? `/${search}#new` : `/${search}`;
}

/** The link that one gives to others: without the parameters. */
export const inviteLink = (origin: string, room: string): string => `${origin}/r/${room}`;

/** A room id out of what somebody pasted: a link, a path, or the code with spaces or hyphens in it. */
export function roomIdIn(text: string): string | undefined {
  const trimmed = text.trim().toLowerCase();
  const inLink = /\/r\/([a-z2-7]+)/.exec(trimmed)?.[1];
  const candidate = inLink ?? trimmed.replace(/[\s-]/g, '');
  return v.is(RoomId, candidate) ? candidate : undefined;
}
