/**
 * The contract of every protocol engine. Owns no socket, timer or clock: bytes and time go in, bytes,
 * events and "wake me at" come out. ARCHITECTURE.md, "The core is a calculator".
 */
import type { SocketAddress } from './address.ts';

/** Milliseconds. As a point in time: monotonic, from an origin that only the shell knows. */
export type Millis = number;

/** The answer of `nextTimeout()` when a machine is idle. */
export const NEVER: Millis = Number.POSITIVE_INFINITY;

/** One datagram to send. `bytes` are given away: the machine keeps no reference to them. */
export interface Transmit {
  readonly to: SocketAddress;
  readonly bytes: Uint8Array;
}

/**
 * A deterministic protocol engine. The driver mutates it (a `handleX` or a verb), then drains both queues
 * until `undefined`, then arms one timer for `nextTimeout()`. No input bytes make it throw; bytes given in
 * are borrowed. After it has closed it yields no transmits and no timeouts.
 */
export interface Machine<Event, Out = Transmit> {
  /** Fires everything due at or before `now`; afterwards `nextTimeout() > now`. An older `now` is clamped. */
  handleTimeout(now: Millis): void;
  /** When to call `handleTimeout` next; `NEVER` when idle. */
  nextTimeout(): Millis;
  /** What to send, oldest first; `undefined` when there is nothing more. */
  pollTransmit(): Out | undefined;
  /** Facts for the layer above, oldest first; `undefined` when there is nothing more. */
  pollEvent(): Event | undefined;
}
