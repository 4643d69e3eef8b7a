/**
 * The control socket of a running server: a Unix socket (on Windows a named pipe) that only its owner can open. Each
 * connection asks one thing. What can be asked: control-messages.ts.
 */
import { lstatSync, rmSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { type Log, StackError } from '../../base/index.ts';
import type { Operable } from '../operable.ts';
import type { ReloadOutcome } from '../reload/reloader.ts';
import {
  type ControlAnswer,
  ControlQuestion,
  LONGEST_QUESTION,
  parseLine,
  writeLine,
} from './control-messages.ts';
import { LONGEST_SOCKET_PATH } from './control-path.ts';
import { readLines } from './lines.ts';
import { selectSessions, toldSession } from './session-selection.ts';

export interface ControlServerOptions {
  readonly path: string;
  readonly running: Operable;
  readonly reload: (because: string) => Promise<ReloadOutcome>;
  readonly log: Log;
}

export interface ControlServer {
  close(): Promise<void>;
}

/** Administrators, one command each. */
const MAX_CONNECTIONS = 16;
/** To ask, and to take the answer. */
const PATIENCE_MS = 10_000;
/** Sessions ended at a time. */
const KICKS_AT_ONCE = 64;

/** Rejects with `CONTROL_UNAVAILABLE` where another server has the socket, or it cannot be made. */
export async function openControlServer(options: ControlServerOptions): Promise<ControlServer> {
  const { path } = options;
  if (process.platform !== 'win32' && Buffer.byteLength(path) > LONGEST_SOCKET_PATH) {
    throw unavailable(path, `is longer than the ${LONGEST_SOCKET_PATH} bytes that a socket's path may have`);
  }
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    serve(options, socket);
  });
  server.maxConnections = MAX_CONNECTIONS;
  try {
    await listen(server, path);
  } catch (cause) {
    if (codeOf(cause) !== 'EADDRINUSE') throw unavailable(path, `cannot be made (${codeOf(cause)})`, cause);
    if (await answers(path)) throw unavailable(path, 'belongs to another server that runs', cause);
    if (!lstatSync(path).isSocket()) throw unavailable(path, 'is a file and no socket', cause);
    rmSync(path, { force: true }); // left by a server that was killed
    await listen(server, path).catch((again: unknown) => {
      throw unavailable(path, `cannot be made (${codeOf(again)})`, again);
    });
  }
  server.on('error', (error) => options.log.warn('the control socket has failed', { error: String(error) }));
  server.unref();
  return {
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

function serve({ running, reload, log }: ControlServerOptions, socket: Socket): void {
  socket.unref();
  socket.setTimeout(PATIENCE_MS, () => socket.destroy());
  socket.on('error', () => socket.destroy());
  let asked = false;
  readLines(socket, LONGEST_QUESTION, (line) => {
    if (asked) return;
    asked = true;
    const question = parseLine(ControlQuestion, line);
    const answering = question
      ? answer(running, reload, question)
      : Promise.resolve([
          refused('The question was not understood; command and server may differ in version.'),
        ]);
    answering
      .catch((error: unknown) => {
        log.error('a control question could not be answered', { error: String(error) });
        return [refused('The server could not answer; its log says why.')];
      })
      .then((lines) => {
        if (!socket.destroyed) socket.end(lines.map(writeLine).join(''));
      });
  });
}

async function answer(
  running: Operable,
  reload: ControlServerOptions['reload'],
  question: ControlQuestion,
): Promise<readonly ControlAnswer[]> {
  switch (question.ask) {
    case 'sessions': {
      const sessions = await running.sessions();
      return [
        ...sessions.map(
          (session) => ({ type: 'session', session: toldSession(session, Date.now()) }) as const,
        ),
        { type: 'sessions-end' },
      ];
    }
    case 'kick': {
      const meant = selectSessions(await running.sessions(), question.who);
      let count = 0;
      for (let from = 0; from < meant.length; from += KICKS_AT_ONCE) {
        const ended = meant.slice(from, from + KICKS_AT_ONCE).map(({ id }) => running.kick({ id }));
        for (const one of await Promise.all(ended)) count += one;
      }
      return [{ type: 'kicked', count }];
    }
    case 'reload': {
      const outcome = await reload('as `ieum reload` asked');
      if (outcome.kind === 'refused') return [refused(outcome.reason)];
      return [{ type: 'reloaded', changed: [...outcome.changed], later: [...outcome.later] }];
    }
  }
}

function refused(reason: string): ControlAnswer {
  return { type: 'refused', reason };
}

function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    // The socket appears inside this call: with these rights from its first moment (0600).
    const before = process.platform === 'win32' ? undefined : process.umask(0o177);
    try {
      server.listen(path, () => {
        server.removeListener('error', reject);
        resolve();
      });
    } finally {
      if (before !== undefined) process.umask(before);
    }
  });
}

/** Whether a server is behind the socket, or it was left behind. */
function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', (error) => resolve(codeOf(error) !== 'ECONNREFUSED' && codeOf(error) !== 'ENOENT'));
  });
}

function unavailable(path: string, why: string, cause?: unknown): StackError {
  return new StackError('CONTROL_UNAVAILABLE', `--control-socket: ${path} ${why}.`, { cause });
}

function codeOf(error: unknown): unknown {
  return typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
}
