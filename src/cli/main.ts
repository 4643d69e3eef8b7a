#!/usr/bin/env node
/**
 * The command `ieum`, as the system starts it. Imports nothing before it can say what is wrong: with few files allowed, reading
 * the program is what fails first.
 */

/** What the user gave is wrong, or the machine cannot do it: nothing was started. */
const EXIT_WRONG_USE = 2;
const NO_FILES_LEFT: readonly unknown[] = ['EMFILE', 'ENFILE'];

try {
  const { run } = await import('./program.ts');
  // Timers and sockets of a part that fails to close must not keep the process.
  process.exit(await run());
} catch (error) {
  if (!(error instanceof Error && 'code' in error && NO_FILES_LEFT.includes(error.code))) throw error;
  process.stderr.write(
    'ieum: too many files are open: the system allows this process fewer than it needs. Raise the limit (ulimit -n 4096), and try again.\n',
  );
  process.exit(EXIT_WRONG_USE);
}
