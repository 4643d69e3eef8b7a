/** What a person who waits for files is told of the sender: none there, interrupted, back, gone; and when to give up. */
import type { Clock, TimerHandle } from '../../client/index.ts';

export interface SenderWatchOptions {
  readonly clock: Clock;
  readonly say: (line: string) => void;
  /** Nobody has come, or come back, in time. */
  readonly onGiveUp: () => void;
}

/** A sender that has lost its network, or whose server is started again, has so long to come back. */
const PATIENCE_MS = 120_000;
/** Who is there connects and offers within this time, through a relay too; who does not is no sender. */
const OFFER_WITHIN_MS = 15_000;

const STOP = 'Ctrl-C stops; what has come stays';

export class SenderWatch {
  readonly #options: SenderWatchOptions;
  #state: 'outside' | 'looking' | 'connected' | 'interrupted' | 'over' = 'outside';
  #isAlone = false;
  /** There was a sender. */
  #known = false;
  #patience: TimerHandle | undefined;
  #offer: TimerHandle | undefined;

  constructor(options: SenderWatchOptions) {
    this.#options = options;
  }

  /** In the room, with so many others. */
  handleEntered(others: number): void {
    const { clock, say } = this.#options;
    this.#state = 'looking';
    this.#isAlone = others === 0;
    this.#wait();
    if (this.#isAlone) {
      say(
        'Nobody is in this room: the sender has ended or is away. Waiting two minutes for it; Ctrl-C stops. A sender that is started again prints a new link.',
      );
      return;
    }
    say('Waiting for the sender.');
    this.#offer = clock.setTimeout(() => {
      if (this.#state !== 'looking' || this.#isAlone) return;
      say(
        'Somebody is in this room, but nobody offers files. Is the link from ieum send? Still waiting; Ctrl-C stops.',
      );
    }, OFFER_WITHIN_MS);
  }

  /** So many others are in the room. */
  handleRoom(others: number): void {
    const wasAlone = this.#isAlone;
    this.#isAlone = others === 0;
    if (!this.#isAlone || wasAlone || this.#state === 'outside' || this.#state === 'over') return;
    if (this.#state === 'connected') this.#state = 'interrupted';
    this.#wait();
    this.#options.say(
      this.#known
        ? `The sender is gone: its program or its machine has ended. Started again it prints a new link; ieum receive with that one goes on from here. Waiting two minutes; ${STOP}.`
        : 'Whoever was in this room has left. Waiting two minutes for a sender; Ctrl-C stops.',
    );
  }

  handleOffer(): void {
    if (this.#state === 'over') return;
    this.#options.say(this.#known ? 'The sender is back.' : 'Connected to the sender.');
    this.#connected();
  }

  handleInterrupted(): void {
    if (this.#state !== 'connected') return;
    this.#state = 'interrupted';
    this.#wait();
    this.#options.say(
      `The connection to the sender is interrupted. Waiting two minutes for it to come back; ${STOP}.`,
    );
  }

  handleBack(): void {
    if (this.#state !== 'interrupted') return;
    this.#options.say('The sender is back.');
    this.#connected();
  }

  close(): void {
    this.#state = 'over';
    this.#options.clock.clearTimeout(this.#patience);
    this.#options.clock.clearTimeout(this.#offer);
  }

  #connected(): void {
    this.#state = 'connected';
    this.#known = true;
    this.#options.clock.clearTimeout(this.#patience);
  }

  #wait(): void {
    const { clock, say, onGiveUp } = this.#options;
    clock.clearTimeout(this.#patience);
    this.#patience = clock.setTimeout(() => {
      say(
        this.#known
          ? 'The sender has not come back. What has come stays: the same command goes on from there, or ieum receive with the new link if the sender is started again.'
          : 'No sender has come. Check that ieum send is still running and that this is the link it printed; each run prints a new one.',
      );
      this.close();
      onGiveUp();
    }, PATIENCE_MS);
  }
}
