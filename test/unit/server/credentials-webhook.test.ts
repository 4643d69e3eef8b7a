/** A program of somebody else's that knows the users: asked once, quickly, and not believed blindly. */
import assert from 'node:assert/strict';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { after, before, beforeEach, test } from 'node:test';
import { StackError } from '../../../src/base/index.ts';
import { openTurnLink } from '../../../src/node/index.ts';
import { openTurnService } from '../../../src/server/turn/turn-service.ts';
import { CredentialsWebhook } from '../../../src/server/webhook/credentials-webhook.ts';
import { env, HOST, TURN_OPTIONS } from '../../support/turn/service.ts';

let server: Server;
let url = '';
let asked: { body: string; authorization: string | undefined; type: string | undefined }[] = [];
let reply: (response: ServerResponse) => void;
let failures: string[] = [];

before(async () => {
  server = createServer((request: IncomingMessage, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (text: string) => {
      body += text;
    });
    request.on('end', () => {
      const { authorization, 'content-type': type } = request.headers;
      asked.push({ body, authorization, type });
      reply(response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, HOST, resolve));
  const bound = server.address();
  assert.ok(typeof bound === 'object' && bound);
  url = `http://${HOST}:${bound.port}/turn`;
});
after(() => {
  server.closeAllConnections();
  server.close();
});
beforeEach(() => {
  asked = [];
  failures = [];
});

function webhook(
  options: Partial<ConstructorParameters<typeof CredentialsWebhook>[0]> = {},
): CredentialsWebhook {
  return new CredentialsWebhook({
    url,
    token: () => 'sixteen-characters',
    onFailure: (reason) => failures.push(reason),
    ...options,
  });
}

const json =
  (value: unknown, status = 200) =>
  (response: ServerResponse): void => {
    response.statusCode = status;
    response.end(typeof value === 'string' ? value : JSON.stringify(value));
  };

test('says who asks and whom it is about, and takes passwords and keys', async () => {
  reply = json({ password: 'a secret', expires: 1_800_000_000, quota: 'the-office', note: 'ignored' });
  assert.deepEqual(await webhook().ask('mina', 'example.org'), {
    password: 'a secret',
    expiresAt: 1_800_000_000_000,
    quotaName: 'the-office',
  });
  assert.deepEqual(asked, [
    {
      body: '{"username":"mina","realm":"example.org"}',
      authorization: 'Bearer sixteen-characters',
      type: 'application/json',
    },
  ]);
  reply = json({ key: '0102030405060708090A0B0C0D0E0F10' });
  const found = await webhook({ token: () => undefined }).ask('mina', 'example.org');
  assert.ok(found && found !== 'unavailable');
  assert.deepEqual([...(found.key ?? [])], [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16]);
  assert.equal(asked[1]?.authorization, undefined);
  assert.deepEqual(failures, []);
});

test('nobody has that name: 404, an empty object, or null', async () => {
  for (const answer of [json('', 404), json({}), json(null)]) {
    reply = answer;
    assert.equal(await webhook().ask('nobody', 'r'), undefined);
  }
  assert.deepEqual(failures, []);
});

test('whatever else comes is no answer, and one sentence says why', async () => {
  for (const [answer, words] of [
    [json({ password: 'x' }, 500), /^it answered 500$/],
    [json({ password: 'x' }, 401), /^it answered 401$/],
    [
      (response: ServerResponse) => void response.writeHead(302, { location: url }).end(),
      /^it answered 302$/,
    ],
    [json('not json'), /does not have the expected form/],
    [json({ password: '' }), /does not have the expected form/],
    [json({ key: 'abc' }), /does not have the expected form/],
    [json({ pasword: 'typo' }), /does not have the expected form/],
    [json({ password: 'x', expires: 'tomorrow' }), /does not have the expected form/],
    [json(`"${'x'.repeat(20_000)}"`), /longer than 16384 bytes/],
    [(response: ServerResponse) => void response.socket?.destroy(), /hang up|ECONNRESET/],
    [() => undefined, /did not answer within 200 ms/],
    [(response: ServerResponse) => void response.write('{'), /did not answer within 200 ms/],
  ] as const) {
    reply = answer;
    failures = [];
    assert.equal(await webhook({ timeoutMs: 200 }).ask('mina', 'r'), 'unavailable');
    assert.equal(failures.length, 1);
    assert.match(failures[0] ?? '', words);
  }
  const gone = webhook({ url: 'http://127.0.0.1:1/' });
  assert.equal(await gone.ask('mina', 'r'), 'unavailable');
  assert.doesNotMatch(failures.join(), /sixteen-characters|mina/);
});

test('few questions at a time; the others are told to come again', async () => {
  const held: ServerResponse[] = [];
  reply = (response) => void held.push(response);
  const hook = webhook({ timeoutMs: 5_000 });
  const answers = Array.from({ length: 64 }, (_, i) => hook.ask(`user${i}`, 'r'));
  assert.equal(await hook.ask('one-too-many', 'r'), 'unavailable');
  while (held.length < 64) await new Promise((resolve) => setTimeout(resolve, 5));
  for (const response of held) response.end('{"password":"x"}');
  await Promise.all(answers);
  reply = json({ password: 'y' });
  assert.deepEqual(await hook.ask('again', 'r'), { password: 'y' });
});

test('without TLS it goes to this machine and private networks only, whatever a name stands for', async () => {
  assert.equal(await webhook({ url: 'http://192.0.2.1/' }).ask('mina', 'r'), 'unavailable');
  assert.match(failures.join(), /192\.0\.2\.1 is a public address: --credentials-url must begin with https/);
  reply = json({ password: 'x' });
  assert.deepEqual(await webhook({ url: url.replace(HOST, 'localhost') }).ask('mina', 'r'), {
    password: 'x',
  });
});

test('a TURN client gets in with what the webhook says, and not otherwise', async () => {
  const hook = webhook();
  const service = await openTurnService(env, {
    ...TURN_OPTIONS,
    users: [],
    realm: 'example.org',
    askCredentials: (name, realm) => hook.ask(name, realm),
  });
  reply = (response) => json(asked.at(-1)?.body.includes('"mina"') ? { password: 'right' } : {})(response);
  const link = (username: string, password: string) =>
    openTurnLink(env, {
      server: { ip: HOST, port: service.port },
      transport: 'udp',
      credentials: { username, password },
    });
  const mina = await link('mina', 'right');
  await mina.allocate();
  for (const stranger of [await link('jun', 'right'), await link('mina', 'wrong')]) {
    await assert.rejects(
      stranger.allocate(),
      (error) => error instanceof StackError && error.code === 'TURN_UNAUTHENTICATED',
    );
    await stranger.close();
  }
  assert.deepEqual(
    asked.map(({ body }) => JSON.parse(body).username),
    ['mina', 'jun'],
    'what is known is not asked again',
  );
  await mina.close();
  await service.close();
});
