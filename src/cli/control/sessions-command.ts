/** `ieum turn sessions`: who is on the relay of a running server. */
import { askControl, type ControlSession, controlPath } from '../../server/index.ts';
import type { Call } from '../command.ts';
import { formatTable } from './table.ts';

export async function sessionsCommand({ loaded, flags }: Call): Promise<number> {
  const { sessions } = await askControl(controlPath(loaded.settings), { ask: 'sessions' });
  const oldestFirst = [...sessions].sort((a, b) => a.since - b.since);
  process.stdout.write(
    flags.json ? `${JSON.stringify(oldestFirst, undefined, 2)}\n` : sessionTable(oldestFirst),
  );
  return 0;
}

export function sessionTable(sessions: readonly ControlSession[]): string {
  if (sessions.length === 0) return 'Nobody is on the relay.\n';
  const rows = sessions.map((session) => [
    session.id,
    new Date(session.since).toISOString().slice(0, 19).replace('T', ' '),
    session.user,
    session.client,
    session.transport,
    session.protocol === 'tcp' ? `${session.relayed.join(' ')} (TCP)` : session.relayed.join(' '),
    String(session.peers),
    sizeText(session.toPeersBytes),
    sizeText(session.toClientBytes),
    String(session.droppedPackets),
  ]);
  const head = ['id', 'since (UTC)', 'user', 'client', 'over', 'relayed at', 'peers', 'sent', 'received'];
  return formatTable([[...head, 'dropped'], ...rows], { rightFrom: 6 });
}

/** `1.5 MB`; the user's sent bytes are those that went to peers. */
function sizeText(bytes: number): string {
  const units = ['B', 'KB', 'MB', 'GB', 'TB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${unit === 0 ? value : value.toFixed(1)} ${units[unit]}`;
}
