/** Asks a running server one thing by its control socket. */
import { connect } from 'node:net';
import { StackError } from '../../base/index.ts';
import {
  ControlAnswer,
  type ControlQuestion,
  type ControlSession,
  LONGEST_ANSWER,
  parseLine,
  writeLine,
} from './control-messages.ts';
import { readLines } from './lines.ts';

/** The last line of an answer, with the sessions that came before it. */
export interface ControlReply {
  readonly sessions: readonly ControlSession[];
  readonly last: Exclude<ControlAnswer, { readonly type: 'session' }>;
}

/** As many as a server can have, so that nothing else can fill this program's memory. */
const MOST_SESSIONS = 65_536;
const PATIENCE_MS = 15_000;

/** Rejects with `CONTROL_UNREACHABLE` where no server runs, or it does not answer. */
export function askControl(path: string, question: ControlQuestion): Promise<ControlReply> {
  return new Promise((resolve, reject) => {
    const sessions: ControlSession[] = [];
    const socket = connect(path);
    const fail = (why: string, cause?: unknown): void => {
      socket.destroy();
      reject(new StackError('CONTROL_UNREACHABLE', why, { cause }));
    };
    socket.setTimeout(PATIENCE_MS, () => fail(`The server at ${path} does not answer.`));
    socket.once('connect', () => socket.write(writeLine(question)));
    socket.once('error', (error) => fail(whyNot(path, error), error));
    socket.once('close', () => fail(`The server at ${path} has ended the connection.`));
    readLines(socket, LONGEST_ANSWER, (line) => {
      const answer = parseLine(ControlAnswer, line);
      if (!answer) fail(`The answer of the server at ${path} was not understood; versions may differ.`);
      else if (answer.type !== 'session') {
        resolve({ sessions, last: answer });
        socket.destroy();
      } else if (sessions.length < MOST_SESSIONS) sessions.push(answer.session);
    });
  });
}

function whyNot(path: string, error: Error): string {
  const code = 'code' in error ? String(error.code) : '';
  if (code === 'ENOENT' || code === 'ECONNREFUSED') {
    return `No server runs here: nobody listens at ${path}. Give the command the --state-dir or --control-socket of the server.`;
  }
  if (code === 'EACCES' || code === 'EPERM') {
    return `${path} belongs to another user; run the command as the user that the server runs as.`;
  }
  return `The server at ${path} cannot be reached (${code}).`;
}
