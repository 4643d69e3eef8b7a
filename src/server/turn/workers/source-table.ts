/** What a worker waits for, by the number that its poller says: so an event costs no look-up by descriptor. */

export class SourceTable<Source> {
  readonly #sources: (Source | undefined)[] = [];
  readonly #free: number[] = [];

  get(tag: number): Source | undefined {
    return this.#sources[tag];
  }

  /** A number that nobody has. */
  reserve(): number {
    const tag = this.#free.pop() ?? this.#sources.length;
    this.#sources[tag] = undefined;
    return tag;
  }

  set(tag: number, source: Source): void {
    this.#sources[tag] = source;
  }

  free(tag: number): void {
    this.#sources[tag] = undefined;
    this.#free.push(tag);
  }
}
