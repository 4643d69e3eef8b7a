/** /healthz, /readyz and /metrics over plain HTTP on a port of their own, for a relay that serves no page. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Log, SocketAddress } from '../../base/index.ts';
import { endsOf } from '../front/stream-ends.ts';
import { bearerFits } from './metrics-access.ts';
import { isLoopback } from './request-facts.ts';

export interface HealthServerOptions {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** Whether newcomers are taken. */
  readonly isReady: () => boolean;
  readonly metrics: { readonly contentType: string; text(): Promise<string> };
  /** Asked at each request: a reload may change it. */
  readonly metricsToken: () => string | undefined;
  readonly log: Log;
}

export interface HealthServer {
  readonly local: SocketAddress;
  close(): Promise<void>;
}

/** Probes and collectors: some, each for a moment. */
const MAX_CONNECTIONS = 64;

/** Who asks here is a program of ours and quick. */
const TIMEOUTS = { headersTimeout: 5_000, requestTimeout: 5_000, keepAliveTimeout: 5_000 };

/** Rejects with Node's own error. */
export function openHealthServer(options: HealthServerOptions): Promise<HealthServer> {
  const server = createServer(TIMEOUTS, (request, response) => {
    answer(options, request, response).catch((error: unknown) => {
      options.log.error('a request failed', { path: request.url, error: String(error) });
      response.destroy();
    });
  });
  server.maxConnections = MAX_CONNECTIONS;
  server.timeout = TIMEOUTS.requestTimeout;
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host: options.host, port: options.port }, () => {
      const bound = server.address();
      resolve({
        local: {
          ip: options.host,
          port: typeof bound === 'object' && bound ? bound.port : options.port,
        },
        close: () =>
          new Promise((closed) => {
            server.close(() => closed());
            server.closeAllConnections();
          }),
      });
    });
  });
}

async function answer(
  { isReady, metrics, metricsToken }: HealthServerOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  response.setHeader('Cache-Control', 'no-store');
  response.setHeader('Content-Type', 'text/plain; charset=utf-8');
  response.setHeader('X-Content-Type-Options', 'nosniff');
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.setHeader('Allow', 'GET, HEAD');
    end(response, 405, 'GET or HEAD only\n');
    return;
  }
  switch ((request.url ?? '').split('?', 1)[0]) {
    case '/healthz':
      return end(response, 200, 'ok\n');
    case '/readyz':
      return isReady() ? end(response, 200, 'ready\n') : end(response, 503, 'not ready\n');
    case '/metrics': {
      const token = metricsToken();
      if (bearerFits(request, token) ?? asksFromHere(request)) {
        response.setHeader('Content-Type', metrics.contentType);
        return end(response, 200, await metrics.text());
      }
      if (token !== undefined) response.setHeader('WWW-Authenticate', 'Bearer');
      return end(response, token === undefined ? 403 : 401, 'not allowed\n');
    }
    default:
      return end(response, 404, 'there are /healthz, /readyz and /metrics\n');
  }
}

/** A proxy on this machine asks for somebody else. */
function asksFromHere(request: IncomingMessage): boolean {
  const forwarded = 'x-forwarded-for' in request.headers || 'forwarded' in request.headers;
  return isLoopback(endsOf(request.socket)?.client.ip ?? '') && !forwarded;
}

function end(response: ServerResponse, status: number, text: string): void {
  response.statusCode = status;
  response.end(response.req.method === 'HEAD' ? undefined : text);
}
