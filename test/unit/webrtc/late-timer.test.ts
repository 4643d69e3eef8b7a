/** A process that was away reads its sockets before it believes that nobody has answered. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NEVER } from '../../../src/base/index.ts';
import type { PeerSessionPort } from '../../../src/peer/index.ts';
import { SessionDriver } from '../../../src/webrtc/driver/session-driver.ts';
import type { WebRtcShell } from '../../../src/webrtc/shell.ts';

/** One deadline at 100; time and tasks by hand. */
function scene() {
  const told: number[] = [];
  const tasks: (() => void)[] = [];
  const timers: (() => void)[] = [];
  const clock = { now: 0 };
  let next = 100;
  const session: Partial<PeerSessionPort> = {
    nextTimeout: () => next,
    handleTimeout: (now) => {
      told.push(now);
      next = NEVER;
    },
    pollTransmit: () => undefined,
    pollEvent: () => undefined,
  };
  const shell: Partial<WebRtcShell> = {
    now: () => clock.now,
    setTimer: (_delayMs, fire) => {
      timers.push(fire);
      return { cancel() {} };
    },
    queueTask: (task) => tasks.push(task),
  };
  const driver = new SessionDriver(shell as WebRtcShell, session as PeerSessionPort, () => {});
  driver.run(() => {});
  return { told, tasks, timers, clock, driver };
}

test('a timer that is in time tells the session at once', () => {
  const { told, tasks, timers, clock } = scene();
  clock.now = 105;
  timers[0]?.();
  assert.deepEqual(told, [105]);
  assert.deepEqual(tasks, []);
});

test('a timer that is late lets the sockets be read first, and arms no other meanwhile', () => {
  const { told, tasks, timers, clock, driver } = scene();
  clock.now = 900;
  timers[0]?.();
  assert.deepEqual(told, []);
  driver.run(() => {}); // what had come
  assert.equal(timers.length, 1);
  tasks[0]?.();
  assert.deepEqual(told, [900]);
});

test('who is closed meanwhile is told nothing', () => {
  const { told, tasks, timers, clock, driver } = scene();
  clock.now = 900;
  timers[0]?.();
  driver.close();
  tasks[0]?.();
  assert.deepEqual(told, []);
});
