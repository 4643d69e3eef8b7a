/** `ieum receive`: takes the files of whoever made the code, goes on where an earlier run ended, and checks their SHA-256. */
import { performance } from 'node:perf_hooks';
import { createInterface } from 'node:readline/promises';
import { StackError } from '../../base/index.ts';
import { FILES_CHANNEL, systemClock } from '../../client/index.ts';
import { enterRoom } from '../call/enter-room.ts';
import { invitationOf, openParticipant, PARTICIPANT_FLAGS } from '../call/participant.ts';
import { serverNews } from '../call/server-news.ts';
import type { Call as CommandCall, OwnFlags } from '../command.ts';
import { isFolder } from './part-file.ts';
import { formatBytes, ProgressLine } from './progress-line.ts';
import { type Existing, planFiles } from './receive-plan.ts';
import { ReceiveSession } from './receive-session.ts';
import { SenderWatch } from './sender-watch.ts';

export const RECEIVE_FLAGS = {
  to: { placeholder: 'FOLDER', help: 'where the files go. Default: the current folder' },
  overwrite: {
    placeholder: '',
    help: 'replace files of the same name; else they come beside them, as name (2).txt',
  },
  ...PARTICIPANT_FLAGS,
} as const satisfies OwnFlags;

const EXIT_FAILED = 1;
const EXIT_INTERRUPTED = 130;
/** What is said last, and the leave-taking, have left by then. */
const FAREWELL_MS = 300;

/** 0 when everything has come, 1 when not, 130 when the user has ended it. */
export async function receiveCommand(command: CommandCall): Promise<number> {
  const invitation = invitationOf(command);
  const folder = String(command.flags.to ?? process.cwd());
  if (!(await isFolder(folder)))
    throw new StackError(
      'SETTINGS_INVALID',
      `--to: there is no folder ${folder}; make it first, or name another.`,
    );
  const line = new ProgressLine(process.stderr, () => performance.now());
  let finish: (code: number) => void = () => undefined;
  const ended = new Promise<number>((resolve) => {
    finish = resolve;
  });
  const watch = new SenderWatch({
    clock: systemClock,
    say: (text) => line.say(text),
    onGiveUp: () => finish(EXIT_FAILED),
  });
  let files = 0;
  let interrupted = false;
  const session = new ReceiveSession({
    plan: (offered) => {
      const total = offered.reduce((sum, { size }) => sum + size, 0);
      line.say(`${offered.length === 1 ? 'One file' : `${offered.length} files`}, ${formatBytes(total)}.`);
      return planFiles(folder, offered, (name) => askExisting(name, command.flags.overwrite === true));
    },
    onProgress: (name, bytes, size) => {
      if (!interrupted) line.update(name, bytes, size);
    },
    onFile: (path) => {
      files += 1;
      line.say(`Received, and its SHA-256 is right: ${path}`);
      line.restart();
      process.stdout.write(`${path}\n`);
    },
    onRestart: (name) => line.say(`What came of ${name} is not what was sent; it comes once more.`),
    onEnd: (outcome) => {
      watch.close();
      if (outcome === 'done') line.say(files === 1 ? 'Done: one file.' : `Done: ${files} files.`);
      else {
        line.say(
          `Not received: ${outcome.failed}. What has come stays; ieum receive with the next link of the sender goes on from there.`,
        );
      }
      finish(outcome === 'done' ? 0 : EXIT_FAILED);
    },
  });
  const participant = await openParticipant(command, {
    name: 'ieum receive',
    invitation,
    onConnection: (connection) => {
      const channel = connection.createDataChannel(FILES_CHANNEL.label, {
        negotiated: true,
        id: FILES_CHANNEL.id,
      });
      // Of everybody in the room; the sender is who offers.
      let isSender = false;
      channel.onopen = () =>
        session.ask(channel, () => {
          isSender = true;
          line.restart();
          watch.handleOffer();
        });
      const lost = (): void => {
        if (session.lost(channel)) watch.handleInterrupted();
      };
      channel.onclose = lost;
      return {
        onInterrupted: () => {
          if (isSender) watch.handleInterrupted();
        },
        onBack: () => {
          line.restart();
          if (isSender) watch.handleBack();
        },
        onOver: lost,
      };
    },
  });
  const { call, server } = participant;
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      interrupted = true;
      watch.close();
      session.stop();
      line.say('Ended. What has come stays; the same command goes on from there.');
      finish(EXIT_INTERRUPTED);
    });
  }
  let before = call.state;
  const stopWatching = call.subscribe((state) => {
    const news = serverNews(before, state, server.origin);
    if (news !== undefined) line.say(news);
    if (state.phase === 'in-room') watch.handleRoom(state.peers.length);
    if (state.phase === 'left' && before.phase === 'in-room' && !interrupted) {
      line.say(`The room is gone (${state.out ?? 'left'}). What has come stays; ask for a new link.`);
      finish(EXIT_FAILED);
    }
    before = state;
  });
  try {
    await enterRoom(participant, invitation, 'receive');
    watch.handleEntered(call.state.peers.length);
    const code = await ended;
    await new Promise((resolve) => setTimeout(resolve, FAREWELL_MS));
    return code;
  } finally {
    watch.close();
    stopWatching();
    await session.close();
    await participant.close();
  }
}

/** At a terminal the user decides; elsewhere nothing is replaced. */
async function askExisting(name: string, overwrite: boolean): Promise<Existing> {
  if (overwrite) return 'overwrite';
  if (!process.stdin.isTTY || !process.stderr.isTTY) return 'keep-both';
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const answer = await new Promise<string>((resolve, reject) => {
      // The terminal is readline's meanwhile: Ctrl-C comes as a key, and as a signal only from here.
      lines.once('SIGINT', () => {
        process.emit('SIGINT', 'SIGINT');
        reject(new Error('the receiver has ended it'));
      });
      lines.once('close', () => resolve(''));
      const question = `${name} is there already. (k)eep both, (o)verwrite, (s)kip? [k] `;
      lines.question(question).then(resolve, () => resolve(''));
    });
    const first = answer.trim().toLowerCase().charAt(0);
    return first === 'o' ? 'overwrite' : first === 's' ? 'skip' : 'keep-both';
  } finally {
    lines.close();
  }
}
