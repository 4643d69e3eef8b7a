/** The snapshot's derived parts: people with their links, and the one trouble that matters most. Pure. */
import type { ParticipantId, RoomInfo } from '../signaling/index.ts';
import type { PeerLink } from './peer-link.ts';
import type { RoomMember } from './room-state.ts';
import type { PeerState, Trouble } from './state.ts';

/** `before` is reused for whoever has not changed, so that a page redraws only what has. */
export function peersOf(
  members: readonly RoomMember[],
  room: RoomInfo | undefined,
  linkOf: (peer: ParticipantId) => PeerLink | undefined,
  before: readonly PeerState[],
): readonly PeerState[] {
  const peers = members.map((member) => {
    const link = linkOf(member.id);
    const peer: PeerState = {
      id: member.id,
      name: member.name,
      host: room?.host === member.id,
      away: member.away,
      media: member.media,
      link: link?.status ?? 'connecting',
      path: link?.path,
      chatOpen: link?.chatOpen ?? false,
      camera: link?.camera,
      screen: link?.screen,
    };
    const old = before.find((other) => other.id === member.id);
    return old && sameMembers(old, peer) ? old : peer;
  });
  const isSame = peers.length === before.length && peers.every((peer, i) => peer === before[i]);
  return isSame ? before : peers;
}

export function troubleOf(facts: {
  readonly draining: boolean;
  readonly signalingLost: boolean;
  readonly networkChanged: boolean;
  readonly peers: readonly PeerState[];
  readonly before: Trouble | undefined;
}): Trouble | undefined {
  const trouble = worstTrouble(facts);
  return trouble && facts.before && sameMembers(trouble, facts.before) ? facts.before : trouble;
}

function worstTrouble(facts: Parameters<typeof troubleOf>[0]): Trouble | undefined {
  const failed = facts.peers.find((peer) => peer.link === 'failed');
  const reconnecting = facts.peers.find((peer) => peer.link === 'reconnecting');
  if (facts.draining) return { kind: 'server-restarting' };
  if (facts.signalingLost) return { kind: 'signaling-lost' };
  if (facts.networkChanged) return { kind: 'network-changed' };
  if (failed) return { kind: 'peer-failed', peer: failed.id };
  if (reconnecting) return { kind: 'peer-reconnecting', peer: reconnecting.id };
  return undefined;
}

function sameMembers<T extends object>(a: T, b: T): boolean {
  const keys = new Set([...Object.keys(a), ...Object.keys(b)] as (keyof T)[]);
  for (const key of keys) if (!Object.is(a[key], b[key])) return false;
  return true;
}
