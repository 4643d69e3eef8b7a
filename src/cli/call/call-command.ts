/** `ieum call`: takes part in a room from the terminal, with chat and without sound and pictures. */
import { userInfo } from 'node:os';
import { createInterface } from 'node:readline/promises';
import { type Call, type CallState, type PeerState, systemClock } from '../../client/index.ts';
import type { Call as CommandCall } from '../command.ts';
import { enterRoom } from './enter-room.ts';
import { invitationOf, openParticipant } from './participant.ts';
import { serverNews } from './server-news.ts';
import { Speaker } from './speaker.ts';

const EXIT_PUT_OUT = 1;
const EXIT_UNHEARD = 1;
/** After the end of the input somebody has so long to come and hear what was said, or the rest of it. */
const PATIENCE_MS = 30_000;
/** So long what was said last may need to arrive, as over a line that is being mended. */
const FAREWELL_MS = 30_000;

/** 0 when the user leaves; 1 when the call ends otherwise, or the input ends and not everybody has heard it. */
export async function callCommand(command: CommandCall): Promise<number> {
  const invitation = invitationOf(command);
  const participant = await openParticipant(command, { name: ownName(), invitation });
  const { call } = participant;
  const lines = createInterface({ input: process.stdin, terminal: false });
  const passcode = command.flags.passcode === undefined ? undefined : String(command.flags.passcode);
  let everHeard = false;
  const speaker = new Speaker({
    clock: systemClock,
    isHeard: () => {
      // Who comes later is told when he is connected; meanwhile the others are not kept waiting.
      everHeard ||= canHear(call.state);
      return everHeard && call.state.peers.some(({ chatOpen }) => chatOpen);
    },
    say: (text) => call.sendChat(text),
    unsentBytes: () => call.unsentChatBytes,
    onWant: (isWanted) => {
      if (isWanted) lines.resume();
      else lines.pause();
    },
  });
  let stopTelling = (): void => undefined;
  try {
    const ended = new Promise<number>((resolve) => {
      let before = call.state;
      stopTelling = call.subscribe((state) => {
        for (const line of changes(before, state)) say(line);
        before = state;
        // Not within the change: what is said is one.
        queueMicrotask(() => speaker.look());
        if (state.error) call.dismissError();
        if (state.phase === 'left') resolve(EXIT_PUT_OUT);
      });
      lines.on('line', (line) => {
        if (line === '/leave' || line === '/quit') resolve(lastWords(call, speaker, say));
        else if (call.state.knocks.length > 0 && (line === '/admit' || line === '/decline')) {
          answerKnocks(call, line === '/admit');
        } else speaker.add(line);
      });
      lines.once('close', () => resolve(lastWords(call, speaker, say)));
    });
    const stopped = new Promise<number>((resolve) => {
      for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve(0));
    });
    await enterRoom(participant, invitation, 'call', passcode);
    if (call.state.phase === 'waiting') {
      say('* The host is asked whether you may come in; waiting. Ctrl-C stops.');
    }
    return await Promise.race([ended, stopped]);
  } finally {
    stopTelling();
    speaker.close();
    lines.close();
    await participant.close();
  }
}

/** Waits until everything has been said, and everybody has it. Resolves with the exit code. */
export async function lastWords(
  call: Pick<Call, 'state' | 'endChat'>,
  speaker: Pick<Speaker, 'silent'>,
  tell: (line: string) => void,
): Promise<number> {
  if (!(await speaker.silent(PATIENCE_MS))) {
    tell(`* Not everything was heard: for ${PATIENCE_MS / 1000} s nobody was connected.`);
    return EXIT_UNHEARD;
  }
  const names = new Map(call.state.peers.map(({ id, name }) => [id, name]));
  const unsure = await call.endChat(FAREWELL_MS);
  if (unsure.length === 0) return 0;
  const who = unsure.map((id) => names.get(id) ?? 'somebody').join(', ');
  tell(`* What was said last may not have reached ${who}: the connection does not answer.`);
  return EXIT_UNHEARD;
}

/** Who knocks has gone meanwhile where the server refuses, and that is told as a change. */
function answerKnocks(call: Call, allow: boolean): void {
  for (const { id } of call.state.knocks) call.admit(id, allow).catch(() => undefined);
}

/** Why somebody is out, and what to do about it. */
const OUT: Readonly<Record<NonNullable<CallState['out']>, string>> = {
  left: '* You are out of the room.',
  removed: '* You are out: the host has removed you from the room. Ask the host before you come back.',
  declined: '* You are out: the host has not let you in. Ask the host, and run the same command again.',
  replaced: '* You are out: your place was taken up elsewhere.',
};

/** Whether everybody whose link has not failed can be told something, and that is somebody. */
function canHear({ peers }: CallState): boolean {
  const reachable = peers.filter(({ link }) => link !== 'failed');
  return reachable.length > 0 && reachable.every(({ chatOpen }) => chatOpen);
}

/** What a person at a terminal wants to hear, a line each. */
export function changes(before: CallState, after: CallState): string[] {
  // Who is out sees nobody any more: that is one thing, not many.
  if (after.phase === 'left') {
    return before.phase === 'left' ? [] : [OUT[after.out ?? 'left']];
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
    if (!before.knocks.some(({ id }) => id === knock.id))
      lines.push(`* ${knock.name} asks to come in: /admit or /decline.`);
  }
  const news = serverNews(before, after);
  if (news !== undefined) lines.push(`* ${news}`);
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
