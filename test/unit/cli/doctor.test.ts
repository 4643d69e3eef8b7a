import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { createServer as createHttpServer } from 'node:http';
import { createServer } from 'node:net';
import { test } from 'node:test';
import { StackError, silentLog } from '../../../src/base/index.ts';
import { checkAddresses } from '../../../src/cli/doctor/addresses.ts';
import { judgeCertificate } from '../../../src/cli/doctor/certificate.ts';
import { checkClock } from '../../../src/cli/doctor/clock.ts';
import { checkDataPath, checkReceiveBuffers } from '../../../src/cli/doctor/data-path.ts';
import { checkFileLimit } from '../../../src/cli/doctor/file-limit.ts';
import { type Finding, fail, writeFinding } from '../../../src/cli/doctor/finding.ts';
import { checkNodeVersion } from '../../../src/cli/doctor/node-version.ts';
import { checkAlternates, checkWebhook } from '../../../src/cli/doctor/other-servers.ts';
import { checkTurnPort, checkWebPort } from '../../../src/cli/doctor/ports.ts';
import { checkRelayPorts } from '../../../src/cli/doctor/relay-ports.ts';
import { checkStunTurn } from '../../../src/cli/doctor/stun-turn.ts';
import { reachableIp, type Subject } from '../../../src/cli/doctor/subject.ts';
import { bindUdp, nodeEnv, type OwnAddress, scopeOf } from '../../../src/node/index.ts';
import { loadSettings, type Settings } from '../../../src/server/index.ts';
import { issueLeaf, makeAuthority } from '../../../src/server/tls/local-ca.ts';
import { openTurnService } from '../../../src/server/turn/turn-service.ts';

const HOST = '127.0.0.1';
const DAY_MS = 86_400_000;
const env = nodeEnv({ log: silentLog });

function settings(...argv: string[]): Settings {
  return loadSettings({ argv, environment: {}, folder: import.meta.dirname }).settings;
}

function own(...ips: string[]): OwnAddress[] {
  return ips.map((ip) => ({
    ip,
    family: ip.includes(':') ? 6 : 4,
    scope: scopeOf(ip),
    interfaceName: 'eth0',
    virtual: false,
  }));
}

const levels = (findings: readonly Finding[]) => findings.map(({ level }) => level);

test('a finding is one line, and what to do follows', () => {
  assert.equal(
    writeFinding(fail('It is broken.', 'Mend it.'), false),
    'fail  It is broken.\n      → Mend it.\n',
  );
});

test('knows which Node is new enough', () => {
  for (const [version, level] of [
    ['18.20.0', 'fail'],
    ['20.18.9', 'fail'],
    ['20.19.0', 'ok'],
    ['22.1.0', 'ok'],
  ] as const) {
    assert.equal(checkNodeVersion(version).level, level, version);
  }
});

test('compares the limit of open files with the quota of relays', () => {
  const limits = (soft: string) =>
    `Limit  Soft Limit  Hard Limit  Units\nMax open files            ${soft}   4096   files\n`;
  assert.equal(checkFileLimit(limits('1024'), 4_000).level, 'warn');
  assert.equal(checkFileLimit(limits('1024'), 4_000).advice.length, 1);
  assert.equal(checkFileLimit(limits('20000'), 4_000).level, 'ok');
  assert.equal(checkFileLimit(limits('unlimited'), 4_000).level, 'ok');
  assert.match(checkFileLimit(undefined, 4_000).text, /does not tell/);
});

test('a clock from before this program is wrong', () => {
  const made = Date.UTC(2026, 10, 1);
  assert.equal(checkClock(0, made, false).level, 'fail');
  assert.equal(checkClock(made - 2 * DAY_MS, made, false).level, 'fail');
  assert.equal(checkClock(made + DAY_MS, made, true).level, 'ok');
  // npm writes files with a time of 1985
  assert.equal(checkClock(Date.UTC(2020, 1), Date.UTC(1985, 9), false).level, 'fail');
});

test('tells how far the advertised address carries', () => {
  const last = (...args: Parameters<typeof checkAddresses>) => checkAddresses(...args).at(-1);
  assert.match(last(settings(), own('127.0.0.1', '192.168.1.5'))?.text ?? '', /private address/);
  assert.match(last(settings(), own('203.0.112.9'))?.text ?? '', /public address/);
  assert.equal(last(settings(), own('100.64.0.7'))?.level, 'warn');
  assert.deepEqual(levels(checkAddresses(settings(), own('127.0.0.1'))), ['warn', 'ok']);
  assert.match(last(settings('--host', '127.0.0.1'), own('192.168.1.5'))?.text ?? '', /loopback/);
});

test('a public address on no interface means a 1:1 NAT, and what it must carry', () => {
  const behind = checkAddresses(settings('--public-ip', '203.0.112.9'), own('10.0.0.4')).at(-1);
  assert.equal(behind?.level, 'ok');
  assert.match(behind?.advice.join() ?? '', /UDP and TCP 3478, UDP 49152-65535/);
  const onCard = checkAddresses(settings('--public-ip', '203.0.112.9'), own('203.0.112.9')).at(-1);
  assert.deepEqual(onCard?.advice, []);
  const hidden = checkAddresses(settings('--public-ip', '192.168.7.7'), own('10.0.0.4')).at(-1);
  assert.equal(hidden?.level, 'warn');
  const otherFamily = checkAddresses(settings('--public-ip', '2a00:1::1'), own('10.0.0.4')).at(-1);
  assert.equal(otherFamily?.level, 'fail');
});

test('judges a certificate by its days, its names and who signed it', async () => {
  const now = Date.now();
  const authority = await makeAuthority(['localhost'], now);
  const leaf = new X509Certificate(
    (await issueLeaf(authority, ['localhost', '192.168.1.5', '::1'], now)).cert,
  );
  const judge = (days: number, given: boolean, distrust?: string, ...ips: string[]) =>
    judgeCertificate({ leaf, distrust }, given, now + days * DAY_MS, own(...ips));
  assert.deepEqual(levels(judge(0, false, 'SELF_SIGNED', '192.168.1.5')), ['ok', 'ok']);
  assert.match(judge(0, false)[0]?.text ?? '', /for localhost, 192\.168\.1\.5, ::1\.$/);
  assert.match(judge(0, false, undefined, '10.9.9.9').at(-1)?.text ?? '', /10\.9\.9\.9 is not in it/);
  assert.deepEqual(levels(judge(390, true)), ['warn', 'ok']);
  assert.deepEqual(levels(judge(500, true)), ['fail', 'ok']);
  assert.deepEqual(levels(judge(-10, true)), ['fail', 'ok']);
  const [, chain] = judge(0, true, 'UNABLE_TO_VERIFY_LEAF_SIGNATURE');
  assert.equal(chain?.level, 'warn');
  assert.match(chain?.advice.join() ?? '', /fullchain\.pem/);
});

test('a port is free, or held by somebody, or by a STUN server', async () => {
  const stranger = createServer((socket) => socket.destroy());
  await new Promise<void>((resolve) => stranger.listen(0, HOST, resolve));
  const bound = stranger.address();
  assert.ok(typeof bound === 'object' && bound);
  const held = await checkWebPort({ ip: HOST, port: bound.port }, '--port', HOST);
  assert.deepEqual([held.holder, held.finding.level], ['somebody', 'fail']);
  assert.match(held.finding.text, new RegExp(`--port ${bound.port}`));
  await new Promise<void>((resolve) => stranger.close(() => resolve()));
  assert.equal((await checkWebPort({ ip: HOST, port: bound.port }, '--port', HOST)).holder, 'nobody');

  const foreign = await checkWebPort({ ip: '203.0.113.77', port: 0 }, '--port', HOST);
  assert.equal(foreign.holder, 'nobody', 'port 0 is any port');
  const notOurs = await checkWebPort({ ip: '203.0.113.77', port: 50_001 }, '--port', HOST);
  assert.deepEqual([notOurs.holder, notOurs.finding.level], ['unusable', 'fail']);

  const service = await openTurn();
  const ours = await checkTurnPort(env, { ip: HOST, port: service.port }, '--turn-port', HOST);
  assert.deepEqual([ours.holder, ours.finding.level], ['ours', 'ok']);
  await service.close();

  const deaf = await bindUdp({ ip: HOST, port: 0 });
  const silent = await checkTurnPort(env, deaf.local, '--turn-port', HOST);
  assert.equal(silent.holder, 'somebody');
  await deaf.close();
});

test('tries some relay ports', async () => {
  const held = await bindUdp({ ip: HOST, port: 0 });
  const { port } = held.local;
  assert.equal((await checkRelayPorts(env.random, HOST, { min: port, max: port })).level, 'fail');
  await held.close();
  assert.equal((await checkRelayPorts(env.random, HOST, { min: port, max: port })).level, 'ok');
});

test('knows how a listening address is reached from here', async () => {
  assert.equal(await reachableIp('127.0.0.1'), '127.0.0.1');
  assert.ok(!['0.0.0.0', '::'].includes(await reachableIp('0.0.0.0')));
  await assert.rejects(
    reachableIp('no-such-host.invalid'),
    (error) => error instanceof StackError && error.code === 'ADDRESS_NOT_LOCAL',
  );
});

function openTurn(quota = 10) {
  return openTurnService(env, {
    host: HOST,
    port: 0,
    realm: 'test',
    nonceSecret: env.random.bytes(32),
    users: [{ username: 'doctor', password: 'right' }],
    relayPorts: { min: 49_152, max: 65_535 },
    quotas: { perUser: quota, total: quota },
    publicIps: [],
    peers: { loopback: false, private: 'auto' },
  });
}

test('calls itself through two relays, and says at which step it ended and what to do', async () => {
  const service = await openTurn();
  const subject = (password: string, running = false): Subject => ({
    running,
    turn: { ip: HOST, port: service.port },
    tls: { ip: HOST, port: service.port },
    credentials: { username: 'doctor', password },
    close: async () => {},
  });
  for (const transport of ['udp', 'tcp'] as const) {
    const finding = await checkStunTurn(env, subject('right'), transport);
    assert.equal(finding.level, 'ok', finding.text);
    assert.match(finding.text, /seen as 127\.0\.0\.1, relayed by 127\.0\.0\.1, there and back in [\d.]+ ms/);
  }
  const wrong = await checkStunTurn(env, subject('wrong', true), 'udp');
  assert.equal(wrong.level, 'fail');
  assert.match(wrong.text, /TURN over UDP: allocate failed/);
  assert.match(wrong.advice.join(), /--turn-secret/);
  // The port speaks no TLS.
  const noTls = await checkStunTurn(env, subject('right'), 'tls');
  assert.match(noTls.text, /TURN over TLS: connect failed/);
  assert.match(noTls.advice.join(), /firewall/);
  assert.equal(service.statistics.allocations, 0, 'gives back what it took');
  await service.close();

  const small = await openTurn(1);
  const full = await checkStunTurn(env, { ...subject('right'), turn: { ip: HOST, port: small.port } }, 'tcp');
  assert.match(full.advice.join(), /--total-quota/);
  await small.close();
});

test('tells how packets move, and never calls it a failure', async () => {
  assert.match((await checkDataPath(0)).text, /main thread/);
  assert.deepEqual([(await checkDataPath('auto')).level, checkReceiveBuffers(undefined).level], ['ok', 'ok']);
  assert.match(checkReceiveBuffers('212992').advice.join(), /net\.core\.rmem_max=4194304/);
  assert.deepEqual(checkReceiveBuffers('8388608').advice, []);
});

test('asks the servers that this one counts on', async () => {
  const service = await openTurn();
  const found = await checkAlternates(
    env,
    settings('--alternate-server', `${HOST}:${service.port}`, '--alternate-server', `turns:${HOST}:1`),
  );
  assert.deepEqual(levels(found), ['ok', 'warn']);
  assert.match(found[1]?.text ?? '', /^The alternate server turns:127\.0\.0\.1:1 does not answer: /);
  await service.close();
  assert.deepEqual(await checkAlternates(env, settings()), []);
});

test('asks the program that knows the users for somebody whom it should not know', async () => {
  assert.deepEqual(await checkWebhook(settings()), []);
  for (const [status, body, level] of [
    [404, '', 'ok'],
    [200, '{"password":"for-everybody"}', 'warn'],
    [500, '', 'warn'],
  ] as const) {
    const server = createHttpServer((_request, response) => response.writeHead(status).end(body));
    await new Promise<void>((resolve) => server.listen(0, HOST, resolve));
    const bound = server.address();
    assert.ok(typeof bound === 'object' && bound);
    const [found] = await checkWebhook(settings('--credentials-url', `http://${HOST}:${bound.port}/`));
    assert.equal(found?.level, level, found?.text);
    server.closeAllConnections();
    server.close();
  }
});
