/** An ICE agent on a virtual host: asks the host for what the agent asks for, and remembers what it told. */
import {
  type ByteStream,
  type DatagramSocket,
  decodeUtf8,
  encodeUtf8,
  type Millis,
  type StreamListener,
  unreachable,
} from '../../../src/base/index.ts';
import {
  IceAgent,
  type IceAgentOptions,
  type IceEvent,
  type IceRequest,
  type IceTransmit,
  type SocketId,
} from '../../../src/ice/index.ts';
import { nodeCrypto } from '../../../src/node/index.ts';
import { type Host, VirtualDriver } from '../../../src/vnet/index.ts';

export class IcePeer {
  readonly host: Host;
  readonly agent: IceAgent;
  readonly told: { readonly at: Millis; readonly event: IceEvent }[] = [];
  /** What came as data, as text. */
  readonly heard: string[] = [];
  /** Told of every event, once it is noted. */
  onEvent: (event: IceEvent) => void = () => {};
  /** True: the shell does not do it. */
  onRequest: (request: IceRequest) => boolean = () => false;
  readonly #driver: VirtualDriver<IceEvent, IceTransmit>;
  readonly #udp = new Map<SocketId, DatagramSocket>();
  readonly #listeners = new Map<SocketId, StreamListener>();
  readonly #streams = new Map<SocketId, ByteStream>();
  readonly #closing = new Set<SocketId>();

  constructor(host: Host, options: IceAgentOptions) {
    this.host = host;
    this.agent = new IceAgent(host.world.newEnv(nodeCrypto), options);
    this.#driver = new VirtualDriver(host.world, this.agent, {
      onTransmit: ({ socket, to, bytes }) => {
        const udp = this.#udp.get(socket);
        if (udp) udp.send(bytes, to);
        else this.#streams.get(socket)?.write(bytes);
      },
      onEvent: (event) => {
        this.told.push({ at: host.world.now, event });
        if (event.type === 'request' && !this.onRequest(event.request)) this.#handle(event.request);
        if (event.type === 'data') this.heard.push(decodeUtf8(event.bytes));
        this.onEvent(event);
      },
    });
  }

  act(step: (agent: IceAgent, now: Millis) => void): void {
    this.#driver.run((now) => step(this.agent, now));
  }

  gather(): void {
    this.act((agent, now) => agent.gather(now, this.host.interfaces()));
  }

  /** Text that is no STUN. False: there is no way. */
  say(text: string): boolean {
    let said = false;
    this.act((agent, now) => {
      said = agent.send(now, encodeUtf8(text));
    });
    return said;
  }

  all<T extends IceEvent['type']>(type: T): Extract<IceEvent, { type: T }>[] {
    return this.told
      .map(({ event }) => event)
      .filter((event): event is Extract<IceEvent, { type: T }> => event.type === type);
  }

  /** The states it went through. */
  get states(): string[] {
    return this.all('state').map(({ state }) => state);
  }

  /** When it first told this state. */
  reachedAt(state: string): Millis | undefined {
    return this.told.find(({ event }) => event.type === 'state' && event.state === state)?.at;
  }

  get openSockets(): number {
    return this.#udp.size + this.#listeners.size + this.#streams.size;
  }

  #handle(request: IceRequest): void {
    const { host } = this;
    switch (request.kind) {
      case 'open-udp': {
        const { socket: id, ip, port } = request;
        host.bindUdp({ ip, port }, ({ value, error }) => {
          if (value && this.#closing.has(id)) value.close();
          else if (value) {
            this.#udp.set(id, value);
            value.onDatagram((from, bytes) => this.act((a, now) => a.handleDatagram(now, id, from, bytes)));
            this.act((a, now) => a.handleOpened(now, id, value.local, value));
          } else this.act((a, now) => a.handleFailed(now, id, 'SOCKET', error?.message ?? ''));
        });
        return;
      }
      case 'listen-tcp': {
        const { socket: id, ip, port } = request;
        const accept = (stream: ByteStream): void =>
          this.act((a, now) => this.#hold(a.handleAccepted(now, id, stream.remote), stream));
        host.listenTcp({ ip, port }, accept, ({ value, error }) => {
          if (value) {
            this.#listeners.set(id, value);
            this.act((a, now) => a.handleOpened(now, id, value.local, { neverFragments: false }));
          } else this.act((a, now) => a.handleFailed(now, id, 'SOCKET', error?.message ?? ''));
        });
        return;
      }
      case 'open-stream': {
        const { socket: id, to, fromIp } = request;
        const done = ({
          value,
          error,
        }: {
          value?: ByteStream | undefined;
          error?: Error | undefined;
        }): void => {
          if (value) {
            this.#hold(id, value);
            this.act((a, now) => a.handleOpened(now, id, value.local, { neverFragments: false }));
          } else this.act((a, now) => a.handleFailed(now, id, 'SOCKET', error?.message ?? ''));
        };
        host.connectTcp(to, done, fromIp === undefined ? undefined : { ip: fromIp, port: 0 });
        return;
      }
      case 'close':
        this.#close(request.socket);
        return;
      case 'lookup':
        host.lookup(request.name, ({ value }) =>
          this.act((a, now) => a.handleLookedUp(now, request.lookup, value)),
        );
        return;
      case 'verify':
        host.verifyChain(request.chain, request.serverName, ({ value }) =>
          this.act((a, now) => a.handleVerified(now, request.check, value === true)),
        );
        return;
      case 'announce':
        host.world.names.set(request.name, [request.ip]);
        return;
      case 'withdraw':
        host.world.names.delete(request.name);
        return;
      default:
        unreachable(request);
    }
  }

  #hold(id: SocketId, stream: ByteStream): void {
    this.#streams.set(id, stream);
    stream.listen({
      onBytes: (bytes) => this.act((a, now) => a.handleDatagram(now, id, stream.remote, bytes)),
      onEnded: () => stream.end(),
      onClosed: () => {
        if (this.#streams.delete(id)) this.act((a, now) => a.handleClosed(now, id));
      },
    });
  }

  #close(id: SocketId): void {
    this.#closing.add(id);
    this.#udp.get(id)?.close();
    this.#udp.delete(id);
    this.#listeners.get(id)?.close();
    this.#listeners.delete(id);
    const stream = this.#streams.get(id);
    this.#streams.delete(id);
    stream?.end();
  }
}
