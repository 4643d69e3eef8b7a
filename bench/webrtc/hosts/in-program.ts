/** A program of another language for the ends of one stack: JSON lines on its standard input and output. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { EndName, Reply } from '../protocol.ts';
import { Correspondence, type Host, type Router } from './host.ts';

export async function hostInProgram(
  [program, ...given]: readonly [string, ...string[]],
  ends: readonly EndName[],
  route: Router,
): Promise<Host> {
  const child = spawn(program, [...given, ends.join(',')], { stdio: ['pipe', 'pipe', 'inherit'] });
  // What cannot be written is answered by the end of the process.
  child.stdin.on('error', () => {});
  const correspondence = new Correspondence((request) => {
    child.stdin.write(`${JSON.stringify(request)}\n`);
  }, route);
  createInterface({ input: child.stdout }).on('line', (line) =>
    correspondence.handle(JSON.parse(line) as Reply),
  );
  child.once('error', (error) => correspondence.end(`${program} cannot be started: ${error.message}.`));
  child.once('exit', (code) => correspondence.end(`${program} has ended (${code}).`));
  await correspondence.ready;
  const { pid = 0 } = child;
  return {
    pids: () => [pid],
    call: (end, name, args) => correspondence.call(end, name, args),
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
    },
  };
}
