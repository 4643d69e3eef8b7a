/** Waiting for something to end, within a deadline. */

const LOOK_EVERY_MS = 20;

/** Resolves when `isOver` says so, at the latest after `withinMs`. */
export function until(isOver: () => boolean, withinMs: number): Promise<void> {
  const deadline = performance.now() + withinMs;
  return new Promise((resolve) => {
    const look = (): void => {
      if (isOver() || performance.now() >= deadline) resolve();
      else setTimeout(look, LOOK_EVERY_MS);
    };
    look();
  });
}
