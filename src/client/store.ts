/** One immutable snapshot and who wants to hear of a new one. Tells them at most once per microtask turn. */

export class Store<State extends object> {
  #state: State;
  #announced = false;
  readonly #listeners = new Set<(state: State) => void>();

  constructor(initial: State) {
    this.#state = initial;
  }

  get state(): State {
    return this.#state;
  }

  /** A patch in which nothing is new makes no new snapshot. */
  update(patch: Partial<State>): void {
    const keys = Object.keys(patch) as (keyof State)[];
    if (keys.every((key) => Object.is(this.#state[key], patch[key]))) return;
    this.#state = Object.freeze({ ...this.#state, ...patch });
    if (this.#announced) return;
    this.#announced = true;
    queueMicrotask(() => {
      this.#announced = false;
      for (const listener of [...this.#listeners]) listener(this.#state);
    });
  }

  subscribe(listener: (state: State) => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }
}
