/** An ICE agent on a virtual host: asks the host for what the agent asks for, and remembers what it told. */
import { decodeUtf8, encodeUtf8, type Millis } from '../../../src/base/index.ts';
import {
  IceAgent,
  type IceAgentOptions,
  type IceEvent,
  type IceRequest,
  type IceTransmit,
} from '../../../src/ice/index.ts';
import { nodeCrypto } from '../../../src/node/index.ts';
import { type Host, VirtualDriver } from '../../../src/vnet/index.ts';
import type { IceSockets } from '../../../src/webrtc/driver/ice-sockets.ts';
import { virtualSockets } from './virtual-sockets.ts';

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
  readonly #sockets: IceSockets;

  constructor(host: Host, options: IceAgentOptions) {
    this.host = host;
    this.agent = new IceAgent(host.world.newEnv(nodeCrypto), options);
    this.#driver = new VirtualDriver(host.world, this.agent, {
      onTransmit: (transmit) => this.#sockets.transmit(transmit),
      onEvent: (event) => {
        this.told.push({ at: host.world.now, event });
        if (event.type === 'request' && !this.onRequest(event.request)) this.#sockets.execute(event.request);
        if (event.type === 'data') this.heard.push(decodeUtf8(event.bytes));
        this.onEvent(event);
      },
    });
    this.#sockets = virtualSockets(host, this.agent, (step) => this.#driver.run(step));
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
    return this.#sockets.size;
  }
}
