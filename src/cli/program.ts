/** What the command `ieum` does: chooses a command, and turns failures into one sentence and an exit code. */
import { StackError } from '../base/index.ts';
import { loadSettings, packageVersion } from '../server/index.ts';
import { chooseCommand } from './command.ts';
import { COMMANDS } from './commands.ts';
import { helpFor, helpOf, overview } from './help.ts';

/** What the user gave is wrong, or the machine cannot do it: nothing was started. */
const EXIT_WRONG_USE = 2;

async function choose(given: readonly string[]): Promise<number> {
  if (given[0] === 'help') {
    process.stdout.write(helpFor(given.slice(1), COMMANDS));
    return 0;
  }
  const { command, isNamed, operands, flags, argv } = chooseCommand(COMMANDS, given);
  const loaded = loadSettings({
    argv,
    environment: process.env,
    folder: process.cwd(),
  });
  if (loaded.help) {
    process.stdout.write(isNamed ? helpOf(command, COMMANDS) : overview(COMMANDS));
    return 0;
  }
  if (loaded.version) {
    process.stdout.write(`${packageVersion()}\n`);
    return 0;
  }
  return command.run({ loaded, operands, flags });
}

/** Resolves with the exit code. Rejects with what nobody expected. */
export async function run(): Promise<number> {
  try {
    return await choose(process.argv.slice(2));
  } catch (error) {
    if (!(error instanceof StackError)) throw error;
    process.stderr.write(`ieum: ${error.message}\n`);
    return EXIT_WRONG_USE;
  }
}
