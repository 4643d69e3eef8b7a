/** Waiting for what sockets and processes do in their own time. */
import assert from 'node:assert/strict';

const LOOK_AGAIN_MS = 5;

/** Returns as soon as the fact is true; throws an AssertionError that says `what` was waited for when it never is. */
export async function until(
  fact: () => boolean,
  what: string | (() => string) = 'it has come true',
  patienceMs = 10_000,
): Promise<void> {
  const deadline = performance.now() + patienceMs;
  while (!fact() && performance.now() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
  }
  assert.ok(fact(), typeof what === 'string' ? what : what());
}
