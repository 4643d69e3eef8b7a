/**
 * Says lines no faster than they can be heard: keeps what is said before anybody can hear it, lets the input wait while much
 * is under way, and tells when all of it has been said. Knows no room.
 */
import type { Clock, TimerHandle } from '../../client/index.ts';

export interface SpeakerOptions {
  readonly clock: Clock;
  /** Whether somebody can hear. When that changes, call `look`. */
  readonly isHeard: () => boolean;
  readonly say: (text: string) => void;
  /** Said, and not gone to the network. */
  readonly unsentBytes: () => number;
  /** Whether more lines are wanted. */
  readonly onWant: (isWanted: boolean) => void;
}

/** Beyond it a channel holds enough for a second of a fast line. */
const MOST_UNSENT_BYTES = 2 ** 20;
/** Lines; the input waits beyond it. */
const MOST_LINES = 1_000;
const LOOK_EVERY_MS = 20;
/** In characters: written as JSON, each of at most 6 bytes, they fit the 16,384 bytes of a chat message. */
const PIECE_CHARACTERS = 2_500;

export class Speaker {
  readonly #options: SpeakerOptions;
  readonly #lines: string[] = [];
  #timer: TimerHandle | undefined;
  #patience: TimerHandle | undefined;
  #isWanted = true;
  #onSilent: (() => void) | undefined;

  constructor(options: SpeakerOptions) {
    this.#options = options;
  }

  /** Whether everything has been said. */
  get isSilent(): boolean {
    return this.#lines.length === 0;
  }

  /** A long line is said in pieces. */
  add(line: string): void {
    const characters = [...line];
    for (let at = 0; at < characters.length; at += PIECE_CHARACTERS) {
      this.#lines.push(characters.slice(at, at + PIECE_CHARACTERS).join(''));
    }
    this.look();
  }

  /** Says what can be said now. */
  look(): void {
    const { clock, isHeard, say, unsentBytes, onWant } = this.#options;
    clock.clearTimeout(this.#timer);
    if (isHeard()) {
      let said = 0;
      while (said < this.#lines.length && unsentBytes() < MOST_UNSENT_BYTES) {
        say(this.#lines[said] ?? '');
        said += 1;
      }
      this.#lines.splice(0, said);
      if (!this.isSilent) this.#timer = clock.setTimeout(() => this.look(), LOOK_EVERY_MS);
    }
    const isWanted = this.#lines.length < MOST_LINES;
    if (isWanted !== this.#isWanted) {
      this.#isWanted = isWanted;
      onWant(isWanted);
    }
    if (this.isSilent) this.#onSilent?.();
  }

  /** Resolves with true when everything has been said, with false when for so long nothing could be. */
  silent(patienceMs: number): Promise<boolean> {
    const { clock } = this.#options;
    return new Promise((resolve) => {
      let left = this.#lines.length;
      const wait = (): TimerHandle =>
        clock.setTimeout(() => {
          if (this.#lines.length === left) resolve(false);
          else {
            left = this.#lines.length;
            this.#patience = wait();
          }
        }, patienceMs);
      this.#patience = wait();
      this.#onSilent = () => resolve(true);
      if (this.isSilent) resolve(true);
    });
  }

  close(): void {
    this.#options.clock.clearTimeout(this.#timer);
    this.#options.clock.clearTimeout(this.#patience);
  }
}
