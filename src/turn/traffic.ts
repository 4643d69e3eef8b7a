/** What one allocation has carried. */

export interface Traffic {
  toPeerPackets: number;
  toPeerBytes: number;
  toClientPackets: number;
  toClientBytes: number;
  /** Refused in either direction: no permission, no channel, too long. */
  droppedPackets: number;
}
