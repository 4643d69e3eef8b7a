/** Which packets a link loses by chance: each for itself, or in bursts. */
import type { SeededRandom } from '../base/index.ts';

/**
 * Two states: in the good one few packets are lost, in the bad one many; each packet may change the state. Mean length
 * of a burst: 1 ÷ `badToGood` packets. E. N. Gilbert 1960, E. O. Elliott 1963.
 */
export interface GilbertElliott {
  /** Chance, for each packet, to go over to the bad state; and back. */
  readonly goodToBad: number;
  readonly badToGood: number;
  /** Loss in each state, 0 … 1. Left out: nothing, and everything. */
  readonly lossInGood?: number;
  readonly lossInBad?: number;
}

/** A fraction (0 … 1) of independent losses, or bursts. */
export type Loss = number | GilbertElliott;

export class LossModel {
  readonly #loss: Loss;
  readonly #random: SeededRandom;
  #bad = false;

  constructor(loss: Loss, random: SeededRandom) {
    this.#loss = loss;
    this.#random = random;
  }

  /** Decides about the next packet. */
  loses(): boolean {
    if (typeof this.#loss === 'number') return this.#random.fraction() < this.#loss;
    const { goodToBad, badToGood, lossInGood = 0, lossInBad = 1 } = this.#loss;
    if (this.#random.fraction() < (this.#bad ? badToGood : goodToBad)) this.#bad = !this.#bad;
    return this.#random.fraction() < (this.#bad ? lossInBad : lossInGood);
  }
}

/** Bursts with `loss` (0 … 1) of all packets lost, and runs of `meanBurst` packets on average. */
export function burstyLoss(loss: number, meanBurst: number): GilbertElliott {
  // In balance: loss = goodToBad / (goodToBad + badToGood).
  const badToGood = 1 / meanBurst;
  return { goodToBad: (badToGood * loss) / (1 - loss), badToGood };
}
