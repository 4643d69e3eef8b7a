/**
 * Two HTTP servers that listen on nothing: connections are handed to them. `secure` serves what came over TLS;
 * `plain` sends browsers to HTTPS, and serves a trusted proxy that has ended TLS itself. RFC 9110 §15.4.9.
 */
import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { Duplex } from 'node:stream';
import type { SocketAddress } from '../../base/index.ts';
import { sendPlainPage } from './plain-page.ts';
import { formatHost, type RequestFacts } from './request-facts.ts';

/** A browser sends its headers at once; who needs longer holds a connection for nothing. */
const TIMEOUTS = {
  headersTimeout: 10_000,
  requestTimeout: 30_000,
  keepAliveTimeout: 30_000,
  connectionsCheckingInterval: 5_000,
};

/** Nothing moves in either direction: a client that does not read its answer. Long polling speaks every 10 s. */
const SILENCE_MS = 60_000;

/** On one connection; then it is closed with its last answer. Bounds how many can be asked for in one breath. */
const MAX_REQUESTS = 1_000;

/** Connections of a port that only redirects: a browser needs one, for one answer. */
const MAX_REDIRECTED = 1_000;

export interface WebServers {
  readonly secure: Server;
  readonly plain: Server;
  /** Stops the timers and ends idle connections; answers under way finish. */
  close(): void;
  /** Ends connections that wait for their next request. */
  closeIdle(): void;
}

export interface WebServerOptions {
  readonly app: RequestListener;
  readonly facts: RequestFacts;
}

export function createWebServers({ app, facts }: WebServerOptions): WebServers {
  const secure = bounded(createServer(TIMEOUTS, app));
  const plain = createRedirectServer({ facts, secure });
  // Node arms the timers of TIMEOUTS when a server begins to listen; these two never do.
  for (const server of [secure, plain]) server.emit('listening');
  return {
    secure,
    plain,
    close() {
      for (const server of [secure, plain]) server.close();
    },
    closeIdle() {
      for (const server of [secure, plain]) server.closeIdleConnections();
    },
  };
}

/**
 * `secure` serves what a trusted proxy sends; without it everything is redirected. `securePort` is where to; without it
 * to the port that the browser came to.
 */
export function createRedirectServer(options: {
  readonly facts: RequestFacts;
  readonly secure?: Server;
  readonly securePort?: () => number;
}): Server {
  const { facts, secure, securePort } = options;
  const server = createServer(TIMEOUTS, (request, response) => {
    if (secure && facts.isSecure(request)) secure.emit('request', request, response);
    else redirect(facts, securePort, request, response);
  });
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    if (secure && facts.isSecure(request)) secure.emit('upgrade', request, socket, head);
    // A WebSocket cannot be redirected: the page that opened it has to come over TLS first.
    else refuseUpgrade(socket);
  });
  return bounded(server);
}

function bounded(server: Server): Server {
  server.timeout = SILENCE_MS;
  server.maxRequestsPerSocket = MAX_REQUESTS;
  return server;
}

/** Node has let go of the connection: its errors and its end are ours, and a client may never close its side. */
function refuseUpgrade(socket: Duplex): void {
  socket.on('error', () => socket.destroy());
  socket.end('HTTP/1.1 426 Upgrade Required\r\nUpgrade: TLS/1.2\r\nConnection: close\r\n\r\n', () => {
    socket.destroy();
  });
}

function redirect(
  facts: RequestFacts,
  securePort: (() => number) | undefined,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  const host = facts.host(request);
  const target = request.url ?? '/';
  if (!host || !target.startsWith('/')) {
    sendPlainPage(response, 400);
    return;
  }
  // The port that this connection came to speaks TLS as well; without one in the URL it was 80.
  const port = securePort ? securePort() : (host.port ?? 80);
  const authority = formatHost({ name: host.name, port: port === 443 ? undefined : port });
  response.statusCode = 308;
  response.setHeader('Location', `https://${authority}${target}`);
  // Browsers keep a 308 for ever, and on localhost:8080 another program may speak plain HTTP tomorrow.
  response.setHeader('Cache-Control', 'no-store');
  response.setHeader('Content-Length', 0);
  response.end();
}

/** Listens on a second port that only redirects. Rejects with Node's own error. */
export function openRedirectServer(
  { ip, port }: SocketAddress,
  facts: RequestFacts,
  securePort: () => number,
): Promise<{ readonly local: SocketAddress; readonly close: () => void }> {
  const server = createRedirectServer({ facts, securePort });
  server.maxConnections = MAX_REDIRECTED;
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host: ip, port }, () => {
      const bound = server.address();
      resolve({
        local: { ip, port: typeof bound === 'object' && bound ? bound.port : port },
        close() {
          server.close();
          server.closeAllConnections();
        },
      });
    });
  });
}
