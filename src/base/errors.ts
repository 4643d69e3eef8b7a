/** The three kinds of failure: a stable code for what the network or the caller did, an invariant for what we did. */

/** An error with a stable code. `docs/errors.md` lists the codes; match on `code`, never on the text. */
export class StackError extends Error {
  readonly code: string;

  /** `message` says what happened, what was expected and what to do. */
  constructor(code: string, message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.name = 'StackError';
    this.code = code;
  }
}

/** Whether it is a `StackError` of this code. */
export function hasCode(error: unknown, code: string): boolean {
  return error instanceof StackError && error.code === code;
}

/** Something that this code guarantees did not hold: a bug of ours, never of the input. */
export function invariant(condition: unknown, whyItHolds: string): asserts condition {
  if (!condition)
    throw new Error(`Broken invariant: ${whyItHolds}. This is a bug in Ieum; please report it.`);
}

/** The default branch of an exhaustive switch. */
export function unreachable(value: never): never {
  throw new Error(
    `Broken invariant: unexpected value ${String(value)}. This is a bug in Ieum; please report it.`,
  );
}
