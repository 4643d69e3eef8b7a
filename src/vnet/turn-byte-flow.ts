/** One direction of a joined TCP relay: bytes go on as the machine lets them, then the end. Its memory is the simulation's. */
import type { ByteStream, Millis } from '../base/index.ts';
import type { World } from './world.ts';

export class TurnByteFlow {
  readonly #world: World;
  readonly #to: ByteStream;
  /** 0: these bytes may go. Else: ask again after so long. */
  readonly #mayPass: (bytes: number) => Millis;
  readonly #waiting: Uint8Array[] = [];
  #ended = false;
  #pausing = false;

  constructor(world: World, to: ByteStream, mayPass: (bytes: number) => Millis) {
    this.#world = world;
    this.#to = to;
    this.#mayPass = mayPass;
  }

  push(bytes: Uint8Array): void {
    this.#waiting.push(bytes);
    this.#pump();
  }

  /** The other end follows when everything is there. */
  end(): void {
    this.#ended = true;
    this.#pump();
  }

  #pump(): void {
    if (this.#pausing) return;
    for (let next = this.#waiting[0]; next; next = this.#waiting[0]) {
      const waitMs = this.#mayPass(next.length);
      if (waitMs > 0) {
        this.#pausing = true;
        this.#world.after(waitMs, () => {
          this.#pausing = false;
          this.#pump();
        });
        return;
      }
      this.#waiting.shift();
      this.#to.write(next);
    }
    if (this.#ended) this.#to.end();
  }
}
