/** The forms of methods that call back instead of giving a promise. webrtc.html §4.4.3. */
import { toCallback } from './idl/convert.ts';

/**
 * Calls one of the two when `promise` is settled; what they throw is reported as what any callback throws. Throws a TypeError
 * for what is no function, before `begin` is called.
 */
export function settleCallbacks<T>(success: unknown, failure: unknown, begin: () => Promise<T>): void {
  const succeed = toCallback(success, 'successCallback');
  const fail = toCallback(failure, 'failureCallback');
  begin().then(
    (value) => queueMicrotask(() => succeed(value)),
    (reason: unknown) => queueMicrotask(() => fail(reason)),
  );
}
