/**
 * Names of the local link (`.local`) by multicast: found for whoever asks, answered for while they are announced. The sockets
 * are there as long as somebody waits or is announced, so nothing keeps the process alive without need. RFC 6762.
 */
import { type DatagramSocket, type Settled, StackError } from '../base/index.ts';
import { type MdnsEvent, MdnsNode } from '../ice/index.ts';
import { type Driver, driveMachine } from './driver.ts';
import { bindMulticast } from './multicast-udp.ts';

/** RFC 6762 §3. */
const PORT = 5353;
const GROUPS = [
  { ip: '0.0.0.0', group: '224.0.0.251' },
  { ip: '::', group: 'ff02::fb' },
] as const;

interface OpenGroup {
  readonly socket: DatagramSocket;
  readonly group: string;
}

/** RFC 6762 §3: any name that ends so is one of the link, and no other is. */
export function isLinkName(name: string): boolean {
  return /\.local\.?$/i.test(name);
}

export class LinkNames {
  readonly #node = new MdnsNode();
  readonly #driver: Driver;
  readonly #port: number;
  readonly #waiting = new Map<string, Settled<readonly string[]>[]>();
  #announced = 0;
  #groups: Promise<readonly OpenGroup[]> | undefined;
  #open: readonly OpenGroup[] = [];

  /** `port`: another one only where a test must not meet real devices. */
  constructor(port = PORT) {
    this.#port = port;
    this.#driver = driveMachine(this.#node, {
      onTransmit: (bytes) => {
        for (const { socket, group } of this.#open) socket.send(bytes, { ip: group, port });
      },
      onEvent: (event) => this.#handleEvent(event),
      // A name that is not found is told after five seconds all the same.
      onFailure: () => {},
    });
  }

  /** As `Platform.lookup`. */
  lookup(name: string, done: Settled<readonly string[]>): void {
    const asked = name.toLowerCase().replace(/\.$/, '');
    const waiting = this.#waiting.get(asked);
    if (waiting) {
      waiting.push(done);
      return;
    }
    this.#waiting.set(asked, [done]);
    this.#whenOpen(() => this.#driver.run((now) => this.#node.resolve(now, asked)));
  }

  /** Until `close`, which is idempotent. What is no name of the DNS is never answered for. */
  announce(name: string, ip: string): { close(): void } {
    this.#announced += 1;
    let closed = false;
    this.#whenOpen(() => {
      if (!closed) this.#driver.run((now) => this.#node.announce(now, name, [ip]));
    });
    return {
      close: () => {
        if (closed) return;
        closed = true;
        this.#announced -= 1;
        this.#driver.run((now) => this.#node.withdraw(now, name));
        this.#closeIfIdle();
      },
    };
  }

  #handleEvent({ type, name, ...found }: MdnsEvent): void {
    const waiting = this.#waiting.get(name) ?? [];
    this.#waiting.delete(name);
    for (const done of waiting) {
      if (type === 'resolved' && 'ips' in found) done({ value: found.ips });
      else done({ error: new StackError('NAME_UNKNOWN', `Nobody on this link answers for ${name}.`) });
    }
    this.#closeIfIdle();
  }

  #whenOpen(then: () => void): void {
    this.#groups ??= this.#openGroups();
    void this.#groups.then(then);
  }

  /** What cannot be opened is left out: without any, every name stays unknown. */
  async #openGroups(): Promise<readonly OpenGroup[]> {
    const tries = GROUPS.map(async ({ ip, group }): Promise<OpenGroup> => {
      const socket = await bindMulticast({ ip, port: this.#port, multicastGroup: group });
      socket.onDatagram((from, bytes) => {
        this.#driver.run((now) =>
          this.#node.handleDatagram(now, { ...from, port: this.#sourcePort(from.port) }, bytes),
        );
      });
      return { socket, group };
    });
    const settled = await Promise.allSettled(tries);
    this.#open = settled.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
    return this.#open;
  }

  /** The machine knows one port. */
  #sourcePort(port: number): number {
    return port === this.#port ? PORT : port;
  }

  #closeIfIdle(): void {
    if (this.#announced > 0 || this.#waiting.size > 0) return;
    const groups = this.#groups;
    this.#groups = undefined;
    this.#open = [];
    void groups?.then((open) => {
      for (const { socket } of open) socket.close();
    });
  }
}
