/** Which sessions somebody means by one word, and how a session is told. */
import { canonicalIp, formatAddress, type Millis } from '../../base/index.ts';
import type { SessionFacts } from '../../turn/index.ts';
import type { ControlSession } from './control-messages.ts';

/** `who`: an id, a user, the user behind a short-lived name (`<expiry>:<user>`), or a client's address. */
export function selectSessions(sessions: readonly SessionFacts[], who: string): readonly SessionFacts[] {
  const ip = canonicalIp(who);
  return sessions.filter(
    ({ id, username, client }) =>
      id === who ||
      username === who ||
      username.replace(/^\d+:/, '') === who ||
      (ip !== undefined && client.ip === ip),
  );
}

/** `wallClock`: milliseconds since 1970. */
export function toldSession(session: SessionFacts, wallClock: Millis): ControlSession {
  const { id, username, client, transport, relayed, protocol, peers, traffic, ageMs, remainingMs } = session;
  return {
    id,
    since: Math.round(wallClock - ageMs),
    remainingSeconds: Math.round(remainingMs / 1000),
    user: username,
    client: formatAddress(client),
    transport,
    relayed: relayed.map(formatAddress),
    protocol,
    peers,
    toPeersBytes: traffic.toPeerBytes,
    toPeersPackets: traffic.toPeerPackets,
    toClientBytes: traffic.toClientBytes,
    toClientPackets: traffic.toClientPackets,
    droppedPackets: traffic.droppedPackets,
  };
}
