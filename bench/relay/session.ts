/** What one client asks of a TURN server, one request after the other, until it has what its case needs. */
import {
  type Address,
  type Answer,
  type Challenge,
  type Credentials,
  learn,
  writeAllocate,
  writeChannelBind,
  writeCreatePermission,
  writeFirstAllocate,
  writeRefresh,
} from './turn-messages.ts';

/** What follows Allocate: a channel, a permission for Send indications, nothing, or Refresh with lifetime 0. */
export type Wish = 'channel' | 'permission' | 'allocation' | 'cycle';

/** RFC 8656 §12: the first channel number. */
export const CHANNEL = 0x4000;

export class Session {
  readonly #credentials: Credentials;
  readonly #wish: Wish;
  readonly #peer: Address;
  #challenge: Challenge | undefined;
  #stage: 'first' | 'allocate' | 'peer' | 'delete' | 'ready' = 'first';
  relayed: Address | undefined;

  constructor(credentials: Credentials, wish: Wish, peer: Address) {
    this.#credentials = credentials;
    this.#wish = wish;
    this.#peer = peer;
  }

  get ready(): boolean {
    return this.#stage === 'ready';
  }

  /** The request that begins it. Given. */
  begin(): Buffer {
    return writeFirstAllocate();
  }

  /** The next request, or `undefined` when all is done (`ready`). Throws what the server refused. */
  next(answer: Answer): Buffer | undefined {
    if (answer.challenge && (answer.code === 401 || answer.code === 438) && this.#stage !== 'ready') {
      if (answer.code === 401 && this.#challenge) throw new Error('The server refused the credentials.');
      this.#challenge = learn(this.#credentials, answer.challenge);
      if (this.#stage === 'first') this.#stage = 'allocate';
      return this.#request();
    }
    if (answer.kind === 'error') throw new Error(`The server answered ${answer.code} to ${this.#stage}.`);
    if (this.#stage === 'allocate') {
      this.relayed = answer.relayed;
      this.#stage = this.#wish === 'allocation' ? 'ready' : this.#wish === 'cycle' ? 'delete' : 'peer';
    } else this.#stage = 'ready';
    return this.ready ? undefined : this.#request();
  }

  /** Gives the allocation back. The answer is of no interest. */
  release(): Buffer {
    if (!this.#challenge) throw new Error('There is no allocation to give back.');
    return writeRefresh(this.#credentials, this.#challenge, 0);
  }

  #request(): Buffer {
    const challenge = this.#challenge;
    if (!challenge) return writeFirstAllocate();
    if (this.#stage === 'allocate') return writeAllocate(this.#credentials, challenge);
    if (this.#stage === 'delete') return writeRefresh(this.#credentials, challenge, 0);
    return this.#wish === 'permission'
      ? writeCreatePermission(this.#credentials, challenge, this.#peer)
      : writeChannelBind(this.#credentials, challenge, CHANNEL, this.#peer);
  }
}
