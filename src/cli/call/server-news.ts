/** That the server is away, or there again, in a sentence. Data flows on between the people meanwhile. */
import type { CallState } from '../../client/index.ts';

/** `undefined` when nothing of that has changed. `origin`: to say which server. */
export function serverNews(before: CallState, after: CallState, origin?: string): string | undefined {
  const [was, is] = [before.signaling.status, after.signaling.status];
  const name = origin === undefined ? 'The server' : `The server ${origin}`;
  if (is === was || before.phase === 'offline') return undefined;
  if (is === 'reconnecting')
    return `${name} does not answer; trying again. Who is connected stays connected.`;
  return was === 'reconnecting' && is === 'connected' ? `${name} is there again.` : undefined;
}
