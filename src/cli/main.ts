#!/usr/bin/env node
/** The command `ieum`: chooses what to do, and turns failures into one sentence and an exit code. */
import { StackError } from '../base/index.ts';
import { helpText, type Loaded, loadSettings, packageVersion } from '../server/index.ts';
import { doctorCommand } from './doctor/doctor-command.ts';
import { serveCommand } from './serve-command.ts';
import { turnCommand } from './turn-command.ts';

/** What the user gave is wrong, or the machine cannot do it: nothing was started. */
const EXIT_WRONG_USE = 2;

const COMMANDS: Readonly<Record<string, (loaded: Loaded) => Promise<number>>> = {
  serve: serveCommand,
  turn: turnCommand,
  doctor: doctorCommand,
};

async function main(): Promise<number> {
  const loaded = loadSettings({
    argv: process.argv.slice(2),
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
  const [name = 'serve', ...rest] = loaded.words;
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (!command) throw wrongUse(`Unknown command "${name}"; there are ${Object.keys(COMMANDS).join(', ')}.`);
  if (rest[0] !== undefined) throw wrongUse(`Unexpected word "${rest[0]}" after ${name}; see ieum --help.`);
  return command(loaded);
}

function wrongUse(sentence: string): StackError {
  return new StackError('SETTINGS_INVALID', sentence);
}

try {
  // Timers and sockets of a part that fails to close must not keep the process.
  process.exit(await main());
} catch (error) {
  if (!(error instanceof StackError)) throw error;
  process.stderr.write(`ieum: ${error.message}\n`);
  process.exit(EXIT_WRONG_USE);
}
