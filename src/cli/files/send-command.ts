/** `ieum send`: offers files to whoever has the code, until somebody has them. */
import { randomBytes } from 'node:crypto';
import { performance } from 'node:perf_hooks';
import { StackError } from '../../base/index.ts';
import { FILES_CHANNEL, MAX_FILES } from '../../client/index.ts';
import { ownAddresses, scopeOf } from '../../node/index.ts';
import { writeCode, writeInvitation } from '../call/invitation.ts';
import { openParticipant, PARTICIPANT_FLAGS, type Participant } from '../call/participant.ts';
import { serverNews } from '../call/server-news.ts';
import { trustServer } from '../call/server-trust.ts';
import type { Call as CommandCall, OwnFlags } from '../command.ts';
import { formatBytes, ProgressLine } from './progress-line.ts';
import { SendChannel } from './send-channel.ts';
import { SourceFile } from './source-file.ts';

export const SEND_FLAGS = {
  keep: { placeholder: '', help: 'go on serving when somebody has the files, until Ctrl-C' },
  ...PARTICIPANT_FLAGS,
} as const satisfies OwnFlags;

const EXIT_FAILED = 1;
const EXIT_INTERRUPTED = 130;
const TRANSFER_BYTES = 16;
/** Of a room: who has lost his line keeps a seat for half a minute, and needs another one meanwhile. */
const SEATS = 8;
const FAREWELL_MS = 300;
/** Seen by who comes with `ieum call` or a browser. Says nothing of the files: the server reads it too. */
const ROOM_TITLE = 'File transfer: ieum receive takes the files';

/** 0 when somebody has all of it, 1 when that cannot be any more, 130 when the user has ended it. */
export async function sendCommand(command: CommandCall): Promise<number> {
  const sources = await Promise.all(command.operands.map((path) => SourceFile.open(path)));
  if (sources.length > MAX_FILES) {
    throw new StackError(
      'SETTINGS_INVALID',
      `At most ${MAX_FILES} files go at once; put them into an archive.`,
    );
  }
  const transfer = randomBytes(TRANSFER_BYTES).toString('hex');
  const keep = command.flags.keep === true;
  const line = new ProgressLine(process.stderr, () => performance.now());
  let finish: (code: number) => void = () => undefined;
  const ended = new Promise<number>((resolve) => {
    finish = resolve;
  });
  const running = new Set<SendChannel>();
  let interrupted = false;
  const participant = await openParticipant(command, {
    name: 'ieum send',
    invitation: undefined,
    onConnection: (connection) => {
      const channel = connection.createDataChannel(FILES_CHANNEL.label, {
        negotiated: true,
        id: FILES_CHANNEL.id,
      });
      let sending: SendChannel | undefined;
      channel.onopen = () => {
        const opened = new SendChannel(channel, transfer, sources, {
          onReceiver: () => line.say('A receiver is here.'),
          onProgress: ({ offered }, offset) => {
            if (!interrupted) line.update(offered.name, offset, offered.size);
          },
          onFileDone: ({ offered }) => {
            line.restart();
            line.say(`Sent, and its SHA-256 is right: ${offered.name}`);
          },
          onEnd: (outcome) => {
            running.delete(opened);
            line.restart();
            if (interrupted || !opened.hasReceiver) return;
            if (outcome === 'done') line.say('Done: the receiver has everything.');
            else if (outcome === 'lost')
              line.say('The receiver is gone; waiting for it to come back. Ctrl-C stops.');
            else line.say(`Not sent: ${outcome.failed}.`);
            if (outcome !== 'lost' && !keep) finish(outcome === 'done' ? 0 : EXIT_FAILED);
          },
        });
        sending = opened;
        running.add(opened);
      };
      const tell = (text: string): void => {
        if (!sending?.hasReceiver || !running.has(sending) || interrupted) return;
        line.say(text);
        line.restart();
      };
      return {
        onInterrupted: () =>
          tell('The connection to the receiver is interrupted; waiting for it to come back. Ctrl-C stops.'),
        onBack: () => tell('The receiver is back.'),
        onOver: () => sending?.lost(),
      };
    },
  });
  const { call, server } = participant;
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      interrupted = true;
      finish(EXIT_INTERRUPTED);
      for (const sending of [...running]) sending.abort('the sender has ended it');
      line.say('Ended.');
    });
  }
  let before = call.state;
  const stopWatching = call.subscribe((state) => {
    const news = serverNews(before, state, server.origin);
    if (news !== undefined && !interrupted) line.say(news);
    before = state;
    const { phase, out } = state;
    if (phase !== 'left') return;
    line.say(`The room is gone (${out ?? 'left'}); begin anew.`);
    finish(EXIT_FAILED);
  });
  try {
    await call.createRoom({ title: ROOM_TITLE, visibility: 'private', entry: 'open', limit: SEATS });
    const room = call.state.room?.id ?? '';
    const total = sources.reduce((sum, { offered }) => sum + offered.size, 0);
    line.say(
      `${sources.length === 1 ? (sources[0]?.offered.name ?? '') : `${sources.length} files`}, ${formatBytes(total)}.`,
    );
    line.say('On the other machine (or on this one):\n');
    process.stdout.write(`  ieum receive ${await linkOf(participant, room)}\n`);
    line.say(`\nThe code alone, with --server: ${writeCode(room)}`);
    const code = await ended;
    await new Promise((resolve) => setTimeout(resolve, FAREWELL_MS));
    return code;
  } finally {
    stopWatching();
    await participant.close();
  }
}

/** A server that is named as "this machine" has another name elsewhere: its best address, where it answers there too. */
async function linkOf({ server }: Participant, room: string): Promise<string> {
  const { hostname, port } = new URL(server.origin);
  if (!['localhost', '127.0.0.1', '[::1]'].includes(hostname))
    return writeInvitation(server.origin, room, server.pin);
  for (const { ip } of ownAddresses()) {
    if (scopeOf(ip) === 'loopback') continue;
    const origin = `https://${ip.includes(':') ? `[${ip}]` : ip}${port === '' ? '' : `:${port}`}`;
    try {
      const there = await trustServer(origin, { pin: server.pin, caFile: undefined, insecure: false });
      there.agent.destroy();
      return writeInvitation(origin, room, there.pin);
    } catch {
      // It does not listen there, or somebody else does.
    }
  }
  return writeInvitation(server.origin, room, server.pin);
}
