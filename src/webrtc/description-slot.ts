/**
 * One of the four descriptions of a connection: the same object as long as it says the same, and what it says changes in tasks
 * only. webrtc.html §4.4.2, §5.6.2.
 */
import type { Description } from '../peer/index.ts';
import { RTCSessionDescription } from './session-description.ts';

export class DescriptionSlot {
  readonly #read: () => Description | undefined;
  #shown: RTCSessionDescription | null = null;
  #stale = false;

  constructor(read: () => Description | undefined) {
    this.#read = read;
  }

  get value(): RTCSessionDescription | null {
    if (this.#stale) this.#readAgain();
    return this.#shown;
  }

  /** In the task in which it may change. Its text is written when somebody asks: most programs ask once. */
  refresh(): void {
    this.#stale = true;
  }

  #readAgain(): void {
    this.#stale = false;
    const said = this.#read();
    if (!said) this.#shown = null;
    else if (this.#shown?.type !== said.type || this.#shown.sdp !== said.sdp) {
      this.#shown = new RTCSessionDescription(said);
    }
  }
}
