import assert from 'node:assert/strict';
import { mock, test } from 'node:test';
import { type Machine, type Millis, NEVER, Queue, TimerTable } from '../../../src/base/index.ts';
import { driveMachine } from '../../../src/node/index.ts';

/** Echoes after a while: `say` is transmitted at once, and comes back as an event `delayMs` later. */
class Echo implements Machine<string, string> {
  readonly #timers = new TimerTable<'answer'>();
  readonly #out = new Queue<string>();
  readonly #events = new Queue<string>();
  #pending = '';

  say(now: Millis, text: string, delayMs: number): void {
    this.#out.push(text);
    this.#pending = text;
    this.#timers.set('answer', now + delayMs);
  }

  handleTimeout(now: Millis): void {
    while (this.#timers.takeDue(now)) this.#events.push(this.#pending);
  }

  nextTimeout(): Millis {
    return this.#timers.next();
  }

  pollTransmit(): string | undefined {
    return this.#out.take();
  }

  pollEvent(): string | undefined {
    return this.#events.take();
  }
}

function drive(machine: Machine<string, string>, extra: { onEvent?: (event: string) => void } = {}) {
  const log: string[] = [];
  const failures: unknown[] = [];
  let now = 0;
  mock.timers.enable({ apis: ['setTimeout'] });
  const driver = driveMachine(machine, {
    onTransmit: (out) => log.push(`> ${out}`),
    onEvent: (event) => {
      log.push(`! ${event}`);
      extra.onEvent?.(event);
    },
    onFailure: (error) => failures.push(error),
    now: () => now,
  });
  const pass = (ms: number) => {
    // The mock fires timers one by one; the clock of the driver moves with it.
    for (let i = 0; i < ms; i++) {
      now += 1;
      mock.timers.tick(1);
    }
  };
  return { driver, log, failures, pass };
}

test.afterEach(() => mock.timers.reset());

test('transmits at once and wakes the machine at its deadline', () => {
  const echo = new Echo();
  const { driver, log, pass } = drive(echo);
  driver.run((now) => echo.say(now, 'hello', 100));
  assert.deepEqual(log, ['> hello']);
  pass(99);
  assert.deepEqual(log, ['> hello']);
  pass(2);
  assert.deepEqual(log, ['> hello', '! hello']);
});

test('an earlier deadline moves the timer forward, a later one is met too', () => {
  const echo = new Echo();
  const { driver, log, pass } = drive(echo);
  driver.run((now) => echo.say(now, 'slow', 500));
  driver.run((now) => echo.say(now, 'quick', 20));
  pass(21);
  assert.deepEqual(log, ['> slow', '> quick', '! quick']);
  driver.run((now) => echo.say(now, 'late', 700));
  pass(702);
  assert.equal(log.at(-1), '! late');
});

test('a handler may run the machine again, and order is kept', () => {
  const echo = new Echo();
  const { driver, log, pass } = drive(echo, {
    onEvent: (event) => {
      if (event === 'one') driver.run((now) => echo.say(now, 'two', 10));
    },
  });
  driver.run((now) => echo.say(now, 'one', 10));
  pass(30);
  assert.deepEqual(log, ['> one', '! one', '> two', '! two']);
});

test('what a machine throws is reported, and the machine is not asked again in a hot loop', () => {
  let asked = 0;
  const broken: Machine<string, string> = {
    handleTimeout() {
      asked += 1;
      throw new Error('broken');
    },
    nextTimeout: () => 0,
    pollTransmit: () => undefined,
    pollEvent: () => undefined,
  };
  const { failures, pass } = drive(broken);
  pass(2_500);
  assert.equal(asked, failures.length);
  assert.ok(asked >= 2 && asked <= 4, `asked ${asked} times in 2.5 s`);
});

test('a queue that throws for ever ends the drain, one bad item does not', () => {
  let left = 3;
  const machine: Machine<string, string> = {
    handleTimeout() {},
    nextTimeout: () => NEVER,
    pollTransmit() {
      if (left > 0) {
        left -= 1;
        return left === 1 ? 'bad' : 'good';
      }
      return undefined;
    },
    pollEvent: () => undefined,
  };
  const sent: string[] = [];
  const failures: unknown[] = [];
  const driver = driveMachine(machine, {
    onTransmit: (out) => {
      if (out === 'bad') throw new Error('cannot send');
      sent.push(out);
    },
    onEvent: () => {},
    onFailure: (error) => failures.push(error),
  });
  driver.run(() => {});
  assert.deepEqual(sent, ['good', 'good']);
  assert.equal(failures.length, 1);

  const hopeless: Machine<string, string> = {
    ...machine,
    pollEvent: () => {
      throw new Error('always');
    },
  };
  const failuresOfHopeless: unknown[] = [];
  driveMachine(hopeless, {
    onTransmit: () => {},
    onEvent: () => {},
    onFailure: (error) => failuresOfHopeless.push(error),
  }).run(() => {});
  assert.ok(failuresOfHopeless.length > 0);
});

test('after close nothing runs and no timer is left', () => {
  const echo = new Echo();
  const { driver, log, pass } = drive(echo);
  driver.run((now) => echo.say(now, 'hello', 50));
  driver.close();
  driver.run((now) => echo.say(now, 'again', 50));
  pass(200);
  assert.deepEqual(log, ['> hello']);
});
