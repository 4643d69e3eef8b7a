/** Names that stand for our own addresses on our own network, one each, until the address is gone. draft-ietf-mmusic-mdns-ice-candidates §3.1. */
import { encodeHex, type Random } from '../../base/index.ts';
import type { IceRequest } from '../io.ts';

export class MdnsNames {
  readonly #random: Random;
  readonly #request: (request: IceRequest) => void;
  /** By address. */
  readonly #names = new Map<string, string>();

  constructor(random: Random, request: (request: IceRequest) => void) {
    this.#random = random;
    this.#request = request;
  }

  /** Asks the shell to answer for it, the first time. */
  nameOf(ip: string): string {
    const known = this.#names.get(ip);
    if (known !== undefined) return known;
    const name = `${randomUuid(this.#random)}.local`;
    this.#names.set(ip, name);
    this.#request({ kind: 'announce', name, ip });
    return name;
  }

  withdraw(ip: string): void {
    const name = this.#names.get(ip);
    if (name === undefined) return;
    this.#names.delete(ip);
    this.#request({ kind: 'withdraw', name });
  }

  withdrawAll(): void {
    for (const ip of [...this.#names.keys()]) this.withdraw(ip);
  }
}

/** RFC 9562 §5.4: version 4. */
function randomUuid(random: Random): string {
  const bytes = random.bytes(16);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = encodeHex(bytes);
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
