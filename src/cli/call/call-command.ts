/** `ieum call`: takes part in a room from the terminal, with chat and without sound and pictures. */
import { userInfo } from 'node:os';
import { createInterface } from 'node:readline/promises';
import type { CallState, PeerState } from '../../client/index.ts';
import type { Call as CommandCall } from '../command.ts';
import { invitationOf, openParticipant } from './participant.ts';

const EXIT_PUT_OUT = 1;

/** 0 when the user leaves; 1 when the call ends otherwise. */
export async function callCommand(command: CommandCall): Promise<number> {
  const invitation = invitationOf(command);
  const participant = await openParticipant(command, { name: ownName(), invitation });
  const { call } = participant;
  const lines = createInterface({ input: process.stdin, terminal: false });
  const passcode = command.flags.passcode === undefined ? {} : { passcode: String(command.flags.passcode) };
  try {
    const ended = new Promise<number>((resolve) => {
      let before = call.state;
      call.subscribe((state) => {
        for (const line of changes(before, state)) say(line);
        before = state;
        if (state.error) call.dismissError();
        if (state.phase === 'left') resolve(EXIT_PUT_OUT);
      });
      lines.on('line', (line) => {
        if (line === '/leave' || line === '/quit') resolve(0);
        else if (line !== '') call.sendChat(line);
      });
      lines.once('close', () => resolve(0));
      for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve(0));
    });
    await call.joinRoom(invitation.room, passcode);
    if (call.state.phase === 'waiting') say('* The host is asked whether you may come in.');
    return await ended;
  } finally {
    lines.close();
    await participant.close();
  }
}

/** What a person at a terminal wants to hear, a line each. */
export function changes(before: CallState, after: CallState): string[] {
  // Who is out sees nobody any more: that is one thing, not many.
  if (after.phase === 'left') {
    return before.phase === 'left' ? [] : [`* You are out (${after.out ?? 'left'}).`];
  }
  const lines: string[] = [];
  if (after.phase === 'in-room' && before.phase !== 'in-room') {
    lines.push(
      `* You are in${after.room?.title ? ` "${after.room.title}"` : ''}. Type to talk; /leave to leave.`,
    );
  }
  const known = new Map(before.peers.map((peer) => [peer.id, peer]));
  for (const peer of after.peers) lines.push(...changesOf(known.get(peer.id), peer));
  for (const peer of before.peers) {
    if (!after.peers.some(({ id }) => id === peer.id)) lines.push(`* ${peer.name} has left.`);
  }
  for (const entry of after.chat) {
    if (entry.from !== 'self' && !before.chat.includes(entry))
      lines.push(`${entry.name}: ${harmless(entry.text)}`);
  }
  for (const knock of after.knocks) {
    if (!before.knocks.some(({ id }) => id === knock.id)) lines.push(`* ${knock.name} asks to come in.`);
  }
  if (after.signaling.status !== before.signaling.status && before.phase !== 'offline') {
    if (after.signaling.status === 'reconnecting') lines.push('* The server is not there; trying again.');
    else if (before.signaling.status === 'reconnecting') lines.push('* The server is there again.');
  }
  if (after.error && after.error !== before.error) lines.push(`* ${after.error.message}`);
  return lines;
}

function changesOf(before: PeerState | undefined, after: PeerState): string[] {
  const lines: string[] = [];
  if (!before) lines.push(`* ${after.name} is here.`);
  if (after.link !== (before?.link ?? 'connecting')) lines.push(`* ${after.name}: ${after.link}.`);
  if (after.path && after.path.kind !== before?.path?.kind) {
    lines.push(
      `* ${after.name}: ${after.path.kind === 'relay' ? 'through the relay' : 'directly connected'}.`,
    );
  }
  return lines;
}

/** A terminal obeys control characters; line ends are words here. */
function harmless(text: string): string {
  return text.replace(/[\r\n\u2028\u2029]+/g, ' / ').replace(/[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu, '');
}

function ownName(): string {
  try {
    return userInfo().username || 'terminal';
  } catch {
    return 'terminal'; // a user without a name, as in some containers
  }
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
