#!/usr/bin/env node
/** The command `ieum`: chooses what to do, and turns failures into one sentence and an exit code. */
import { StackError } from '../base/index.ts';
import { helpText, loadSettings, packageVersion } from '../server/index.ts';
import { chooseCommand } from './command.ts';
import { COMMANDS } from './commands.ts';

/** What the user gave is wrong, or the machine cannot do it: nothing was started. */
const EXIT_WRONG_USE = 2;

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
