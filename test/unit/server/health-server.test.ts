/** Health and numbers of a relay that serves no page. */
import assert from 'node:assert/strict';
import { get } from 'node:http';
import { after, before, test } from 'node:test';
import { silentLog } from '../../../src/base/index.ts';
import { type HealthServer, openHealthServer } from '../../../src/server/http/health-server.ts';

let server: HealthServer;
let ready = false;
let token: string | undefined;

before(async () => {
  server = await openHealthServer({
    host: '127.0.0.1',
    port: 0,
    isReady: () => ready,
    metrics: { contentType: 'text/plain; version=0.0.4', text: async () => 'ieum_info 1\n' },
    metricsToken: () => token,
    log: silentLog,
  });
});
after(() => server.close());

function ask(path: string, headers: Record<string, string> = {}, method = 'GET') {
  return new Promise<{ status: number | undefined; body: string }>((resolve, reject) => {
    get({ host: '127.0.0.1', port: server.local.port, path, headers, method, agent: false }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (text: string) => {
        body += text;
      });
      response.on('end', () => resolve({ status: response.statusCode, body }));
    }).on('error', reject);
  });
}

test('lives before it is ready, and is ready only while it takes newcomers', async () => {
  assert.deepEqual(await ask('/healthz'), { status: 200, body: 'ok\n' });
  assert.deepEqual(await ask('/readyz'), { status: 503, body: 'not ready\n' });
  ready = true;
  assert.deepEqual(await ask('/readyz?verbose'), { status: 200, body: 'ready\n' });
  assert.equal((await ask('/elsewhere')).status, 404);
  assert.equal((await ask('/healthz', {}, 'POST')).status, 405);
  assert.deepEqual(await ask('/healthz', {}, 'HEAD'), { status: 200, body: '' });
});

test('numbers are for this machine, and for who has the token', async () => {
  assert.equal((await ask('/metrics')).body, 'ieum_info 1\n');
  assert.equal((await ask('/metrics', { 'x-forwarded-for': '192.0.2.1' })).status, 403, 'a proxy asks');
  token = 'sixteen-characters';
  assert.equal((await ask('/metrics', { 'x-forwarded-for': '192.0.2.1' })).status, 401);
  assert.equal((await ask('/metrics', { authorization: 'Bearer something-else-here' })).status, 401);
  const forwarded = { 'x-forwarded-for': '192.0.2.1', authorization: `Bearer ${token}` };
  assert.equal((await ask('/metrics', forwarded)).status, 200);
});
