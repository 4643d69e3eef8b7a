/** A negotiated data channel that opens when both sides are connected. W3C webrtc §6.2. */

export class FakeDataChannel {
  readonly id: number;
  readyState: RTCDataChannelState = 'connecting';
  onopen: (() => void) | null = null;
  onclose: (() => void) | null = null;
  onmessage: ((event: { readonly data: string }) => void) | null = null;
  peer: FakeDataChannel | undefined;
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

  close(): void {
    if (this.readyState === 'closed') return;
    this.readyState = 'closed';
    this.onclose?.();
    const { peer } = this;
    this.peer = undefined;
    this.#queueTask(() => peer?.close());
  }
}
