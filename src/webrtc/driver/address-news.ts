/** Tells a session of the machine's addresses: when it begins, when it gathers, and whenever they are others. */
import type { InterfaceAddress } from '../../base/index.ts';
import type { LocalAddresses } from './local-addresses.ts';

export class AddressNews {
  readonly #addresses: LocalAddresses;
  readonly #tell: (all: readonly InterfaceAddress[]) => void;
  #told: readonly InterfaceAddress[] | undefined;
  #unwatch: (() => void) | undefined;

  constructor(addresses: LocalAddresses, tell: (all: readonly InterfaceAddress[]) => void) {
    this.#addresses = addresses;
    this.#tell = tell;
  }

  /** Unless they are those that were told last. */
  refresh(): void {
    const all = this.#addresses.now();
    if (all === this.#told) return;
    this.#told = all;
    this.#tell(all);
  }

  /** Whoever watches is held: a connection that never gathered may be forgotten without `stop`. */
  watch(): void {
    if (this.#unwatch) return;
    this.refresh();
    this.#unwatch = this.#addresses.watch(() => this.refresh());
  }

  stop(): void {
    this.#unwatch?.();
  }
}
