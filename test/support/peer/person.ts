/** A peer session on a virtual host: asks the host for what the session asks for, and remembers what it told. */
import type { Millis, SocketAddress } from '../../../src/base/index.ts';
import type { ChannelId } from '../../../src/datachannel/index.ts';
import type { DtlsIdentity } from '../../../src/dtls/index.ts';
import type { IceTransmit } from '../../../src/ice/index.ts';
import { nodeCrypto } from '../../../src/node/index.ts';
import {
  type PeerConfiguration,
  type PeerEvent,
  PeerSession,
  type PeerSessionOptions,
} from '../../../src/peer/index.ts';
import { type Host, VirtualDriver } from '../../../src/vnet/index.ts';
import type { IceSockets } from '../../../src/webrtc/driver/ice-sockets.ts';
import { IDENTITIES } from '../dtls/identities.ts';
import { virtualSockets } from '../ice/virtual-sockets.ts';

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
  readonly #sockets: IceSockets;

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
      onTransmit: (transmit) => this.#sockets.transmit(transmit),
      onEvent: (event) => {
        if (event.type !== 'channel-message' || this.remembersMessages)
          this.told.push({ at: host.world.now, event });
        if (event.type === 'request') this.#sockets.execute(event.request);
        this.onEvent(event);
      },
    });
    this.#sockets = virtualSockets(host, this.session, (step) => this.#driver.run(step));
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
    const requests = this.all('request').map(({ request }) => request);
    const closed = requests.flatMap((request) => (request.kind === 'close' ? [request.socket] : []));
    const [socket] = requests.flatMap((request) =>
      request.kind === 'open-udp' && !closed.includes(request.socket) ? [request.socket] : [],
    );
    if (socket !== undefined)
      this.act((session, now) => session.handleDatagram(now, socket, from, bytes.slice()));
  }

  get openSockets(): number {
    return this.#sockets.size;
  }
}
