/**
 * Answers Binding requests in front of the TURN machine where NAT behaviour discovery or RFC 3489 clients are served: it
 * alone knows the sockets from which an answer may leave. Owns no socket. RFC 5780 §6, §10; RFC 3489 §8.1.
 */
import { BucketTable, formatAddress, type Millis, type Rate, type SocketAddress } from '../../base/index.ts';
import { addressKey } from '../../signaling/index.ts';
import {
  type BehaviourSite,
  type BindingAnswer,
  behaviourAnswer,
  checkFingerprint,
  classicAnswer,
  decodeClassicRequest,
  decodeMessage,
  looksLikeStun,
} from '../../stun/index.ts';
import { DEFAULT_LIMITS } from '../../turn/index.ts';

export interface BindingDeskOptions {
  readonly rfc3489: boolean;
  /** For each source address, which may be forged. Default: as the TURN machine answers the unauthenticated. */
  readonly rate?: Rate;
}

/** `not-mine`: for the machine. `withheld`: this source has had its share. */
export type DeskVerdict = BindingAnswer | 'not-mine' | 'withheld';

/** The first two bytes of a Binding request, in both forms. RFC 8489 §5. */
const BINDING_REQUEST = [0x00, 0x01] as const;

export class BindingDesk {
  readonly #rfc3489: boolean;
  readonly #sources: BucketTable;
  #sites: ReadonlyMap<string, BehaviourSite> = new Map();
  readonly counts = { bindings: 0, rateLimited: 0 };

  constructor({ rfc3489, rate = DEFAULT_LIMITS.unauthenticatedAnswers }: BindingDeskOptions) {
    this.#rfc3489 = rfc3489;
    this.#sources = new BucketTable(rate, DEFAULT_LIMITS.rateTableKeys);
  }

  /** By `formatAddress` of the local address. Empty: no discovery. */
  setSites(sites: ReadonlyMap<string, BehaviourSite>): void {
    this.#sites = sites;
  }

  /** A datagram that came from `client` to `server`, a local address. Borrowed. */
  handle(now: Millis, client: SocketAddress, server: SocketAddress, bytes: Uint8Array): DeskVerdict {
    if (bytes[0] !== BINDING_REQUEST[0] || bytes[1] !== BINDING_REQUEST[1]) return 'not-mine';
    const site = this.#sites.size === 0 ? undefined : this.#sites.get(formatAddress(server));
    if (looksLikeStun(bytes)) return this.#handleBinding(now, client, site, bytes);
    return this.#rfc3489 ? this.#handleClassic(now, client, server, site, bytes) : 'not-mine';
  }

  #handleBinding(
    now: Millis,
    client: SocketAddress,
    site: BehaviourSite | undefined,
    bytes: Uint8Array,
  ): DeskVerdict {
    const request = site && decodeMessage(bytes);
    if (!request || checkFingerprint(request) === 'wrong') return 'not-mine';
    return this.#mayAnswer(now, client) ? behaviourAnswer(request, client, site) : 'withheld';
  }

  #handleClassic(
    now: Millis,
    client: SocketAddress,
    server: SocketAddress,
    site: BehaviourSite | undefined,
    bytes: Uint8Array,
  ): DeskVerdict {
    const request = decodeClassicRequest(bytes);
    if (!request) return 'not-mine';
    return this.#mayAnswer(now, client) ? classicAnswer(request, client, server, site) : 'withheld';
  }

  #mayAnswer(now: Millis, client: SocketAddress): boolean {
    const may = this.#sources.take(addressKey(client.ip), now);
    if (may) this.counts.bindings += 1;
    else this.counts.rateLimited += 1;
    return may;
  }
}
