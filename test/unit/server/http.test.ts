/** The web server as a browser meets it: pages, their headers, their compression, and what others may not see. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { request as ask, createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import type { Duplex } from 'node:stream';
import { after, before, test } from 'node:test';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { parseIpRange, silentLog } from '../../../src/base/index.ts';
import { createApp } from '../../../src/server/http/app.ts';
import { makePageFile, type PageFile, styleHashes } from '../../../src/server/http/page-files.ts';
import { RequestFacts } from '../../../src/server/http/request-facts.ts';
import { createRedirectServer, createWebServers } from '../../../src/server/http/web-server.ts';
import { makeAuthority } from '../../../src/server/tls/local-ca.ts';

const STYLE = 'body{color:red}';
const INDEX = `<!doctype html><style>${STYLE}</style><title>call</title>${'<p>text</p>'.repeat(200)}`;
const SCRIPT = 'console.log("ieum");'.repeat(200);
const TOKEN = 'a-token-for-metrics';

interface World {
  readonly secure: Server;
  readonly plain: Server;
  ready: boolean;
  close(): void;
}

async function openWorld(options: {
  authority?: string;
  token?: string;
  page?: boolean;
  proxies?: string;
}): Promise<World> {
  const page = new Map<string, PageFile>();
  if (options.page !== false) {
    page.set('/index.html', await makePageFile('/index.html', Buffer.from(INDEX)));
    page.set('/lab.html', await makePageFile('/lab.html', Buffer.from('<p>lab</p>')));
    page.set('/assets/a-1.js', await makePageFile('/assets/a-1.js', Buffer.from(SCRIPT)));
    page.set('/icon.png', await makePageFile('/icon.png', Buffer.alloc(4000)));
  }
  const range = parseIpRange(options.proxies ?? '');
  const facts = new RequestFacts({ trustedProxies: range ? [range] : [], allowedOrigins: [] });
  const app = createApp({
    page,
    facts,
    authority: () => options.authority,
    isReady: () => world.ready,
    metrics: { contentType: 'text/plain; version=0.0.4', text: async () => 'ieum_info 1\n' },
    metricsToken: () => options.token,
    log: silentLog,
  });
  const servers = createWebServers({ app, facts });
  // The front hands connections over; here a listener does.
  const secure = createServer((request, response) => {
    Object.assign(request.socket, { encrypted: true });
    servers.secure.emit('request', request, response);
  });
  const world: World = {
    secure,
    plain: servers.plain,
    ready: true,
    close() {
      servers.close();
      secure.close();
    },
  };
  await Promise.all([secure, servers.plain].map((server) => listen(server)));
  return world;
}

function listen(server: Server): Promise<void> {
  return new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
}

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

function get(
  server: Server,
  path: string,
  headers: Record<string, string> = {},
  method = 'GET',
): Promise<Answer> {
  const { port } = server.address() as AddressInfo;
  return new Promise((resolve, reject) => {
    const sent = ask({ host: '127.0.0.1', port, path, method, headers, agent: false }, (response) => {
      const parts: Buffer[] = [];
      response.on('data', (part: Buffer) => parts.push(part));
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(parts) }),
      );
    });
    sent.on('error', reject);
    sent.end();
  });
}

let world: World;
let own: string;
before(async () => {
  own = (await makeAuthority(['localhost'], Date.now())).cert;
  world = await openWorld({ authority: own });
});
after(() => world.close());

test('the call page is at / and at every room’s link, is asked for anew each time, and may run its own code only', async () => {
  for (const path of ['/', '/r/abcdefghijklmnopqrstuvwx', '/r/x?ice=relay']) {
    const { status, headers, body } = await get(world.secure, path, { host: 'call.local:8080' });
    assert.equal(status, 200);
    assert.equal(body.toString(), INDEX);
    assert.equal(headers['content-type'], 'text/html; charset=utf-8');
    assert.equal(headers['cache-control'], 'no-cache');
    const policy = Object.fromEntries(
      String(headers['content-security-policy'])
        .split(';')
        .map((part) => [part.split(' ')[0], part.split(' ').slice(1).join(' ')]),
    );
    assert.equal(policy['script-src'], "'self'");
    assert.equal(policy['default-src'], "'self'");
    assert.equal(policy['style-src'], `'self' ${styleHashes(INDEX)[0]}`);
    assert.equal(policy['connect-src'], "'self' wss://call.local:8080");
    assert.equal(policy['frame-ancestors'], "'none'");
    assert.equal(policy['object-src'], "'none'");
    assert.equal(policy['base-uri'], "'none'");
  }
});

test('the headers allow what a call needs, and tell nobody about us or about the room', async () => {
  const { headers } = await get(world.secure, '/');
  const allowed = String(headers['permissions-policy']).split(', ');
  for (const feature of [
    'camera',
    'microphone',
    'display-capture',
    'fullscreen',
    'picture-in-picture',
    'autoplay',
  ]) {
    assert.ok(allowed.includes(`${feature}=(self)`), feature);
  }
  assert.ok(allowed.includes('geolocation=()'));
  assert.equal(headers['x-powered-by'], undefined);
  assert.equal(headers.server, undefined);
  assert.equal(headers['referrer-policy'], 'no-referrer');
  assert.equal(headers['x-content-type-options'], 'nosniff');
  assert.equal(headers['cross-origin-opener-policy'], 'same-origin');
  assert.equal(headers['x-frame-options'], 'DENY');
});

test('HTTPS is made binding only with a certificate that everybody trusts', async () => {
  assert.equal((await get(world.secure, '/')).headers['strict-transport-security'], undefined);
  const publicWorld = await openWorld({});
  const { headers } = await get(publicWorld.secure, '/');
  assert.match(String(headers['strict-transport-security']), /^max-age=31536000/);
  publicWorld.close();
});

test('files come compressed as the browser likes, and unchanged ones not at all', async () => {
  const plain = await get(world.secure, '/assets/a-1.js');
  assert.equal(plain.body.toString(), SCRIPT);
  assert.equal(plain.headers['cache-control'], 'public, max-age=31536000, immutable');
  const br = await get(world.secure, '/assets/a-1.js', { 'accept-encoding': 'gzip, deflate, br' });
  assert.equal(br.headers['content-encoding'], 'br');
  assert.equal(br.headers.vary, 'Accept-Encoding');
  assert.equal(brotliDecompressSync(br.body).toString(), SCRIPT);
  const gz = await get(world.secure, '/assets/a-1.js', { 'accept-encoding': 'gzip, br;q=0' });
  assert.equal(gz.headers['content-encoding'], 'gzip');
  assert.equal(gunzipSync(gz.body).toString(), SCRIPT);
  const none = await get(world.secure, '/icon.png', { 'accept-encoding': 'br' });
  assert.equal(none.headers['content-encoding'], undefined);
  const again = await get(world.secure, '/assets/a-1.js', { 'if-none-match': String(plain.headers.etag) });
  assert.deepEqual([again.status, again.body.length], [304, 0]);
  const head = await get(world.secure, '/assets/a-1.js', {}, 'HEAD');
  assert.deepEqual(
    [head.status, head.body.length, head.headers['content-length']],
    [200, 0, String(SCRIPT.length)],
  );
});

test('what is not there is a plain page, whatever the path tries', async () => {
  const odd = [
    '/nothing',
    '/r',
    '/r/',
    '/r/a/b',
    '/../package.json',
    '/%2e%2e/package.json',
    '/assets/',
    '/assets/..%2f..%2fpackage.json',
    '//',
    '/index.html/x',
  ];
  for (const path of odd) {
    const { status, headers, body } = await get(world.secure, path);
    assert.equal(status, 404, path);
    assert.match(String(headers['content-type']), /^text\/html/);
    assert.match(body.toString(), /There is nothing at this address/);
    const policy = String(headers['content-security-policy']);
    assert.match(policy, /^default-src 'none'/);
    assert.ok(policy.includes(String(styleHashes(body.toString())[0])), 'the page has its look');
  }
  assert.equal((await get(world.secure, '/%')).status < 500, true);
  const posted = await get(world.secure, '/', {}, 'POST');
  assert.deepEqual([posted.status, posted.headers.allow], [405, 'GET, HEAD']);
  assert.equal((await get(world.secure, '/lab')).body.toString(), '<p>lab</p>');
});

test('a page that is not built says so', async () => {
  const empty = await openWorld({ page: false });
  const { status, body } = await get(empty.secure, '/');
  assert.equal(status, 503);
  assert.match(body.toString(), /npm run build/);
  empty.close();
});

test('the authority can be fetched and is explained in both languages; with a given certificate there is none', async () => {
  const ca = await get(world.secure, '/ca.crt');
  assert.equal(ca.headers['content-type'], 'application/x-x509-ca-cert');
  assert.equal(ca.body.toString(), own);
  const { body } = await get(world.secure, '/trust');
  const text = body.toString();
  for (const word of ['iPhone', 'Android', 'Windows', 'macOS', 'Firefox', 'Linux', '신뢰', 'Trust'])
    assert.ok(text.includes(word), word);
  for (const path of ['/trust', '/trust/', '/Trust']) {
    const policy = String((await get(world.secure, path)).headers['content-security-policy']);
    assert.ok(policy.includes(String(styleHashes(text)[0])), path);
  }
  const korean = await get(world.secure, '/trust', { 'accept-language': 'ko-KR,ko;q=0.9,en;q=0.8' });
  assert.match(korean.body.toString(), /^<!doctype html>\n<html lang="ko">/);
  assert.match(text, /^<!doctype html>\n<html lang="en">/);
  assert.match(String(korean.headers.vary), /Accept-Language/);
  const given = await openWorld({});
  assert.equal((await get(given.secure, '/ca.crt')).status, 404);
  assert.equal((await get(given.secure, '/trust')).status, 404);
  given.close();
});

test('health says that the process lives, readiness that visitors are welcome', async () => {
  assert.equal((await get(world.secure, '/healthz')).status, 200);
  assert.equal((await get(world.secure, '/readyz')).status, 200);
  world.ready = false;
  assert.equal((await get(world.secure, '/healthz')).status, 200);
  assert.equal((await get(world.secure, '/readyz')).status, 503);
  world.ready = true;
});

test('metrics are for this machine, or for who has the token', async () => {
  assert.equal((await get(world.secure, '/metrics')).status, 200);
  const forSomebody = await get(world.secure, '/metrics', { 'x-forwarded-for': '198.51.100.1' });
  assert.equal(forSomebody.status, 403, 'a proxy on this machine that nobody told us about');
  const proxied = await openWorld({ proxies: '127.0.0.0/8', token: TOKEN });
  const from = { 'x-forwarded-for': '198.51.100.1' };
  assert.equal((await get(proxied.secure, '/metrics', from)).status, 401);
  assert.equal(
    (await get(proxied.secure, '/metrics', { ...from, authorization: 'Bearer wrong' })).status,
    401,
  );
  const answer = await get(proxied.secure, '/metrics', { ...from, authorization: `Bearer ${TOKEN}` });
  assert.deepEqual([answer.status, answer.body.toString()], [200, 'ieum_info 1\n']);
  proxied.close();
});

test('plain HTTP is sent to HTTPS on the same port, with path and query', async () => {
  const redirect = async (path: string, host: string, method = 'GET') => {
    const { status, headers } = await get(world.plain, path, { host }, method);
    return [status, headers.location];
  };
  assert.deepEqual(await redirect('/r/abc?x=1', 'call.local:8080'), [
    308,
    'https://call.local:8080/r/abc?x=1',
  ]);
  assert.deepEqual(await redirect('/', 'call.local:443', 'POST'), [308, 'https://call.local/']);
  assert.deepEqual(await redirect('/', 'call.local'), [308, 'https://call.local:80/']);
  assert.deepEqual(await redirect('//evil.example/', 'call.local:1'), [
    308,
    'https://call.local:1//evil.example/',
  ]);
  assert.equal((await redirect('/', 'a b'))[0], 400);
  assert.equal((await redirect('http://evil.example/', 'call.local'))[0], 400);
});

test('the second port sends to where HTTPS is', async () => {
  const facts = new RequestFacts({ trustedProxies: [], allowedOrigins: [] });
  const server = createRedirectServer({ facts, securePort: () => 8443 });
  await listen(server);
  const { headers } = await get(server, '/x', { host: 'call.local' });
  assert.equal(headers.location, 'https://call.local:8443/x');
  server.close();
});

test('a trusted proxy that has ended TLS is served over plain HTTP, others are not', async () => {
  const proxied = await openWorld({ proxies: '127.0.0.1' });
  const forwarded = { 'x-forwarded-proto': 'https', 'x-forwarded-for': '198.51.100.1' };
  assert.equal((await get(proxied.plain, '/', forwarded)).status, 200);
  assert.equal((await get(proxied.plain, '/')).status, 308);
  assert.equal((await get(world.plain, '/', forwarded)).status, 308);
  const upgrade = { connection: 'upgrade', upgrade: 'websocket' };
  assert.equal((await get(world.plain, '/socket.io/', { ...forwarded, ...upgrade })).status, 426);
  proxied.close();
});

test('a redirection is not kept, since another program may have the port tomorrow', async () => {
  const { headers } = await get(world.plain, '/', { host: 'localhost:8080' });
  assert.equal(headers['cache-control'], 'no-store');
});

test('a page over plain HTTP may do nothing either', async () => {
  const { status, headers } = await get(world.plain, '/', { host: 'no host' });
  assert.equal(status, 400);
  assert.match(String(headers['content-security-policy']), /default-src 'none'/);
});

test('a WebSocket over plain HTTP is refused, and its connection ended though the client leaves it open', async () => {
  const { port } = world.plain.address() as AddressInfo;
  const client = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  const accepted = new Promise<Duplex>((resolve) =>
    world.plain.once('upgrade', (_, socket) => resolve(socket)),
  );
  client.write('GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
  const socket = await accepted;
  assert.ok(socket.listenerCount('error') > 0, 'a reset is nobody’s mistake');
  if (!socket.destroyed) await once(socket, 'close');
  client.destroy();
});

test('to ask for a page a thousand times in one breath, and read nothing, costs the server little', async () => {
  const { port } = world.secure.address() as AddressInfo;
  const client = connect({ port, host: '127.0.0.1' });
  const accepted = new Promise<Duplex>((resolve) => world.secure.once('connection', resolve));
  client.write('GET /trust HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(1_000));
  client.pause();
  const before = process.memoryUsage().rss;
  const socket = await accepted;
  await new Promise((resolve) => setTimeout(resolve, 200));
  const tookBytes = process.memoryUsage().rss - before;
  assert.ok(tookBytes < 100e6, `${tookBytes} bytes`);
  client.destroy();
  socket.destroy();
});

test('both servers give up connections on which nothing moves', async () => {
  const { secure, plain, close } = createWebServers({
    app: (_request, response) => response.end(),
    facts: new RequestFacts({ trustedProxies: [], allowedOrigins: [] }),
  });
  for (const server of [secure, plain]) {
    assert.ok(server.timeout > 0 && server.timeout <= 60_000);
    assert.ok((server.maxRequestsPerSocket ?? 0) > 0);
  }
  close();
});
