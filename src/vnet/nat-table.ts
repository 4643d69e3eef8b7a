/** The mappings of a NAT: which outer address stands for which inner one, and who may come in by it. RFC 4787 §4, §5. */
import {
  formatAddress,
  type Millis,
  randomBelow,
  type SeededRandom,
  type SocketAddress,
} from '../base/index.ts';
import { type NatBehaviour, type NatOptions, TCP_MAPPING_LIFETIME_MS } from './nat-options.ts';
import type { Packet } from './packet.ts';

type Protocol = Exclude<Packet['protocol'], 'icmp'>;

export interface Mapping {
  readonly protocol: Protocol;
  readonly inside: SocketAddress;
  readonly outside: SocketAddress;
}

interface LiveMapping extends Mapping {
  readonly key: string;
  /** What the filter knows of the remote ends that were sent to. */
  readonly allowed: Set<string>;
  expiresAt: Millis;
}

export class NatTable {
  readonly #options: NatOptions;
  readonly #random: SeededRandom;
  readonly #byKey = new Map<string, LiveMapping>();
  /** By protocol and outer address. */
  readonly #byOutside = new Map<string, LiveMapping>();

  constructor(options: NatOptions, random: SeededRandom) {
    this.#options = options;
    this.#random = random;
  }

  /** Those that have ended may still be counted until somebody looks at them. */
  get size(): number {
    return this.#byKey.size;
  }

  /** The mapping for what goes from `inside` to `remote`, made if there is none; `undefined` when no port is free. */
  outbound(
    now: Millis,
    protocol: Protocol,
    inside: SocketAddress,
    remote: SocketAddress,
    outerIp: string,
  ): Mapping | undefined {
    const key = `${protocol} ${formatAddress(inside)} ${partOf(remote, this.#options.mapping)}`;
    const mapping =
      this.#alive(now, this.#byKey.get(key)) ?? this.#create(now, key, protocol, inside, outerIp);
    if (!mapping) return undefined;
    mapping.allowed.add(partOf(remote, this.#options.filtering));
    mapping.expiresAt = now + this.#lifetimeOf(protocol);
    return mapping;
  }

  /** The mapping for what came from `remote` to `outside`, if there is one and its filter agrees. */
  inbound(
    now: Millis,
    protocol: Protocol,
    outside: SocketAddress,
    remote: SocketAddress,
  ): Mapping | undefined {
    const mapping = this.#alive(now, this.#byOutside.get(outsideKey(protocol, outside)));
    if (!mapping?.allowed.has(partOf(remote, this.#options.filtering))) return undefined;
    if (this.#options.inboundRefresh) mapping.expiresAt = now + this.#lifetimeOf(protocol);
    return mapping;
  }

  /** The mapping of an outer address, whoever asks; it is not used by that. */
  find(now: Millis, protocol: Protocol, outside: SocketAddress): Mapping | undefined {
    return this.#alive(now, this.#byOutside.get(outsideKey(protocol, outside)));
  }

  clear(): void {
    this.#byKey.clear();
    this.#byOutside.clear();
  }

  #alive(now: Millis, mapping: LiveMapping | undefined): LiveMapping | undefined {
    if (!mapping || mapping.expiresAt > now) return mapping;
    this.#forget(mapping);
    return undefined;
  }

  #forget(mapping: LiveMapping): void {
    this.#byKey.delete(mapping.key);
    this.#byOutside.delete(outsideKey(mapping.protocol, mapping.outside));
  }

  #create(
    now: Millis,
    key: string,
    protocol: Protocol,
    inside: SocketAddress,
    ip: string,
  ): LiveMapping | undefined {
    const port = this.#freePort(now, protocol, ip, inside.port);
    if (port === undefined) return undefined;
    const outside = { ip, port };
    const mapping = { key, protocol, inside, outside, allowed: new Set<string>(), expiresAt: now };
    this.#byKey.set(key, mapping);
    this.#byOutside.set(outsideKey(protocol, outside), mapping);
    return mapping;
  }

  #freePort(now: Millis, protocol: Protocol, ip: string, wanted: number): number | undefined {
    const { min, max } = this.#options.ports;
    const isFree = (port: number): boolean =>
      this.#alive(now, this.#byOutside.get(outsideKey(protocol, { ip, port }))) === undefined;
    if (this.#options.preservePort && wanted >= min && wanted <= max && isFree(wanted)) return wanted;
    const count = max - min + 1;
    const start = randomBelow(this.#random, count);
    for (let i = 0; i < count; i++) {
      const port = min + ((start + i) % count);
      if (isFree(port)) return port;
    }
    return undefined;
  }

  #lifetimeOf(protocol: Protocol): Millis {
    return protocol === 'tcp' ? TCP_MAPPING_LIFETIME_MS : this.#options.mappingLifetimeMs;
  }
}

/** As much of the remote end as the behaviour looks at. */
function partOf(remote: SocketAddress, behaviour: NatBehaviour): string {
  if (behaviour === 'endpoint-independent') return '';
  return behaviour === 'address-dependent' ? remote.ip : formatAddress(remote);
}

function outsideKey(protocol: Protocol, outside: SocketAddress): string {
  return `${protocol} ${formatAddress(outside)}`;
}
