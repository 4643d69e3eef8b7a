/** NAT behaviour discovery on real sockets of 127.0.0.1 and 127.0.0.2: from where an answer really comes. RFC 5780 §6. */
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { formatAddress, type SocketAddress, StackError } from '../../../src/base/index.ts';
import { bindUdp, type UdpSocket } from '../../../src/node/index.ts';
import { BindingDesk } from '../../../src/server/turn/behaviour-desk.ts';
import type { BehaviourDiscovery } from '../../../src/server/turn/behaviour-sockets.ts';
import {
  openTurnService,
  type TurnService,
  type TurnServiceOptions,
} from '../../../src/server/turn/turn-service.ts';
import {
  BehaviourAttribute,
  decodeErrorCode,
  decodeMessage,
  decodePlainAddress,
  encodeChangeRequest,
  MessageClass,
  MessageWriter,
  StunAttribute,
  StunMethod,
} from '../../../src/stun/index.ts';
import { env, TURN_OPTIONS } from '../../support/turn/service.ts';

const A1 = '127.0.0.1';
const A2 = '127.0.0.2';
const open: { close(): Promise<void> }[] = [];
after(() => Promise.all(open.map((thing) => thing.close())));

async function serve(options: Partial<TurnServiceOptions>): Promise<TurnService> {
  const service = await openTurnService(env, {
    ...TURN_OPTIONS,
    host: A1,
    ...options,
  });
  open.push(service);
  return service;
}

interface Heard {
  readonly from: SocketAddress;
  readonly bytes: Uint8Array;
}

/** A socket that asks one thing at a time. */
class Asker {
  readonly #socket: UdpSocket;
  #heard: ((heard: Heard) => void) | undefined;

  constructor(socket: UdpSocket) {
    this.#socket = socket;
    open.push(socket);
    socket.onDatagram((from, bytes) => this.#heard?.({ from, bytes: bytes.slice() }));
  }

  ask(to: SocketAddress, bytes: Uint8Array): Promise<Heard> {
    return new Promise((resolve) => {
      this.#heard = resolve;
      this.#socket.send(bytes, to);
    });
  }
}

async function asker(): Promise<Asker> {
  return new Asker(await bindUdp({ ip: A1, port: 0 }));
}

function binding(fill: (writer: MessageWriter) => void = () => {}): Uint8Array {
  const writer = new MessageWriter(StunMethod.BINDING, MessageClass.REQUEST, env.random.bytes(12));
  fill(writer);
  return writer.finish();
}

function change(ip: boolean, port: boolean): Uint8Array {
  return binding((writer) =>
    writer.attribute(BehaviourAttribute.CHANGE_REQUEST, encodeChangeRequest({ ip, port })),
  );
}

function addressIn({ bytes }: Heard, type: number): SocketAddress | undefined {
  const value = decodeMessage(bytes)?.get(type);
  return value && decodePlainAddress(value);
}

describe('two addresses', () => {
  const discovery: BehaviourDiscovery = { alternatePort: 0, alternateIp: A2 };

  test('all four places answer, each from where CHANGE-REQUEST says', async () => {
    const { port } = await serve({ behaviourDiscovery: discovery });
    const who = await asker();
    const first = await who.ask({ ip: A1, port }, binding());
    assert.deepEqual(first.from, { ip: A1, port });
    const other = addressIn(first, BehaviourAttribute.OTHER_ADDRESS);
    assert.ok(other && other.ip === A2 && other.port !== port);
    const P2 = other.port;
    for (const [ip, at] of [
      [A1, port],
      [A1, P2],
      [A2, port],
      [A2, P2],
    ] as const) {
      const [otherIp, otherPort] = [ip === A1 ? A2 : A1, at === port ? P2 : port];
      const from = async (changeIp: boolean, changePort: boolean): Promise<string> => {
        const heard = await who.ask({ ip, port: at }, change(changeIp, changePort));
        assert.deepEqual(addressIn(heard, BehaviourAttribute.RESPONSE_ORIGIN), heard.from);
        return formatAddress(heard.from);
      };
      assert.equal(await from(false, false), `${ip}:${at}`);
      assert.equal(await from(true, false), `${otherIp}:${at}`);
      assert.equal(await from(false, true), `${ip}:${otherPort}`);
      assert.equal(await from(true, true), `${otherIp}:${otherPort}`);
    }
  });

  test('requests answered here count like all other Binding requests', async () => {
    const service = await serve({ behaviourDiscovery: discovery });
    const who = await asker();
    await who.ask({ ip: A1, port: service.port }, binding());
    assert.equal(service.statistics.bindings, 1);
  });

  test('where the other address is no address of this machine nothing stays open', async () => {
    const behaviourDiscovery = { alternatePort: 0, alternateIp: '192.0.2.1' };
    await assert.rejects(
      serve({ behaviourDiscovery }),
      (error) => error instanceof StackError && error.code === 'DISCOVERY_UNAVAILABLE',
    );
  });
});

describe('one address', () => {
  test('the other port answers, the other address is 420, and OTHER-ADDRESS is missing', async () => {
    const { port } = await serve({ behaviourDiscovery: { alternatePort: 0 } });
    const who = await asker();
    const moved = await who.ask({ ip: A1, port }, change(false, true));
    assert.equal(moved.from.ip, A1);
    assert.notEqual(moved.from.port, port);
    assert.equal(addressIn(moved, BehaviourAttribute.OTHER_ADDRESS), undefined);
    // The second port is there for mapping tests, too.
    assert.deepEqual((await who.ask(moved.from, binding())).from, moved.from);
    const refused = decodeMessage((await who.ask({ ip: A1, port }, change(true, true))).bytes);
    const error = refused?.get(StunAttribute.ERROR_CODE);
    assert.equal(error && decodeErrorCode(error)?.code, 420);
  });

  test('behind one public address two of ours are one', async () => {
    const behaviourDiscovery = { alternatePort: 0, alternateIp: A2 };
    const { port } = await serve({ behaviourDiscovery, publicIps: ['192.0.2.7'] });
    const heard = await (await asker()).ask({ ip: A1, port }, binding());
    assert.equal(addressIn(heard, BehaviourAttribute.OTHER_ADDRESS), undefined);
    assert.deepEqual(addressIn(heard, BehaviourAttribute.RESPONSE_ORIGIN), { ip: '192.0.2.7', port });
  });
});

describe('without discovery', () => {
  const classic = Uint8Array.of(0, 1, 0, 0, ...Array.from({ length: 16 }, (_, i) => i));

  test('a Binding answer has 32 bytes, also beside RFC 3489', async () => {
    const { port } = await serve({ rfc3489: true });
    const who = await asker();
    assert.equal((await who.ask({ ip: A1, port }, binding())).bytes.length, 32);
    const old = await who.ask({ ip: A1, port }, classic);
    assert.deepEqual(old.bytes.slice(4, 20), classic.slice(4, 20));
    assert.equal(old.bytes.length, 32);
  });

  test('a request without cookie is noise', async () => {
    const service = await serve({});
    const who = await asker();
    void who.ask({ ip: A1, port: service.port }, classic);
    assert.ok(decodeMessage((await who.ask({ ip: A1, port: service.port }, binding())).bytes));
    assert.equal(service.statistics.malformed, 1);
  });
});

test('each source has its share of answers, an IPv6 network of 64 bits as one', () => {
  const desk = new BindingDesk({ rfc3489: true, rate: { perSecond: 1, burst: 2 } });
  const server = { ip: A1, port: 3478 };
  const classic = Uint8Array.of(0, 1, 0, 0, ...new Uint8Array(16));
  const ask = (now: number, ip: string) => desk.handle(now, { ip, port: 1 }, server, classic);
  assert.notEqual(ask(0, '2001:db8::1'), 'withheld');
  assert.notEqual(ask(0, '2001:db8::2'), 'withheld');
  assert.equal(ask(0, '2001:db8::3'), 'withheld');
  assert.notEqual(ask(0, '192.0.2.1'), 'withheld');
  assert.notEqual(ask(1000, '2001:db8::3'), 'withheld');
  assert.deepEqual(desk.counts, { bindings: 4, rateLimited: 1 });
});
