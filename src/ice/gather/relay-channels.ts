/** The channels of one relay as its data path: a few, each looked up without a copy or a string. RFC 8656 §12. */
import { ByteSlab, type SocketAddress, sameAddress } from '../../base/index.ts';
import { channelDataOf, channelNumberOf, isChannelData } from '../../turn/index.ts';

export interface ChannelMessage {
  readonly from: SocketAddress;
  /** A view of what came. */
  readonly data: Uint8Array;
}

interface Channel {
  readonly remote: SocketAddress;
  readonly number: number;
}

const HEADER_BYTES = 4;

export class RelayChannels {
  readonly #slab = new ByteSlab();
  /** RFC 8656 §12.5: messages on a stream are padded. */
  readonly #padded: boolean;
  /** The last one bound first: it is the one that carries data. */
  #channels: readonly Channel[] = [];

  constructor(padded: boolean) {
    this.#padded = padded;
  }

  bind(remote: SocketAddress, number: number): void {
    const others = this.#channels.filter((it) => it.number !== number);
    this.#channels = [{ remote, number }, ...others];
  }

  forget(ips: readonly string[]): void {
    this.#channels = this.#channels.filter(({ remote }) => !ips.includes(remote.ip));
  }

  /** `data` in a message for its channel, a copy; `undefined` where there is none. */
  encode(to: SocketAddress, data: Uint8Array): Uint8Array | undefined {
    const channel = this.#channels.find(({ remote }) => sameAddress(remote, to));
    if (!channel || data.length > 0xffff) return undefined;
    const padding = this.#padded ? -data.length & 3 : 0;
    const length = HEADER_BYTES + data.length + padding;
    const at = this.#slab.reserve(length);
    const { bytes, view } = this.#slab;
    view.setUint16(at, channel.number);
    view.setUint16(at + 2, data.length);
    bytes.set(data, at + HEADER_BYTES);
    if (padding > 0) bytes.fill(0, at + length - padding, at + length);
    this.#slab.take(length);
    return bytes.subarray(at, at + length);
  }

  /** What a datagram from the server holds, if it came by one of the channels. */
  decode(bytes: Uint8Array): ChannelMessage | undefined {
    if (bytes.length < HEADER_BYTES || !isChannelData(bytes)) return undefined;
    const number = channelNumberOf(bytes);
    const channel = this.#channels.find((it) => it.number === number);
    const data = channel && channelDataOf(bytes);
    return data && { from: channel.remote, data };
  }
}
