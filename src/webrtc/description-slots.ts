/**
 * The four descriptions of a connection: each the same object as long as it says the same, and what it says changes in tasks
 * only. webrtc.html §4.4.2, §5.6.2.
 */
import type { PeerSessionPort } from '../peer/index.ts';
import { RTCSessionDescription } from './session-description.ts';

export type DescriptionName =
  | 'currentLocalDescription'
  | 'pendingLocalDescription'
  | 'currentRemoteDescription'
  | 'pendingRemoteDescription';

export class DescriptionSlots {
  readonly #session: Pick<PeerSessionPort, DescriptionName>;
  readonly #shown: { [Name in DescriptionName]?: RTCSessionDescription | null } = {};
  /** Those that were read since the last task in which they may have changed. */
  #read: DescriptionName[] = [];

  constructor(session: Pick<PeerSessionPort, DescriptionName>) {
    this.#session = session;
  }

  get(name: DescriptionName): RTCSessionDescription | null {
    if (!this.#read.includes(name)) this.#readAgain(name);
    return this.#shown[name] ?? null;
  }

  /** In the task in which they may change. A text is written when somebody asks: most programs ask once. */
  refresh(): void {
    if (this.#read.length > 0) this.#read = [];
  }

  #readAgain(name: DescriptionName): void {
    this.#read.push(name);
    const said = this.#session[name];
    const shown = this.#shown[name];
    if (!said) this.#shown[name] = null;
    else if (shown?.type !== said.type || shown.sdp !== said.sdp) {
      this.#shown[name] = new RTCSessionDescription(said);
    }
  }
}
