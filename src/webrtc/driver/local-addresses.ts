/** Which of the machine's addresses a connection may use, and when they change. Knows nothing of ICE. */
import type { InterfaceAddress } from '../../base/index.ts';
import type { WebRtcShell } from '../shell.ts';

/** Systems tell nobody in plain Node that an interface came or went; a call takes a tenth of a millisecond. */
const LOOK_EVERY_MS = 2_000;

/** Connections of one shell look together. */
export class LocalAddresses {
  readonly #shell: WebRtcShell;
  readonly #watchers = new Set<() => void>();
  #timer: { cancel(): void } | undefined;
  #seen: readonly InterfaceAddress[] = [];

  constructor(shell: WebRtcShell) {
    this.#shell = shell;
  }

  now(): readonly InterfaceAddress[] {
    return this.#shell.platform.interfaces();
  }

  /** Calls when something changed, until the function that it gives is called. */
  watch(onChange: () => void): () => void {
    this.#watchers.add(onChange);
    if (this.#watchers.size === 1) {
      this.#seen = this.now();
      this.#arm();
    }
    return () => {
      this.#watchers.delete(onChange);
      if (this.#watchers.size > 0) return;
      this.#timer?.cancel();
      this.#timer = undefined;
    };
  }

  #arm(): void {
    this.#timer = this.#shell.setTimer(LOOK_EVERY_MS, () => {
      const before = this.#seen;
      this.#seen = this.now();
      if (summaryOf(this.#seen) !== summaryOf(before)) {
        for (const onChange of [...this.#watchers]) onChange();
      }
      if (this.#watchers.size > 0) this.#arm();
    });
  }
}

function summaryOf(addresses: readonly InterfaceAddress[]): string {
  return addresses
    .map(({ ip, interfaceName }) => `${interfaceName} ${ip}`)
    .sort()
    .join('\n');
}

/**
 * `loopback`: true for loopback addresses too, false for none; without it they serve where there is nothing else.
 * `interfaces`: names of those to use; without it, all.
 */
export function chooseAddresses(
  all: readonly InterfaceAddress[],
  wish: { readonly loopback?: boolean | undefined; readonly interfaces?: readonly string[] | undefined },
): readonly InterfaceAddress[] {
  const named = wish.interfaces;
  const allowed = named ? all.filter(({ interfaceName }) => named.includes(interfaceName)) : all;
  const outward = allowed.filter(({ ip }) => !isLoopback(ip));
  const withLoopback = wish.loopback ?? outward.length === 0;
  return withLoopback ? allowed : outward;
}

/** Of canonical text. RFC 6890 §2.2. */
function isLoopback(ip: string): boolean {
  return ip.startsWith('127.') || ip === '::1';
}
