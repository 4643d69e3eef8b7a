/** Traps: what a test lets happen to one chosen packet. Chance has no part in it. */
import type { Packet } from './packet.ts';

/** True takes the packet away. Asked once for each packet of a link, in order. */
export type Trap = (packet: Packet) => boolean;

export interface CountingTrap {
  readonly trap: Trap;
  /** How many packets have matched so far. */
  readonly seen: number;
  /** What was taken, if it has come. */
  readonly taken: Packet | undefined;
}

/**
 * Takes the `n`-th packet (from 0) that matches. Set on several links it counts over all of them: on the two directions
 * of one access it is "the n-th datagram of the conversation".
 */
export function nthPacket(n: number, matches: (packet: Packet) => boolean = () => true): CountingTrap {
  const state: { seen: number; taken: Packet | undefined } = { seen: 0, taken: undefined };
  return {
    trap: (packet) => {
      if (!matches(packet)) return false;
      state.seen += 1;
      if (state.seen !== n + 1) return false;
      state.taken = packet;
      return true;
    },
    get seen() {
      return state.seen;
    },
    get taken() {
      return state.taken;
    },
  };
}
