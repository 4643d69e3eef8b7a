/** `ieum serve`: starts everything, says where, and ends when told to. */
import { startServer } from '../server/index.ts';
import { serveBanner } from './banner.ts';
import { isColourTerminal } from './colour.ts';
import type { Call } from './command.ts';
import { runServer } from './run-server.ts';

export function serveCommand({ loaded }: Call): Promise<number> {
  return runServer(
    loaded,
    (log) => startServer(loaded.settings, log),
    (server) => serveBanner(loaded, server, isColourTerminal(process.stdout)),
  );
}
