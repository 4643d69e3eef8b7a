/** Goes into a room by invitation; a refusal is told with where was asked, and what to do about it at a terminal. */
import { StackError } from '../../base/index.ts';
import type { Invitation } from './invitation.ts';
import type { Participant } from './participant.ts';

/** What somebody wants there: to talk, or to take files. */
type Purpose = 'call' | 'receive';

/** Resolves inside, or for a call at the door where the host is asked. Rejects with a StackError whose message is for the user. */
export async function enterRoom(
  { call, server }: Participant,
  { room, origin }: Invitation,
  purpose: Purpose,
  passcode?: string,
): Promise<void> {
  const isLink = origin !== undefined;
  try {
    await call.joinRoom(room, passcode === undefined ? undefined : { passcode });
  } catch (thrown) {
    if (!(thrown instanceof StackError)) throw thrown;
    const message = refusal(thrown, purpose, { asked: server.origin, isLink });
    throw new StackError(thrown.code, message, { cause: thrown });
  }
  if (purpose === 'receive' && call.state.phase === 'waiting') {
    throw new StackError('ROOM_UNKNOWN', noTransfer(server.origin, isLink ? 'link' : 'code'));
  }
}

function refusal(
  { code, message }: StackError,
  purpose: Purpose,
  { asked, isLink }: { readonly asked: string; readonly isLink: boolean },
): string {
  const [word, elsewhere] = isLink
    ? ['link', 'and ask for it anew']
    : ['code', 'or name another server with --server URL'];
  switch (code) {
    case 'ROOM_UNKNOWN':
      return purpose === 'receive'
        ? `${asked} knows no sender with this ${word}. Check the ${word} and that the sender is still running, ${elsewhere}.`
        : `${asked} knows no room with this ${word}. Check the ${word} and that somebody is still in the room, ${elsewhere}.`;
    case 'PASSCODE_REQUIRED':
    case 'PASSCODE_WRONG':
      if (purpose === 'receive') return noTransfer(asked, word);
      return code === 'PASSCODE_WRONG'
        ? `The passcode is not that of this room at ${asked}. Ask who invited you, and run the same command with --passcode TEXT again.`
        : `This room at ${asked} asks for a passcode. Ask who invited you, and run the same command with --passcode TEXT.`;
    case 'ROOM_LOCKED':
      return purpose === 'receive'
        ? noTransfer(asked, word)
        : `The host of this room at ${asked} has locked it: nobody new can come in. Ask the host to unlock it, and run the same command again.`;
    case 'ROOM_FULL':
      return `This room at ${asked} is full. Run the same command again when somebody has left.`;
    default:
      return `${asked} refused: ${message}`;
  }
}

/** The room of `ieum send` is open to whoever knows it. */
function noTransfer(asked: string, word: string): string {
  return `This ${word} leads to a call at ${asked} that does not let in everybody, and to no files. Use the ${word} that ieum send printed; ieum call takes part in a call.`;
}
