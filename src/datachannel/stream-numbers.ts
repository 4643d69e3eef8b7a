/** Which streams are taken, and which is the next for a channel of ours. RFC 8832 §6. */

/** RFC 8831 §6.2: 65,535 streams; the last number stays unused (webrtc.html §6.2). */
export const MAX_STREAM = 65_534;

export class StreamNumbers<Owner> {
  readonly #owners = new Map<number, Owner>();
  /** Every number of ours below it is taken. */
  #cursor = 0;

  get size(): number {
    return this.#owners.size;
  }

  get(stream: number): Owner | undefined {
    return this.#owners.get(stream);
  }

  has(stream: number): boolean {
    return this.#owners.has(stream);
  }

  take(stream: number, owner: Owner): void {
    this.#owners.set(stream, owner);
  }

  free(stream: number): void {
    this.#owners.delete(stream);
    if (stream < this.#cursor) this.#cursor = stream;
  }

  clear(): void {
    this.#owners.clear();
    this.#cursor = 0;
  }

  owners(): Owner[] {
    return [...this.#owners.values()];
  }

  /** The lowest free one of this role: a DTLS client has the even ones. `undefined` when all are taken. */
  next(role: 'client' | 'server'): number | undefined {
    const parity = role === 'client' ? 0 : 1;
    let stream = this.#cursor + ((this.#cursor & 1) === parity ? 0 : 1);
    while (this.#owners.has(stream)) stream += 2;
    this.#cursor = stream;
    return stream <= MAX_STREAM ? stream : undefined;
  }
}
