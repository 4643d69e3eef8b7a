/** DTLS machines on real sockets of the loopback, for tests against other implementations. */
import { type SocketAddress, silentLog } from '../../../src/base/index.ts';
import {
  DtlsConnection,
  type DtlsConnectionFacts,
  type DtlsEvent,
  type DtlsOptions,
  DtlsServer,
  type DtlsServerEvent,
  type DtlsServerOptions,
} from '../../../src/dtls/index.ts';
import { bindUdp, driveMachine, nodeEnv, nodeRandom, type UdpSocket } from '../../../src/node/index.ts';

const env = nodeEnv({ log: silentLog });

/** Whether a datagram is lost; counted from 0 over both directions, without those that carry data. */
export type Loses = (number: number) => boolean;

/** Content type, RFC 5246 §6.2.1. */
const APPLICATION_DATA = 23;

const NOTHING_IS_LOST: Loses = () => false;

/** Loses what passes by the rule, in both directions. */
function lossy(socket: UdpSocket, loses: Loses): Pick<UdpSocket, 'send' | 'onDatagram'> {
  let passed = 0;
  const isLost = ([type]: Uint8Array): boolean => type !== APPLICATION_DATA && loses(passed++);
  return {
    send: (bytes, to) => {
      if (!isLost(bytes)) socket.send(bytes, to);
    },
    onDatagram: (handler) =>
      socket.onDatagram((from, bytes) => {
        if (!isLost(bytes)) handler(from, bytes);
      }),
  };
}

function fail(error: unknown): never {
  throw error;
}

export interface EchoServer {
  readonly port: number;
  readonly events: readonly DtlsServerEvent[];
  close(): Promise<void>;
}

/** Sends back what it gets. */
export async function startEchoServer(
  options: Omit<DtlsServerOptions, 'cookieSecret'>,
  loses = NOTHING_IS_LOST,
): Promise<EchoServer> {
  const socket = await bindUdp({ ip: '127.0.0.1', port: 0 });
  const path = lossy(socket, loses);
  const machine = new DtlsServer(env, { ...options, cookieSecret: nodeRandom.bytes(32) });
  const events: DtlsServerEvent[] = [];
  const driver = driveMachine(machine, {
    onTransmit: ({ to, bytes }) => path.send(bytes, to),
    onEvent: (event) => {
      events.push(event);
      if (event.type === 'data') driver.run((now) => machine.send(now, event.client, event.bytes));
    },
    onFailure: fail,
  });
  path.onDatagram((from, bytes) => driver.run((now) => machine.handleDatagram(now, from, bytes)));
  return {
    port: socket.local.port,
    events,
    async close() {
      driver.run((now) => machine.close(now));
      driver.close();
      await new Promise((resolve) => setImmediate(resolve)); // what was sent leaves first
      await socket.close();
    },
  };
}

export interface Client {
  /** Resolves with what was agreed, or rejects with the failure's sentence. */
  readonly connected: Promise<DtlsConnectionFacts>;
  send(bytes: Uint8Array): void;
  exportKeyingMaterial(label: string, length: number): Uint8Array;
  /** The next data that comes. */
  next(): Promise<Uint8Array>;
  close(): Promise<void>;
}

export async function startClient(
  server: SocketAddress,
  options: DtlsOptions,
  loses = NOTHING_IS_LOST,
): Promise<Client> {
  const socket = await bindUdp({ ip: '127.0.0.1', port: 0 });
  const path = lossy(socket, loses);
  const machine = new DtlsConnection(env, options);
  let settle: (facts: DtlsConnectionFacts) => void = () => {};
  let refuse: (error: Error) => void = () => {};
  const connected = new Promise<DtlsConnectionFacts>((resolve, reject) => {
    settle = resolve;
    refuse = reject;
  });
  connected.catch(() => undefined); // whoever awaits it hears of it
  const waiting: ((bytes: Uint8Array) => void)[] = [];
  const arrived: Uint8Array[] = [];
  const handle = (event: DtlsEvent): void => {
    if (event.type === 'connected') settle(event);
    else if (event.type === 'failed') refuse(new Error(`${event.code}: ${event.message}`));
    else if (event.type === 'data') {
      const take = waiting.shift();
      if (take) take(event.bytes);
      else arrived.push(event.bytes);
    }
  };
  const driver = driveMachine(machine, {
    onTransmit: (bytes) => path.send(bytes, server),
    onEvent: handle,
    onFailure: fail,
    keepAlive: true,
  });
  path.onDatagram((_from, bytes) => driver.run((now) => machine.handleDatagram(now, bytes)));
  driver.run((now) => machine.connect(now));
  return {
    connected,
    send: (bytes) => driver.run((now) => machine.send(now, bytes)),
    exportKeyingMaterial: (label, length) => machine.exportKeyingMaterial(label, length),
    next: () => {
      const bytes = arrived.shift();
      return bytes ? Promise.resolve(bytes) : new Promise((resolve) => waiting.push(resolve));
    },
    async close() {
      driver.run((now) => machine.close(now));
      driver.close();
      await new Promise((resolve) => setImmediate(resolve)); // what was sent leaves first
      await socket.close();
    },
  };
}
