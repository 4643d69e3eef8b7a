/** What the command `ieum` does: chooses a command, and turns failures into one sentence and an exit code. */
import { StackError } from '../base/index.ts';
import { helpText, loadSettings, packageVersion } from '../server/index.ts';
import { chooseCommand } from './command.ts';
import { COMMANDS } from './commands.ts';

/** What the user gave is wrong, or the machine cannot do it: nothing was started. */
const EXIT_WRONG_USE = 2;

async function choose(): Promise<number> {
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

/** Resolves with the exit code. Rejects with what nobody expected. */
export async function run(): Promise<number> {
  try {
    return await choose();
  } catch (error) {
    if (!(error instanceof StackError)) throw error;
    process.stderr.write(`ieum: ${error.message}\n`);
    return EXIT_WRONG_USE;
  }
}
