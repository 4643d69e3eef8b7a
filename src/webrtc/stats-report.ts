/** What `getStats` gives: a map from ids to dictionaries, for reading. webrtc.html §8.3, Web IDL §3.7.11. */
import { exposeInterface, givenInside, type OnlyInside } from './idl/interface.ts';

/** One dictionary of webrtc-stats. */
export interface RTCStats {
  id: string;
  type: string;
  timestamp: number;
  [member: string]: unknown;
}

export class RTCStatsReport {
  declare readonly [Symbol.iterator]: () => MapIterator<[string, RTCStats]>;
  readonly #entries: ReadonlyMap<string, RTCStats>;

  /** Scripts get theirs from `getStats`. */
  constructor(...given: OnlyInside<ReadonlyMap<string, RTCStats>>) {
    this.#entries = givenInside(given);
  }

  get size(): number {
    return this.#entries.size;
  }

  get(id: string): RTCStats | undefined {
    return this.#entries.get(`${id}`);
  }

  has(id: string): boolean {
    return this.#entries.has(`${id}`);
  }

  entries(): MapIterator<[string, RTCStats]> {
    return this.#entries.entries();
  }

  keys(): MapIterator<string> {
    return this.#entries.keys();
  }

  values(): MapIterator<RTCStats> {
    return this.#entries.values();
  }

  forEach(
    callback: (value: RTCStats, id: string, report: RTCStatsReport) => void,
    ...[thisArg]: readonly unknown[]
  ): void {
    for (const [id, value] of this.#entries) Reflect.apply(callback, thisArg, [value, id, this]);
  }
}

exposeInterface(RTCStatsReport);
// Web IDL §3.7.11: the same function under both names.
Object.defineProperty(RTCStatsReport.prototype, Symbol.iterator, {
  value: RTCStatsReport.prototype.entries,
  writable: true,
  configurable: true,
});
