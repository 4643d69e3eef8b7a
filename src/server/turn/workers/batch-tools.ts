/** What all parts of one worker share: the kernel, and where datagrams lie on their way through. */
import {
  type Kernel,
  ReceiveSlots,
  Segmentation,
  type SendCounts,
  type UdpCounts,
} from '../../../node/index.ts';

export interface BatchTools {
  readonly kernel: Kernel;
  readonly segmentation: Segmentation;
  readonly slots: ReceiveSlots;
  /** Between clients and this worker. */
  readonly counts: UdpCounts & SendCounts;
  /** Between this worker and peers. */
  readonly peerCounts: SendCounts;
}

/** Two full receptions of 64 and what relays add. 66 KB each, of which only touched pages count. */
const SLOTS = 192;

export function batchTools(kernel: Kernel, segments: boolean): BatchTools {
  return {
    kernel,
    segmentation: new Segmentation(segments),
    slots: new ReceiveSlots(kernel, SLOTS),
    counts: { received: 0, sent: 0, sendFailed: 0 },
    peerCounts: { sent: 0, sendFailed: 0 },
  };
}
