/** The order of things: operations one after the other, tasks alone, changes before those who tell of them. webrtc.html §4.4.1.2. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Change, EventTasks } from '../../../src/webrtc/event-tasks.ts';
import type { WebRtcShell } from '../../../src/webrtc/index.ts';
import { OperationsChain } from '../../../src/webrtc/operations-chain.ts';

interface Step {
  readonly promise: Promise<string>;
  resolve(value: string): void;
  reject(reason: Error): void;
}

function step(): Step {
  let settle: Pick<Step, 'resolve' | 'reject'> | undefined;
  const promise = new Promise<string>((resolve, reject) => {
    settle = { resolve, reject };
  });
  assert.ok(settle);
  return { promise, ...settle };
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('an operation begins at once when it is alone, else when the one before has ended', async () => {
  const begun: string[] = [];
  let empties = 0;
  const chain = new OperationsChain(() => {
    empties += 1;
  });
  const [one, two] = [step(), step()];
  const operation =
    (name: string, { promise }: Step) =>
    () => {
      begun.push(name);
      return promise;
    };
  const first = chain.chain(operation('one', one));
  const second = chain.chain(operation('two', two));
  assert.deepEqual(begun, ['one']);
  one.reject(new Error('no'));
  await assert.rejects(first, /no/);
  await settled();
  assert.deepEqual(begun, ['one', 'two']);
  assert.equal(empties, 0);
  two.resolve('yes');
  assert.equal(await second, 'yes');
  await settled();
  assert.equal(empties, 1);
  assert.equal(chain.isEmpty, true);
});

test('a closed chain settles nothing that runs, and refuses what comes', async () => {
  const chain = new OperationsChain(() => {});
  const one = step();
  let isSettled = false;
  const hear = (): void => {
    isSettled = true;
  };
  void chain.chain(() => one.promise).then(hear, hear);
  chain.close();
  one.resolve('late');
  await settled();
  assert.equal(isSettled, false);
  await assert.rejects(
    chain.chain(() => one.promise),
    { name: 'InvalidStateError' },
  );
});

/** A shell that runs its tasks when a test says so. */
function handShell(): { readonly shell: WebRtcShell; run(): number } {
  const tasks: (() => void)[] = [];
  const shell = { queueTask: (task: () => void) => void tasks.push(task) } as unknown as WebRtcShell;
  return {
    shell,
    run() {
      const count = tasks.length;
      for (const task of tasks.splice(0)) task();
      return count;
    },
  };
}

function change(kind: string, log: string[], order = 0): Change {
  return { kind, order, change: () => log.push(`${kind} is`), tell: () => log.push(`${kind} said`) };
}

test('changes that come together are all made before any is told of', () => {
  const { shell, run } = handShell();
  const tasks = new EventTasks(shell);
  const log: string[] = [];
  tasks.addChange(change('connection', log, 2));
  tasks.addChange(change('transport', log, 1));
  assert.equal(run(), 1);
  assert.deepEqual(log, ['connection is', 'transport is', 'transport said', 'connection said']);
});

test('two states of one kind are two tasks, and so is what comes behind something else', () => {
  const { shell, run } = handShell();
  const tasks = new EventTasks(shell);
  const log: string[] = [];
  tasks.addChange(change('ice', log));
  tasks.addChange(change('ice', log));
  tasks.add(() => void log.push('candidate'));
  tasks.addChange(change('dtls', log));
  assert.equal(run(), 4);
  assert.deepEqual(log, ['ice is', 'ice said', 'ice is', 'ice said', 'candidate', 'dtls is', 'dtls said']);
});

test('nothing joins a task that has run', () => {
  const { shell, run } = handShell();
  const tasks = new EventTasks(shell);
  const log: string[] = [];
  tasks.addChange(change('one', log));
  run();
  tasks.addChange(change('two', log));
  assert.equal(run(), 1);
  assert.deepEqual(log, ['one is', 'one said', 'two is', 'two said']);
});

test('once closed nothing runs, and whoever closes inside a task hears no more of it', () => {
  const { shell, run } = handShell();
  const tasks = new EventTasks(shell);
  const log: string[] = [];
  tasks.addChange({ kind: 'a', order: 0, change: () => {}, tell: () => tasks.close() });
  tasks.addChange(change('b', log));
  tasks.add(() => void log.push('later'));
  run();
  assert.deepEqual(log, ['b is']);
});
