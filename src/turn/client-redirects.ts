/** Where a server sends its client: 300 (Try Alternate), followed within bounds. Connects to nothing. RFC 8489 §10. */
import { decodeUtf8, familyOf, formatAddress, type SocketAddress } from '../base/index.ts';
import { decodePlainAddress, StunAttribute, type StunMessage } from '../stun/index.ts';

export interface Alternate {
  readonly server: SocketAddress;
  /** The name that its certificate must have; `undefined`: the name that was asked for. RFC 8489 §14.16. */
  readonly domain: string | undefined;
}

/** More than anybody builds on purpose; every one costs the user a connection's time. */
const MAX_REDIRECTS = 5;
const MAX_DOMAIN_CHARACTERS = 255;
/** RFC 1123 §2.1: letters, digits and hyphens between dots. */
const DOMAIN = /^(?!-)[a-z\d-]{1,63}(\.(?!-)[a-z\d-]{1,63})*\.?$/i;

export class ClientRedirects {
  /**
   * §10: who has been asked within five minutes is not asked again. One allocation does not take so long, so every
   * server that this one has asked counts.
   */
  readonly #asked = new Set<string>();
  readonly #family: 4 | 6;

  constructor(first: SocketAddress) {
    this.#asked.add(formatAddress(first));
    this.#family = familyOf(first.ip);
  }

  /** Where to ask next; `undefined` when the answer names nobody, or somebody who has been asked. */
  follow(answer: StunMessage): Alternate | undefined {
    const servers = answer
      .getAll(StunAttribute.ALTERNATE_SERVER)
      .map(decodePlainAddress)
      .filter((address) => address !== undefined && address.port !== 0);
    // §10: the first one is of our family; further ones may not be.
    const server = servers.find((address) => address && familyOf(address.ip) === this.#family);
    if (!server || this.#asked.size > MAX_REDIRECTS) return undefined;
    const key = formatAddress(server);
    if (this.#asked.has(key)) return undefined;
    this.#asked.add(key);
    return { server, domain: readDomain(answer) };
  }
}

function readDomain(answer: StunMessage): string | undefined {
  const value = answer.get(StunAttribute.ALTERNATE_DOMAIN);
  if (!value || value.length > MAX_DOMAIN_CHARACTERS) return undefined;
  const domain = decodeUtf8(value);
  return DOMAIN.test(domain) ? domain : undefined;
}
