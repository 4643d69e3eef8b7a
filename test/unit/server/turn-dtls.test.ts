/** TURN over DTLS on real sockets: what a client sees, what the operator sees, and who closes whom. RFC 7350, RFC 7443. */
import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { after, before, test } from 'node:test';
import { encodeUtf8, silentLog } from '../../../src/base/index.ts';
import { openTurnLink, type TurnLink } from '../../../src/node/index.ts';
import { type Authority, issueLeaf, makeAuthority } from '../../../src/server/tls/local-ca.ts';
import { openSecurePort, type SecurePort } from '../../../src/server/turn/secure-port.ts';
import { openTurnService, type TurnService } from '../../../src/server/turn/turn-service.ts';
import { env, HOST, TURN_OPTIONS, USER } from '../../support/turn/service.ts';
import { until } from '../../support/until.ts';

let authority: Authority;
let service: TurnService;
let secure: SecurePort;

before(async () => {
  authority = await makeAuthority([HOST], Date.now());
  service = await openTurnService(env, {
    ...TURN_OPTIONS,
  });
  secure = await openSecurePort({
    host: HOST,
    port: 0,
    credentials: await issueLeaf(authority, [HOST], Date.now()),
    dtls: true,
    turn: service,
    log: silentLog,
  });
});
after(async () => {
  await secure.close();
  await service.close();
});

function link(transport: 'dtls' | 'tls' | 'udp', ca = authority.cert): Promise<TurnLink> {
  const port = transport === 'udp' ? service.port : secure.port;
  return openTurnLink(env, { server: { ip: HOST, port }, transport, ca, credentials: USER });
}

function connections(): number {
  return service.statistics.dtls?.connections ?? Number.NaN;
}

test('TLS and DTLS have the same port number, and the same certificate that a client can verify', async () => {
  const [overTls, overDtls] = await Promise.all([link('tls'), link('dtls')]);
  assert.equal(overDtls.secure?.applicationProtocol, 'stun.turn');
  assert.equal(overDtls.secure.protocol, 'DTLSv1.2');
  assert.equal(overDtls.secure.certificate?.fault, undefined);
  for (const client of [overTls, overDtls]) assert.equal((await client.bind()).address.ip, HOST);
  await Promise.all([overTls.close(), overDtls.close()]);
  await until(() => connections() === 0);
});

test('a client that does not know the authority goes away', async () => {
  const stranger = await makeAuthority([HOST], Date.now());
  await assert.rejects(link('dtls', stranger.cert), /not trusted/);
  await until(() => connections() === 0);
});

test('carries data between a client over DTLS and one over UDP, by indication and by channel', async () => {
  const near = await link('dtls');
  const far = await link('udp');
  const [nearRelay] = (await near.allocate()).relayed;
  const [farRelay] = (await far.allocate()).relayed;
  assert.ok(nearRelay && farRelay);
  await Promise.all([near.permit([farRelay.ip]), far.permit([nearRelay.ip])]);
  near.send(farRelay, encodeUtf8('by indication'));
  const first = await far.receive();
  assert.deepEqual([first.from, Buffer.from(first.bytes).toString()], [nearRelay, 'by indication']);
  await Promise.all([near.bindChannel(farRelay), far.bindChannel(nearRelay)]);
  for (const text of ['a', 'bc', 'x'.repeat(1_200)]) {
    far.send(nearRelay, encodeUtf8(text));
    assert.equal(Buffer.from((await near.receive()).bytes).toString(), text);
    near.send(farRelay, encodeUtf8(text));
    assert.equal(Buffer.from((await far.receive()).bytes).toString(), text);
  }
  await Promise.all([near.close(), far.close()]);
  await until(() => service.statistics.relays === 0);
});

test('what no record can hold is dropped and counted, and the connection goes on', async () => {
  const near = await link('dtls');
  const [nearRelay] = (await near.allocate()).relayed;
  assert.ok(nearRelay);
  const peer = createSocket('udp4');
  await new Promise<void>((resolve) => peer.bind(0, HOST, resolve));
  await near.bindChannel({ ip: HOST, port: peer.address().port });
  peer.send(new Uint8Array(20_000), nearRelay.port, HOST);
  await until(() => service.statistics.dtls?.dropped === 1);
  peer.send('short', nearRelay.port, HOST);
  assert.equal(Buffer.from((await near.receive()).bytes).toString(), 'short');
  peer.close();
  await near.close();
});

test('the operator sees the session and ends it', async () => {
  const client = await link('dtls');
  await client.allocate();
  const [session, ...others] = await service.sessions();
  assert.equal(session?.transport, 'dtls');
  assert.deepEqual(others, []);
  assert.equal(await service.kick({ username: USER.username }), 1);
  assert.deepEqual(await service.sessions(), []);
  await client.close();
  await until(() => connections() === 0);
});

test('noise leaves nothing', async () => {
  const socket = createSocket('udp4');
  const before = service.statistics.dtls?.noise ?? 0;
  const pieces = [new Uint8Array(50).fill(22), new Uint8Array(50).fill(0), encodeUtf8('GET / HTTP/1.1')];
  for (const bytes of pieces) socket.send(bytes, secure.port, HOST);
  await until(() => (service.statistics.dtls?.noise ?? 0) >= before + 3);
  assert.equal(connections(), 0);
  socket.close();
});

test('a renewed certificate is shown to those who come later', async () => {
  const other = await makeAuthority([HOST], Date.now());
  secure.setCredentials(await issueLeaf(other, [HOST], Date.now()));
  await assert.rejects(link('dtls'), /not trusted/);
  const client = await link('dtls', other.cert);
  await client.bind();
  await client.close();
  secure.setCredentials(await issueLeaf(authority, [HOST], Date.now()));
});
