/**
 * The further UDP sockets of NAT behaviour discovery: the alternate port of each address that is listened on, and both
 * ports of an alternate address that is not. They answer Binding requests and nothing else. RFC 5780 §6.
 */
import { familyOf, formatAddress, type Log, type SocketAddress, StackError } from '../../base/index.ts';
import { bindUdp, monotonicNow, scopeOf, type UdpSocket } from '../../node/index.ts';
import {
  type BehaviourIp,
  type BehaviourSite,
  type BindingAnswer,
  behaviourSites,
} from '../../stun/index.ts';
import { BindingDesk } from './behaviour-desk.ts';

export interface BehaviourDiscovery {
  /** UDP. 0 takes one that is free. */
  readonly alternatePort: number;
  /**
   * The second address, one of this machine. Where none is given, another public one that is listened on is taken;
   * where there is no such address, only what needs two ports can be discovered.
   */
  readonly alternateIp?: string | undefined;
}

export interface BehaviourOptions {
  /** RFC 5780. */
  readonly behaviourDiscovery?: BehaviourDiscovery | undefined;
  /** Clients of before 2008. */
  readonly rfc3489?: boolean;
}

export interface BehaviourHandlers {
  /** How clients reach a local address. */
  advertised(ip: string): string;
  /** The answer leaves from a main socket. */
  onMainAnswer(answer: BindingAnswer): void;
}

/** Requests are short, and come one by one. */
const RECEIVE_BUFFER_BYTES = 2 ** 18;

export class BehaviourSockets {
  readonly #log: Log;
  readonly #options: BehaviourOptions;
  readonly #handlers: BehaviourHandlers;
  readonly #desk: BindingDesk;
  /** By `formatAddress`. */
  readonly #sockets = new Map<string, UdpSocket>();
  #alternatePort: number;
  #sites: ReadonlyMap<string, BehaviourSite> = new Map();
  #closed = false;

  constructor(log: Log, options: BehaviourOptions, handlers: BehaviourHandlers) {
    this.#log = log;
    this.#options = options;
    this.#handlers = handlers;
    this.#desk = new BindingDesk({ rfc3489: options.rfc3489 ?? false });
    this.#alternatePort = options.behaviourDiscovery?.alternatePort ?? 0;
  }

  get counts(): Readonly<BindingDesk['counts']> {
    return this.#desk.counts;
  }

  /** For another thread that answers on the main sockets too: see `BindingDesk.setSites`. */
  get sites(): ReadonlyMap<string, BehaviourSite> {
    return this.#sites;
  }

  /** Where this server is, as it sees itself and as others do: no place for a relay to send to. */
  get services(): readonly SocketAddress[] {
    return [...this.#sites.values()].flatMap(({ here }) => [here.local, here.advertised]);
  }

  /**
   * Listens beside the main sockets, which are at `port` of these addresses, best first; once more when they have
   * changed. Rejects with StackError `DISCOVERY_UNAVAILABLE`; the sockets that could be had stay.
   */
  async follow(ips: readonly string[], port: number): Promise<void> {
    if (!this.#options.behaviourDiscovery) return;
    const families = [4, 6] as const;
    const sites = new Map(families.flatMap((family) => [...this.#sitesOf(ips, family, port)]));
    const isMain = (local: SocketAddress): boolean => local.port === port && ips.includes(local.ip);
    for (const [key, socket] of this.#sockets) {
      if (sites.has(key) && !isMain(socket.local)) continue;
      this.#sockets.delete(key);
      void socket.close();
    }
    // A port of 0 becomes a number with the first socket, so that the sites have to be looked at again.
    for (const { here } of sites.values()) {
      if (isMain(here.local) || this.#sockets.has(formatAddress(here.local))) continue;
      const chose = this.#alternatePort === 0;
      await this.#open(here.local);
      if (this.#closed) return;
      if (chose) return this.follow(ips, port);
    }
    this.#sites = sites;
    this.#desk.setSites(sites);
  }

  /** Whether the datagram, which came to a main socket, was a Binding request that is answered here. Borrowed. */
  handle(client: SocketAddress, server: SocketAddress, bytes: Uint8Array): boolean {
    const verdict = this.#desk.handle(monotonicNow(), client, server, bytes);
    if (verdict === 'not-mine') return false;
    if (verdict !== 'withheld') this.send(verdict);
    return true;
  }

  /** From the socket that the answer names. */
  send(answer: BindingAnswer): void {
    const socket = this.#sockets.get(formatAddress(answer.from));
    if (socket) socket.send(answer.bytes, answer.to);
    else this.#handlers.onMainAnswer(answer);
  }

  async close(): Promise<void> {
    this.#closed = true;
    const sockets = [...this.#sockets.values()];
    this.#sockets.clear();
    await Promise.all(sockets.map((socket) => socket.close()));
  }

  #sitesOf(ips: readonly string[], family: 4 | 6, port: number): Map<string, BehaviourSite> {
    const mine = ips.filter((ip) => familyOf(ip) === family);
    if (mine.length === 0) return new Map();
    const given = this.#options.behaviourDiscovery?.alternateIp;
    const asIp = (ip: string): BehaviourIp => ({ local: ip, advertised: this.#handlers.advertised(ip) });
    const own = mine.map(asIp);
    const other = given !== undefined && familyOf(given) === family ? asIp(given) : secondPublic(own);
    // Behind one public address two of ours are one: §6 forbids to call that another address.
    const isOther = own.every((ip) => ip.local === other?.local || ip.advertised !== other?.advertised);
    return behaviourSites({
      ips: own,
      alternate: isOther ? other : undefined,
      port,
      alternatePort: this.#alternatePort,
    });
  }

  async #open(local: SocketAddress): Promise<void> {
    try {
      const socket = await bindUdp({
        ...local,
        receiveBufferBytes: RECEIVE_BUFFER_BYTES,
        log: this.#log,
      });
      if (this.#closed) {
        await socket.close();
        return;
      }
      if (this.#alternatePort === 0) this.#alternatePort = socket.local.port;
      this.#sockets.set(formatAddress(socket.local), socket);
      socket.onDatagram((from, bytes) => void this.handle(from, socket.local, bytes));
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new StackError('DISCOVERY_UNAVAILABLE', why, { cause });
    }
  }
}

/** The best public address after the first. Two others may be of networks that do not know each other. */
function secondPublic(own: readonly BehaviourIp[]): BehaviourIp | undefined {
  const isPublic = ({ local, advertised }: BehaviourIp): boolean =>
    local === advertised && scopeOf(local) === 'public';
  return own.filter(isPublic)[1];
}
