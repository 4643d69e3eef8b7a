#!/usr/bin/env node
/** The command `ieum`: chooses what to do, and turns failures into one sentence and an exit code. */
import { StackError } from '../base/index.ts';
import { helpText, loadSettings, packageVersion } from '../server/index.ts';
import { type Command, chooseCommand } from './command.ts';
import { credentialsCommand } from './control/credentials-command.ts';
import { kickCommand } from './control/kick-command.ts';
import { reloadCommand } from './control/reload-command.ts';
import { sessionsCommand } from './control/sessions-command.ts';
import { doctorCommand } from './doctor/doctor-command.ts';
import { serveCommand } from './serve-command.ts';
import { turnCommand } from './turn-command.ts';
import { TURN_TEST_FLAGS, turnTestCommand } from './turn-test/turn-test-command.ts';

/** What the user gave is wrong, or the machine cannot do it: nothing was started. */
const EXIT_WRONG_USE = 2;

const COMMANDS: readonly Command[] = [
  { words: ['serve'], operands: [], flags: {}, run: serveCommand },
  { words: ['turn'], operands: [], flags: {}, run: turnCommand },
  { words: ['doctor'], operands: [], flags: {}, run: ({ loaded }) => doctorCommand(loaded) },
  { words: ['turn-test'], operands: ['URI'], flags: TURN_TEST_FLAGS, run: turnTestCommand },
  { words: ['reload'], operands: [], flags: {}, run: reloadCommand },
  { words: ['turn', 'reload'], operands: [], flags: {}, run: reloadCommand },
  { words: ['turn', 'sessions'], operands: [], flags: { json: 'switch' }, run: sessionsCommand },
  { words: ['turn', 'kick'], operands: ['ID, USER or ADDRESS'], flags: {}, run: kickCommand },
  {
    words: ['turn', 'credentials'],
    operands: [],
    flags: { user: 'text', minutes: 'text', json: 'switch' },
    run: credentialsCommand,
  },
];

async function main(): Promise<number> {
  const { command, operands, flags, argv } = chooseCommand(COMMANDS, process.argv.slice(2));
  const loaded = loadSettings({
    argv,
    environment: process.env,
    folder: process.cwd(),
  });
  if (loaded.help) {
    process.stdout.write(helpText(packageVersion()));
    return 0;
  }
  if (loaded.version) {
    process.stdout.write(`${packageVersion()}\n`);
    return 0;
  }
  return command.run({ loaded, operands, flags });
}

try {
  // Timers and sockets of a part that fails to close must not keep the process.
  process.exit(await main());
} catch (error) {
  if (!(error instanceof StackError)) throw error;
  process.stderr.write(`ieum: ${error.message}\n`);
  process.exit(EXIT_WRONG_USE);
}
