/**
 * Multicast DNS for ICE as one machine behind one socket of the group: finds the names of others, answers for our own. No other
 * services. RFC 6762, draft-ietf-mmusic-mdns-ice-candidates.
 */
import { type Machine, type Millis, NEVER, Queue, type SocketAddress } from '../../base/index.ts';
import { decodeDns } from './dns-message.ts';
import { isName } from './dns-name.ts';
import { MdnsResolver } from './resolver.ts';
import { MdnsResponder } from './responder.ts';

export type MdnsEvent =
  /** Canonical addresses, at least one. */
  | { readonly type: 'resolved'; readonly name: string; readonly ips: readonly string[] }
  /** Nobody answers for it. */
  | { readonly type: 'unresolved'; readonly name: string };

/** RFC 6762 §2. */
const MDNS_PORT = 5353;
/** §17: longer ones are nobody's. */
const MAX_MESSAGE_BYTES = 9000;

/** What leaves it goes to the group: 224.0.0.251 and ff02::fb, port 5353. */
export class MdnsNode implements Machine<MdnsEvent, Uint8Array> {
  readonly #transmits = new Queue<Uint8Array>();
  readonly #events = new Queue<MdnsEvent>();
  readonly #resolver: MdnsResolver;
  readonly #responder: MdnsResponder;
  #now: Millis = 0;
  #closed = false;

  constructor() {
    this.#resolver = new MdnsResolver({
      onQuery: (bytes) => this.#transmits.push(bytes),
      onResolved: (name, ips) => this.#events.push({ type: 'resolved', name, ips }),
      onUnresolved: (name) => this.#events.push({ type: 'unresolved', name }),
    });
    this.#responder = new MdnsResponder((bytes) => this.#transmits.push(bytes));
  }

  /** Names that are answered for. */
  get ownNames(): number {
    return this.#responder.size;
  }

  /** `resolved` or `unresolved` for `name` in lower case, within five seconds; once for all who ask meanwhile. */
  resolve(now: Millis, name: string): void {
    if (!this.#advance(now)) return;
    const asked = name.toLowerCase();
    const own = this.#responder.addressesOf(asked);
    if (own) this.#events.push({ type: 'resolved', name: asked, ips: own });
    else if (isName(asked)) this.#resolver.resolve(this.#now, asked);
    else this.#events.push({ type: 'unresolved', name: asked });
  }

  /** Answers for it until `withdraw`. Throws RangeError for what is no name of the DNS; `false` when there are too many. */
  announce(now: Millis, name: string, ips: readonly string[]): boolean {
    if (!isName(name)) throw new RangeError(`"${name}" is no name of the DNS.`);
    return this.#advance(now) && this.#responder.announce(this.#now, name.toLowerCase(), ips);
  }

  withdraw(now: Millis, name: string): void {
    if (this.#advance(now)) this.#responder.withdraw(name.toLowerCase());
  }

  /** What came to the group. Borrowed. */
  handleDatagram(now: Millis, from: SocketAddress, bytes: Uint8Array): void {
    if (!this.#advance(now) || bytes.length > MAX_MESSAGE_BYTES) return;
    // RFC 6762 §6: answers from another port are none. Who asks from another one (§6.7) is no ICE agent.
    if (from.port !== MDNS_PORT) return;
    const message = decodeDns(bytes);
    if (message?.isResponse) this.#resolver.handleAddresses(this.#now, message.addresses);
    else if (message) this.#responder.handleQuery(this.#now, message);
  }

  /** Says goodbye for every name, and is no more. */
  close(now: Millis): void {
    if (!this.#advance(now)) return;
    this.#closed = true;
    this.#events.clear();
    this.#responder.withdrawAll();
  }

  handleTimeout(now: Millis): void {
    if (!this.#advance(now)) return;
    this.#resolver.handleTimeout(this.#now);
    this.#responder.handleTimeout(this.#now);
  }

  nextTimeout(): Millis {
    return this.#closed ? NEVER : Math.min(this.#resolver.nextTimeout(), this.#responder.nextTimeout());
  }

  pollTransmit(): Uint8Array | undefined {
    return this.#transmits.take();
  }

  pollEvent(): MdnsEvent | undefined {
    return this.#events.take();
  }

  /** `false` once closed. */
  #advance(now: Millis): boolean {
    this.#now = Math.max(this.#now, now);
    return !this.#closed;
  }
}
