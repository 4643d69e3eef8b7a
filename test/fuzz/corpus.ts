/** What real machines say to each other in the virtual network: every payload once, as material. */

import { type Attribute, decodeMessage, MessageClass, MessageWriter } from '../../src/stun/index.ts';
import { TurnMethod } from '../../src/turn/index.ts';
import { SERVER } from '../support/turn/lab.ts';
import { TurnScene } from '../support/turn/scene.ts';

export interface Corpus {
  readonly toServer: readonly Uint8Array[];
  readonly toClient: readonly Uint8Array[];
  /** All attributes that occur. */
  readonly attributes: readonly Attribute[];
}

/** One call each of several kinds, from allocation to its end. */
function conversations(): TurnScene {
  const scene = new TurnScene({ seed: 1, server: { mobility: true } });
  const peer = scene.peer();
  const plans = [
    {},
    { family: 6 },
    { family: 'both' },
    { evenPort: 'even' },
    { evenPort: 'reserve-next' },
  ] as const;
  for (const plan of plans) {
    const caller = scene.caller();
    caller.act((machine, now) => machine.bind(now));
    const relayed = caller.allocate({ ...plan, lifetimeSeconds: 900 });
    if (relayed.ip.includes(':')) continue;
    caller.permit(peer.address.ip, '192.0.2.7');
    caller.send(peer.address, new Uint8Array(33).fill(7));
    peer.send(relayed, new Uint8Array(30).fill(8));
    scene.world.run(100);
    caller.bindChannel(peer.address);
    caller.send(peer.address, new Uint8Array(21).fill(9));
    peer.send(relayed, new Uint8Array(22).fill(9));
    scene.world.run(900_000);
    caller.act((machine, now) => machine.close(now));
    scene.world.run(50_000);
  }
  const refused = scene.caller({ password: 'wrong' });
  refused.act((machine, now) => machine.allocate(now));
  scene.world.run(50_000);
  return scene;
}

/** What no client of ours asks for. */
function rarities(): readonly Uint8Array[] {
  const id = new Uint8Array(12).fill(5);
  const { REQUEST } = MessageClass;
  return [
    new MessageWriter(TurnMethod.CONNECT, REQUEST, id)
      .xorAddress(0x0012, { ip: '192.0.2.7', port: 80 })
      .finish(),
    new MessageWriter(TurnMethod.CONNECTION_BIND, REQUEST, id).u32(0x002a, 7).finish(),
    new MessageWriter(TurnMethod.ALLOCATE, REQUEST, id).attribute(0x0019, Uint8Array.of(6, 0, 0, 0)).finish(),
    new MessageWriter(TurnMethod.ALLOCATE, REQUEST, id)
      .u32(0x0019, 17 << 24)
      .flag(0x8030)
      .finish(),
    new MessageWriter(TurnMethod.ALLOCATE, REQUEST, id)
      .u32(0x0019, 17 << 24)
      .flag(0x001a)
      .finish(),
    new MessageWriter(TurnMethod.ALLOCATE, REQUEST, id)
      .u32(0x0019, 17 << 24)
      .attribute(0x0022, new Uint8Array(8))
      .finish(),
    new MessageWriter(TurnMethod.REFRESH, REQUEST, id).u32(0x000d, 0).finish(),
    new MessageWriter(TurnMethod.REFRESH, REQUEST, id).attribute(0x8030, new Uint8Array(29)).finish(),
    new MessageWriter(TurnMethod.REFRESH, REQUEST, id).u32(0x0017, 2 << 24).finish(),
  ];
}

let recorded: Corpus | undefined;

/** Recorded once. */
export function corpus(): Corpus {
  recorded ??= record();
  return recorded;
}

function record(): Corpus {
  const scene = conversations();
  const [toServer, toClient] = [new Map<string, Uint8Array>(), new Map<string, Uint8Array>()];
  for (const { fate, packet } of scene.world.log.records) {
    if (fate !== 'sent' || packet.protocol !== 'udp') continue;
    const said =
      packet.to.port === SERVER.port ? toServer : packet.from.port === SERVER.port ? toClient : undefined;
    // One of each shape is enough: the rest differs in ids and seals only.
    said?.set(shapeOf(packet.payload), packet.payload);
  }
  for (const bytes of rarities()) toServer.set(`${toServer.size}`, bytes);
  const all = [...toServer.values(), ...toClient.values()];
  const attributes = all.flatMap((bytes) => decodeMessage(bytes)?.attributes() ?? []);
  return { toServer: [...toServer.values()], toClient: [...toClient.values()], attributes };
}

function shapeOf(payload: Uint8Array): string {
  const message = decodeMessage(payload);
  if (!message) return `data ${payload.length}`;
  return `${message.method} ${message.class} ${message.attributes().map(({ type, value }) => `${type}:${value.length}`)}`;
}
