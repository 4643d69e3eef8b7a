/** A process of Node for the ends of one stack. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { EndName, Reply } from '../protocol.ts';
import { Correspondence, type Host, type Router } from './host.ts';

const WORKER = fileURLToPath(new URL('./node-worker.ts', import.meta.url));

/** `profileDir`: where to leave a profile of the processor's time, for Chromium's tools. */
export async function hostInNode(
  stack: string,
  ends: readonly EndName[],
  route: Router,
  profileDir?: string,
): Promise<Host> {
  const profile = profileDir ? ['--cpu-prof', `--cpu-prof-dir=${profileDir}`] : [];
  const child = fork(WORKER, [stack, ends.join(',')], {
    execArgv: ['--import', 'tsx', '--expose-gc', ...profile],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const correspondence = new Correspondence((request) => child.connected && child.send(request), route);
  child.on('message', (reply: Reply) => correspondence.handle(reply));
  child.once('exit', (code) => correspondence.end(`The process of ${stack} has ended (${code}).`));
  await correspondence.ready;
  const { pid = 0 } = child;
  return {
    pids: () => [pid],
    call: (end, name, args) => correspondence.call(end, name, args),
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, 'exit');
      // A profile is written at an orderly end only.
      if (profileDir) child.disconnect();
      else child.kill('SIGKILL');
      await ended;
    },
  };
}
