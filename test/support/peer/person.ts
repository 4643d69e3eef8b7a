/** A peer session on a virtual host: asks the host for what the session asks for, and remembers what it told. */
import type {
  ByteStream,
  DatagramSocket,
  Millis,
  SocketAddress,
  StreamListener,
} from '../../../src/base/index.ts';
import { unreachable } from '../../../src/base/index.ts';
import type { ChannelId } from '../../../src/datachannel/index.ts';
import type { DtlsIdentity } from '../../../src/dtls/index.ts';
import type { IceRequest, IceTransmit, SocketId } from '../../../src/ice/index.ts';
import { nodeCrypto } from '../../../src/node/index.ts';
import {
  type PeerConfiguration,
  type PeerEvent,
  PeerSession,
  type PeerSessionOptions,
} from '../../../src/peer/index.ts';
import { type Host, VirtualDriver } from '../../../src/vnet/index.ts';
import { IDENTITIES } from '../dtls/identities.ts';

export const CONFIGURATION: PeerConfiguration = {
  iceServers: [],
  iceTransportPolicy: 'all',
  bundlePolicy: 'balanced',
  rtcpMuxPolicy: 'require',
  iceCandidatePoolSize: 0,
};

export interface PersonOptions {
  readonly configuration?: Partial<PeerConfiguration>;
  readonly identity?: DtlsIdentity;
  readonly limits?: PeerSessionOptions['limits'];
  readonly ice?: PeerSessionOptions['ice'];
}

type EventOf<Type extends PeerEvent['type']> = Extract<PeerEvent, { readonly type: Type }>;

export class Person {
  readonly host: Host;
  readonly session: PeerSession;
  readonly told: { readonly at: Millis; readonly event: PeerEvent }[] = [];
  /** Told of every event, once it is noted. */
  onEvent: (event: PeerEvent) => void = () => {};
  /** Messages are noted unless this is off. */
  remembersMessages = true;
  readonly #driver: VirtualDriver<PeerEvent, IceTransmit>;
  readonly #udp = new Map<SocketId, DatagramSocket>();
  readonly #listeners = new Map<SocketId, StreamListener>();
  readonly #streams = new Map<SocketId, ByteStream>();
  readonly #closing = new Set<SocketId>();

  constructor(host: Host, options: PersonOptions = {}) {
    const { configuration, identity = IDENTITIES.ecdsa, limits = {}, ice = {} } = options;
    this.host = host;
    this.session = new PeerSession(host.world.newEnv(nodeCrypto), {
      configuration: { ...CONFIGURATION, ...configuration },
      identities: [identity],
      limits,
      ice: { tcp: false, ...ice },
    });
    this.#driver = new VirtualDriver(host.world, this.session, {
      onTransmit: ({ socket, to, bytes }) => {
        const udp = this.#udp.get(socket);
        if (udp) udp.send(bytes, to);
        else this.#streams.get(socket)?.write(bytes);
      },
      onEvent: (event) => {
        if (event.type !== 'channel-message' || this.remembersMessages)
          this.told.push({ at: host.world.now, event });
        if (event.type === 'request') this.#handle(event.request);
        this.onEvent(event);
      },
    });
    this.act((session, now) => session.handleInterfaces(now, host.interfaces()));
  }

  /** What the step gives. */
  act<Result>(step: (session: PeerSession, now: Millis) => Result): Result {
    const results: Result[] = [];
    this.#driver.run((now) => results.push(step(this.session, now)));
    return results[0] as Result;
  }

  all<Type extends PeerEvent['type']>(type: Type): EventOf<Type>[] {
    return this.told.flatMap(({ event }) => (event.type === type ? [event as EventOf<Type>] : []));
  }

  /** When it first told this. */
  when(matches: (event: PeerEvent) => boolean): Millis | undefined {
    return this.told.find(({ event }) => matches(event))?.at;
  }

  states(
    type:
      | 'connection-state'
      | 'ice-connection-state'
      | 'dtls-state'
      | 'signaling-state'
      | 'ice-gathering-state',
  ): string[] {
    return this.all(type).map(({ state }) => state);
  }

  say(channel: ChannelId, content: string): void {
    const bytes = new TextEncoder().encode(content);
    this.act((session, now) => session.sendMessage(now, channel, { kind: 'text', bytes }));
  }

  /** Texts that came on this channel. */
  heard(channel: ChannelId): string[] {
    return this.all('channel-message')
      .filter((event) => event.channel === channel)
      .map(({ bytes }) => new TextDecoder().decode(bytes));
  }

  /** A datagram that somebody has slipped in, at the first socket. */
  inject(from: SocketAddress, bytes: Uint8Array): void {
    const [socket] = this.#udp.keys();
    if (socket !== undefined)
      this.act((session, now) => session.handleDatagram(now, socket, from, bytes.slice()));
  }

  get openSockets(): number {
    return this.#udp.size + this.#listeners.size + this.#streams.size;
  }

  #handle(request: IceRequest): void {
    const { host } = this;
    switch (request.kind) {
      case 'open-udp': {
        const { socket: id, ip, port } = request;
        host.bindUdp({ ip, port, batched: true }, ({ value, error }) => {
          if (value && this.#closing.has(id)) value.close();
          else if (value) {
            this.#udp.set(id, value);
            value.onDatagram((from, bytes) => this.act((s, now) => s.handleDatagram(now, id, from, bytes)));
            this.act((s, now) => s.handleOpened(now, id, value.local, value));
          } else this.act((s, now) => s.handleFailed(now, id, 'SOCKET', error?.message ?? ''));
        });
        return;
      }
      case 'listen-tcp': {
        const { socket: id, ip, port } = request;
        const accept = (stream: ByteStream): void =>
          this.act((s, now) => this.#hold(s.handleAccepted(now, id, stream.remote), stream));
        host.listenTcp({ ip, port }, accept, ({ value, error }) => {
          if (value) {
            this.#listeners.set(id, value);
            this.act((s, now) => s.handleOpened(now, id, value.local, { neverFragments: false }));
          } else this.act((s, now) => s.handleFailed(now, id, 'SOCKET', error?.message ?? ''));
        });
        return;
      }
      case 'open-stream': {
        const { socket: id, to, fromIp } = request;
        host.connectTcp(
          to,
          ({ value, error }) => {
            if (value) {
              this.#hold(id, value);
              this.act((s, now) => s.handleOpened(now, id, value.local, { neverFragments: false }));
            } else this.act((s, now) => s.handleFailed(now, id, 'SOCKET', error?.message ?? ''));
          },
          fromIp === undefined ? undefined : { ip: fromIp, port: 0 },
        );
        return;
      }
      case 'close':
        this.#close(request.socket);
        return;
      case 'lookup':
        host.lookup(request.name, ({ value }) =>
          this.act((s, now) => s.handleLookedUp(now, request.lookup, value)),
        );
        return;
      case 'verify':
        host.verifyChain(request.chain, request.serverName, ({ value }) =>
          this.act((s, now) => s.handleVerified(now, request.check, value === true)),
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
      onBytes: (bytes) => this.act((s, now) => s.handleDatagram(now, id, stream.remote, bytes)),
      onEnded: () => stream.end(),
      onClosed: () => {
        if (this.#streams.delete(id)) this.act((s, now) => s.handleClosed(now, id));
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
