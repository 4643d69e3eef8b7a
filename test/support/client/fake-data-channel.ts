/** A negotiated data channel that opens when both sides are connected. W3C webrtc §6.2. */

export class FakeDataChannel {
  readonly id: number;
  readyState: RTCDataChannelState = 'connecting';
  onopen: (() => void) | null = null;
  onclose: (() => void) | null = null;
  onmessage: ((event: { readonly data: string }) => void) | null = null;
  peer: FakeDataChannel | undefined;
  /** The network takes everything at once. */
  readonly bufferedAmount = 0;
  /** A cut network: it closes on this side without an answer. */
  isCut = false;
  readonly #onClosed: (() => void)[] = [];
  readonly #queueTask: (task: () => void) => void;

  constructor(id: number, queueTask: (task: () => void) => void) {
    this.id = id;
    this.#queueTask = queueTask;
  }

  open(peer: FakeDataChannel): void {
    this.peer = peer;
    if (this.readyState !== 'connecting') return;
    this.readyState = 'open';
    this.onopen?.();
  }

  send(data: string): void {
    if (this.readyState !== 'open') throw new DOMException('not open', 'InvalidStateError');
    const { peer } = this;
    this.#queueTask(() => {
      if (peer?.readyState === 'open') peer.onmessage?.({ data });
    });
  }

  addEventListener(_type: 'close', listener: () => void): void {
    this.#onClosed.push(listener);
  }

  /** The other side answers behind what has been sent. RFC 8831 §6.7. */
  close(): void {
    if (this.readyState === 'closing' || this.readyState === 'closed' || this.isCut) return;
    this.readyState = 'closing';
    const { peer } = this;
    this.#queueTask(() => {
      peer?.abort();
      this.#queueTask(() => this.abort());
    });
  }

  /** The connection ends. */
  abort(): void {
    if (this.readyState === 'closed') return;
    this.readyState = 'closed';
    this.onclose?.();
    for (const listener of this.#onClosed) listener();
    const { peer } = this;
    this.peer = undefined;
    this.#queueTask(() => peer?.abort());
  }
}
