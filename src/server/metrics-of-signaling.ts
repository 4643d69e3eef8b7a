/** What signaling tells about itself, as numbers. */
import { SIGNALING_ERRORS } from '../signaling/index.ts';
import type { Metrics } from './metrics.ts';
import type { SignalingEndpoint, SignalingFact } from './signaling/attach-signaling.ts';

type Reading = ReturnType<SignalingEndpoint['stats']>;

const GAUGES: readonly (readonly [name: string, help: string, key: keyof Reading])[] = [
  ['ieum_signaling_connections', 'Open signaling connections.', 'connections'],
  ['ieum_signaling_sessions', 'Sessions, connected or away.', 'sessions'],
  ['ieum_participants', 'People in rooms.', 'participants'],
  ['ieum_rooms', 'Rooms with somebody inside.', 'rooms'],
  ['ieum_empty_rooms', 'Rooms that are kept for a while with nobody inside.', 'emptyRooms'],
  ['ieum_lobby_watchers', 'Sessions that watch the list of open rooms.', 'lobbyWatchers'],
];

/** `hello` and every request, and what could not be read. */
const MESSAGES: readonly Extract<SignalingFact, { type: 'received' }>['message'][] = [
  'hello',
  'watch-lobby',
  'create-room',
  'join-room',
  'leave-room',
  'step-out',
  'signal',
  'set-media',
  'rename',
  'set-room',
  'admit',
  'remove',
  'refresh-ice',
  'ping',
  'unreadable',
];

const LEAVE_REASONS: readonly Extract<SignalingFact, { type: 'left' }>['reason'][] = [
  'left',
  'lost',
  'removed',
  'rejoined',
];

/** Registers the numbers; returns what takes the facts. `read` may answer before the endpoint is there. */
export function signalingMetrics(
  metrics: Metrics,
  read: () => Reading | undefined,
): (fact: SignalingFact) => void {
  for (const [name, help, key] of GAUGES) metrics.gauge(name, help, () => read()?.[key] ?? 0);
  const received = metrics.counter(
    'ieum_signaling_messages_total',
    'Messages from clients.',
    'type',
    MESSAGES,
  );
  const refused = metrics.counter(
    'ieum_signaling_refusals_total',
    'Messages answered with an error.',
    'code',
    Object.keys(SIGNALING_ERRORS),
  );
  const sessions = metrics.counter(
    'ieum_signaling_session_changes_total',
    'Sessions by what befell them.',
    'change',
    ['session-started', 'session-resumed', 'session-ended'],
  );
  const joined = metrics.counter(
    'ieum_room_changes_total',
    'Rooms and the people in them by what befell them.',
    'change',
    ['room-opened', 'room-forgotten', 'joined', ...LEAVE_REASONS],
  );
  return (fact) => {
    switch (fact.type) {
      case 'received':
        return received(fact.message);
      case 'refused':
        return refused(fact.code);
      case 'session-started':
      case 'session-resumed':
      case 'session-ended':
        return sessions(fact.type);
      case 'left':
        return joined(fact.reason);
      default:
        return joined(fact.type);
    }
  };
}
