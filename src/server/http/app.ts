/** The web server's paths: the call page and its files, the certificate authority, health, readiness, metrics. */
import express, { type ErrorRequestHandler, type Express, type Request, type Response } from 'express';
import type { Log } from '../../base/index.ts';
import { DOCUMENT_STYLE_HASHES, type Language } from './document.ts';
import { bearerFits } from './metrics-access.ts';
import { makePageFile, type PageFile, type PageFiles } from './page-files.ts';
import { sendPlainPage } from './plain-page.ts';
import { isLoopback, type RequestFacts } from './request-facts.ts';
import { securityHeaders } from './security-headers.ts';
import { trustPage } from './trust-page.ts';

export interface AppOptions {
  readonly page: PageFiles;
  readonly facts: RequestFacts;
  /** PEM of our own authority, if the certificate comes from it. Asked at each request. */
  readonly authority: () => string | undefined;
  /** Whether new visitors can be served. */
  readonly isReady: () => boolean;
  readonly metrics: { readonly contentType: string; text(): Promise<string> };
  /** Asked at each request: a reload may change it. */
  readonly metricsToken: () => string | undefined;
  readonly log: Log;
}

export function createApp(options: AppOptions): Express {
  const { page, facts, authority, isReady, log } = options;
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag'); // files have their own
  app.set('query parser', false); // the page reads its own parameters
  app.use((request, response, next) => {
    // Before the policy is written, because it has to name the styles of the page that follows.
    const file = findFile(page, request.path);
    response.locals.file = file;
    response.locals.styleHashes = isTrust(request.path) ? DOCUMENT_STYLE_HASHES : (file?.styleHashes ?? []);
    next();
  });
  app.use(...securityHeaders({ facts, strictTransport: authority() === undefined }));

  app.get('/healthz', (_request, response) => sendText(response, 200, 'ok\n'));
  app.get('/readyz', (_request, response) =>
    isReady() ? sendText(response, 200, 'ready\n') : sendText(response, 503, 'not ready\n'),
  );
  app.get('/metrics', async (request, response) => {
    if (!mayReadMetrics(request, options)) {
      response.setHeader('WWW-Authenticate', 'Bearer');
      sendText(response, options.metricsToken() === undefined ? 403 : 401, 'not allowed\n');
      return;
    }
    response.setHeader('Content-Type', options.metrics.contentType);
    response.setHeader('Cache-Control', 'no-store');
    response.end(await options.metrics.text());
  });
  app.get('/ca.crt', (_request, response) => {
    const pem = authority();
    if (pem === undefined) return sendPlainPage(response, 404);
    // The type that makes phones offer to install it.
    response.setHeader('Content-Type', 'application/x-x509-ca-cert');
    response.setHeader('Content-Disposition', 'attachment; filename="ieum-ca.crt"');
    response.setHeader('Cache-Control', 'no-cache');
    response.end(pem);
  });
  // Made once for each authority: to compress it takes milliseconds, and a client can ask a thousand times in one breath.
  let trust:
    | { readonly pem: string; readonly files: Readonly<Record<Language, Promise<PageFile>>> }
    | undefined;
  app.get('/trust', async (request, response) => {
    const pem = authority();
    if (pem === undefined) return sendPlainPage(response, 404);
    if (trust?.pem !== pem) {
      const make = (first: Language) => makePageFile('/trust.html', Buffer.from(trustPage(pem, first)));
      trust = { pem, files: { ko: make('ko'), en: make('en') } };
    }
    const language = request.acceptsLanguages('en', 'ko') === 'ko' ? 'ko' : 'en';
    response.vary('Accept-Language');
    sendFile(request, response, await trust.files[language]);
  });
  app.use((request: Request, response: Response) => {
    const found: PageFile | undefined = response.locals.file;
    if (found === undefined) {
      return sendPlainPage(response, page.size === 0 && isPage(request.path) ? 503 : 404);
    }
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.setHeader('Allow', 'GET, HEAD');
      return sendPlainPage(response, 405);
    }
    sendFile(request, response, found);
  });
  const onError: ErrorRequestHandler = (error: unknown, request, response, _next) => {
    const status = statusOf(error);
    if (status >= 500) log.error('a request failed', { path: request.path, error: String(error) });
    if (response.headersSent) response.destroy();
    else sendPlainPage(response, status);
  };
  app.use(onError);
  return app;
}

/** `/` and `/r/<id>` are the call page; `/lab` and `/lab/` are `lab.html` or `lab/index.html`. */
function findFile(page: PageFiles, path: string): PageFile | undefined {
  if (isPage(path)) return page.get('/index.html');
  const bare = path.replace(/\/$/, '');
  return page.get(path) ?? page.get(`${bare}.html`) ?? page.get(`${bare}/index.html`);
}

function isPage(path: string): boolean {
  return path === '/' || /^\/r\/[^/]{1,64}\/?$/.test(path);
}

/** As the router reads it: in any case, with or without a slash at its end. */
function isTrust(path: string): boolean {
  return /^\/trust\/?$/i.test(path);
}

function sendFile(request: Request, response: Response, file: PageFile): void {
  response.setHeader('Content-Type', file.type);
  response.setHeader('Cache-Control', file.immutable ? 'public, max-age=31536000, immutable' : 'no-cache');
  response.setHeader('ETag', file.etag);
  let { body } = file;
  if (file.compressed.size > 0) {
    response.vary('Accept-Encoding');
    // In our order of liking: the shorter first.
    const coding = (['br', 'gzip'] as const).find(
      (name) => file.compressed.has(name) && request.acceptsEncodings(name) === name,
    );
    if (coding) {
      body = file.compressed.get(coding) ?? body;
      response.setHeader('Content-Encoding', coding);
    }
  }
  if (request.fresh) {
    response.statusCode = 304;
    response.removeHeader('Content-Encoding');
    response.end();
    return;
  }
  response.setHeader('Content-Length', body.length);
  response.end(request.method === 'HEAD' ? undefined : body);
}

function sendText(response: Response, status: number, text: string): void {
  response.statusCode = status;
  response.setHeader('Content-Type', 'text/plain; charset=utf-8');
  response.setHeader('Cache-Control', 'no-store');
  response.end(text);
}

/** Who has the token, or without one who asks from this machine and for nobody else. */
function mayReadMetrics(request: Request, { facts, metricsToken }: AppOptions): boolean {
  const fits = bearerFits(request, metricsToken());
  if (fits !== undefined) return fits;
  // A proxy on this machine asks for somebody else, also if nobody told us to trust it.
  const forwarded = 'x-forwarded-for' in request.headers || 'forwarded' in request.headers;
  return isLoopback(facts.clientAddress(request)) && (facts.isProxied(request) || !forwarded);
}

function statusOf(error: unknown): number {
  const status = typeof error === 'object' && error !== null && 'status' in error ? error.status : undefined;
  return typeof status === 'number' && status >= 400 && status < 600 ? status : 500;
}
