/**
 * The Socket.IO endpoint: carries texts between sockets and the room server. Thin: decides who may connect, and
 * nothing about what is said. docs/signaling.md.
 */
import type { Server as HttpServer, IncomingMessage } from 'node:http';
import { type DefaultEventsMap, Server, type Socket } from 'socket.io';
import type { Env } from '../../base/index.ts';
import { driveMachine } from '../../node/index.ts';
import {
  addressKey,
  type ConnectionId,
  type IceConfiguration,
  RoomServer,
  type RoomServerEvent,
  type RoomServerOptions,
  type RoomServerStats,
  type SessionId,
} from '../../signaling/index.ts';
import { RequestFacts } from '../http/request-facts.ts';
import { AddressQuota } from './address-quota.ts';
import { type EngineConnection, guardAgainstFloods } from './flood-guard.ts';

/** What happened, for metrics: everything that the room server reports but the two things it asks for. */
export type SignalingFact = Exclude<RoomServerEvent, { type: 'issue-ice' | 'close' }>;

/** How a browser reached the page. */
export interface AskedHost {
  /** Without port and with the brackets of an IPv6 address. */
  readonly name: string;
  /** Where ports are mapped, it differs from the one that is listened on. */
  readonly port: number;
  /** Over a trusted proxy, which carries HTTP and nothing else. */
  readonly proxied: boolean;
}

export interface SignalingEndpointOptions {
  /** Its log gets what goes wrong here. */
  readonly env: Env;
  /** The secret, and limits that differ from the defaults. */
  readonly rooms: RoomServerOptions;
  readonly mintIce: (session: SessionId, asked: AskedHost) => IceConfiguration;
  /** Who is asking. Default: believes no proxy, and no origin but its own host's. */
  readonly facts?: RequestFacts;
  /** 256 connections from one address (IPv6: /64): a large office behind one router. */
  readonly maxConnectionsPerAddress?: number;
  readonly onFact?: (fact: SignalingFact) => void;
}

export interface SignalingEndpoint {
  /** Tells everybody to connect again in about `reconnectInMs`; from then on nobody gets in. */
  drain(reconnectInMs: number): void;
  /** Ends all connections. The HTTP server stays as it is. */
  close(): void;
  stats(): RoomServerStats;
}

/** The only event name, in both directions; its argument is one frame as text. */
const FRAME = 'frame';

/** Above the 65,536 bytes of the protocol, so that a text that is too long gets an answer and not a cut. */
const MAX_PACKET_BYTES = 1_000_000;

/** What Engine.IO tells of a handshake that failed. */
interface EngineRefusal {
  readonly code: number;
  readonly message: string;
  readonly context?: { readonly message?: unknown };
}

interface SocketData {
  id: ConnectionId;
}
type FrameSocket = Socket<DefaultEventsMap, DefaultEventsMap, DefaultEventsMap, SocketData>;

/**
 * Takes `/socket.io/` of `http`, by WebSocket and by polling. The request listener of `http` must be there already:
 * everything else goes on to it.
 */
export function attachSignaling(http: HttpServer, options: SignalingEndpointOptions): SignalingEndpoint {
  const { env, onFact, facts = new RequestFacts({ trustedProxies: [], allowedOrigins: [] }) } = options;
  const machine = new RoomServer(env, options.rooms);
  const quota = new AddressQuota(options.maxConnectionsPerAddress ?? 256);
  const sockets = new Map<ConnectionId, FrameSocket>();
  let connected = 0;

  const driver = driveMachine(machine, {
    onTransmit: ({ to, text }) => sockets.get(to)?.emit(FRAME, text),
    onEvent,
    onFailure: (error) => env.log.error('signaling failed', { error }),
  });

  const io = new Server<DefaultEventsMap, DefaultEventsMap, DefaultEventsMap, SocketData>(http, {
    serveClient: false,
    cookie: false,
    perMessageDeflate: false, // costs 300 KB for each connection and saves little on texts of this size
    httpCompression: false,
    maxHttpBufferSize: MAX_PACKET_BYTES,
    connectTimeout: 10_000,
    // A dead connection is noticed within 18 s, well inside the 30 s in which a session can be continued.
    pingInterval: 10_000,
    pingTimeout: 8_000,
    allowRequest: (request, answer) => {
      const refusal = refuse(request);
      answer(refusal, refusal === null);
    },
  });

  function refuse(request: IncomingMessage): string | null {
    if (!facts.host(request)) return 'The Host header is missing or cannot stand in a link.';
    if (!facts.isOriginAllowed(request)) return 'This origin is not allowed here. See --allowed-origins.';
    if (!quota.has(addressKey(facts.clientAddress(request))))
      return 'Too many connections from this address.';
    return null;
  }

  // Counted below Socket.IO's own handshake, so that half-open ones count too.
  io.engine.on(
    'connection',
    (raw: EngineConnection & { request: IncomingMessage; once(name: 'close', then: () => void): void }) => {
      const key = addressKey(facts.clientAddress(raw.request));
      quota.add(key);
      raw.once('close', () => quota.remove(key));
      guardAgainstFloods(raw, (reason) => env.log.debug('signaling connection ended', { reason, from: key }));
    },
  );

  io.engine.on('connection_error', ({ code, message, context }: EngineRefusal) => {
    env.log.debug('signaling connection refused', { code, reason: context?.message ?? message });
  });

  io.on('connection', (socket) => {
    connected += 1;
    const id = `c${connected}` as ConnectionId;
    socket.data.id = id;
    sockets.set(id, socket);
    driver.run((now) => machine.handleConnect(now, id, facts.clientAddress(socket.request)));
    socket.onAny((name: string, text: unknown) => {
      // What is no frame is handed on as a text that no frame has, so that it is counted and answered like one.
      const frame = name === FRAME && typeof text === 'string' ? text : '';
      driver.run((now) => machine.handleText(now, id, frame));
    });
    socket.on('error', () => {}); // a broken packet; the disconnect that follows is what matters
    socket.on('disconnect', () => {
      sockets.delete(id);
      driver.run((now) => machine.handleDisconnect(now, id));
    });
  });

  function onEvent(event: RoomServerEvent): void {
    if (event.type === 'issue-ice') {
      const socket = sockets.get(event.connection);
      const host = socket && facts.host(socket.request);
      if (!host) return;
      const proxied = facts.isProxied(socket.request);
      const ice = options.mintIce(event.session, { name: host.name, port: host.port ?? 443, proxied });
      driver.run((now) => machine.handleIce(now, event.connection, ice));
    } else if (event.type === 'close') {
      sockets.get(event.connection)?.disconnect(true);
    } else onFact?.(event);
  }

  return {
    drain: (reconnectInMs) => driver.run((now) => machine.drain(now, reconnectInMs)),
    close() {
      // Not Socket.IO's own disconnect, which tells clients to stay away: these shall come back to the next server.
      io.engine.close();
      driver.close();
    },
    stats: () => machine.stats,
  };
}
