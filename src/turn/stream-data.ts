/**
 * Bytes of TCP connections between clients and peers: counted, and held to the byte rates. Where datagrams over the rate
 * are dropped, a stream has to wait. Moves nothing. RFC 6062 §4.5.
 */
import type { Millis } from '../base/index.ts';
import type { Bandwidth } from './bandwidth.ts';
import type { Direction } from './bandwidth-ledger.ts';
import type { ConnectionId } from './connection-id.ts';
import type { DataCounts } from './data-counts.ts';
import type { PeerConnections } from './peer-connections.ts';

/** How soon to ask again. The bucket has refilled by a good part then, and a wake-up costs little. */
const ASK_AGAIN_MS = 50;

export class StreamData {
  readonly #connections: PeerConnections;
  readonly #bandwidth: Bandwidth;
  readonly #counts: DataCounts;

  constructor(connections: PeerConnections, bandwidth: Bandwidth, counts: DataCounts) {
    this.#connections = connections;
    this.#bandwidth = bandwidth;
    this.#counts = counts;
  }

  /** 0: the bytes (at most 65,536) may go, and are counted. Else: hold them for so many milliseconds, then ask again. */
  pass(now: Millis, id: ConnectionId, direction: Direction, bytes: number): Millis {
    const allocation = this.#connections.find(id)?.allocation;
    if (!allocation) return 0;
    if (!this.#bandwidth.allows(now, allocation.meters, direction, bytes)) return ASK_AGAIN_MS;
    if (direction === 'toPeer') allocation.traffic.toPeerBytes += bytes;
    else allocation.traffic.toClientBytes += bytes;
    this.#counts.relayedBytes += bytes;
    return 0;
  }
}
