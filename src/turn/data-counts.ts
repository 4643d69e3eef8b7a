/** What one machine has carried, on whatever way. */

export interface DataCounts {
  relayedPackets: number;
  relayedBytes: number;
  droppedPackets: number;
  /** Of those, for being over a byte rate. */
  throttledPackets: number;
}

export function noDataCounts(): DataCounts {
  return { relayedPackets: 0, relayedBytes: 0, droppedPackets: 0, throttledPackets: 0 };
}
