/** How much a peer may open: channels, and the labels and protocols that come with them. RFC 8832 §7. */
import type { ChannelFacts, DataChannelLimits } from './options.ts';
import { utf8Length } from './utf8-length.ts';

type Names = Pick<ChannelFacts, 'label' | 'protocol'>;

export class PeerQuota {
  readonly #limits: DataChannelLimits;
  #channels = 0;
  #nameBytes = 0;

  constructor(limits: DataChannelLimits) {
    this.#limits = limits;
  }

  allows(names: Names): boolean {
    const { maxPeerChannels, maxPeerNameBytes } = this.#limits;
    return this.#channels < maxPeerChannels && this.#nameBytes + bytesOf(names) <= maxPeerNameBytes;
  }

  take(names: Names): void {
    this.#channels += 1;
    this.#nameBytes += bytesOf(names);
  }

  giveBack(names: Names): void {
    this.#channels -= 1;
    this.#nameBytes -= bytesOf(names);
  }
}

function bytesOf({ label, protocol }: Names): number {
  return utf8Length(label) + utf8Length(protocol);
}
