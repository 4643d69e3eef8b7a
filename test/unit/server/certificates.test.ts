/** Certificates as a TLS client judges them: names, chain, limits, renewal, and files that change. */
import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { connect, createServer, type Server } from 'node:tls';
import { type Log, StackError, silentLog } from '../../../src/base/index.ts';
import { StateDir } from '../../../src/server/state-dir.ts';
import { openCertificateFiles } from '../../../src/server/tls/certificate-files.ts';
import type { CertificateSource } from '../../../src/server/tls/certificate-source.ts';
import { type Credentials, issueLeaf, makeAuthority } from '../../../src/server/tls/local-ca.ts';
import { openLocalCertificates } from '../../../src/server/tls/local-certificates.ts';
import { hostNames, machineNames } from '../../../src/server/tls/machine-names.ts';

const DAY_MS = 86_400_000;
const NAMES = ['localhost', 'my-machine', '127.0.0.1', '::1', '192.168.1.7', '203.0.113.5', 'fd00::7'];

let folder = '';
before(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'ieum-certificates-'));
});
after(() => rmSync(folder, { recursive: true }));

/** What a client that trusts only `ca` thinks of a server with these credentials when it asks for `name`. */
async function judge(credentials: Credentials, ca: string, name: string): Promise<string> {
  const server = createServer(credentials, (socket) => socket.end());
  server.on('tlsClientError', () => {});
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const verdict = await ask(server, ca, name);
  server.close();
  return verdict;
}

function ask(server: Server, ca: string, name: string): Promise<string> {
  const { port } = server.address() as AddressInfo;
  return new Promise((resolve) => {
    const socket = connect({
      host: '127.0.0.1',
      port,
      ca,
      checkServerIdentity: (_, cert) => checked(cert.raw, name),
    });
    socket.on('secureConnect', () => {
      resolve('trusted');
      socket.destroy();
    });
    socket.on('error', (error) => resolve(('code' in error && String(error.code)) || error.message));
  });
}

function checked(raw: Buffer, name: string): Error | undefined {
  const certificate = new X509Certificate(raw);
  const matches = /^[\d.]+$|:/.test(name) ? certificate.checkIP(name) : certificate.checkHost(name);
  return matches === undefined ? new Error('wrong name') : undefined;
}

interface World {
  readonly source: CertificateSource;
  readonly seen: Credentials[];
  names: readonly string[];
  now: number;
}

async function openWorld(name: string, start: Partial<Pick<World, 'names' | 'now'>> = {}): Promise<World> {
  const world = { names: NAMES, now: Date.now(), seen: [] as Credentials[], ...start };
  const source = await openLocalCertificates({
    state: new StateDir(path.join(folder, name)),
    names: () => world.names,
    wallClock: () => world.now,
    log: silentLog,
    onChange: (credentials) => world.seen.push(credentials),
  });
  source.close(); // these tests look by themselves
  return Object.assign(world, { source });
}

test('a client that trusts the authority trusts every name of the machine, and no other', async () => {
  const { source } = await openWorld('names');
  const ca = source.authority ?? '';
  for (const name of NAMES) assert.equal(await judge(source.current, ca, name), 'trusted', name);
  assert.equal(await judge(source.current, ca, '192.168.1.8'), 'wrong name');
  const stranger = await openWorld('stranger');
  assert.match(
    await judge(source.current, stranger.source.authority ?? '', 'localhost'),
    /SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO/,
  );
});

test('the leaf is what phones accept: at most 398 days, for servers, no authority itself', async () => {
  const { source } = await openWorld('leaf');
  const leaf = new X509Certificate(source.current.cert);
  const ca = new X509Certificate(source.authority ?? '');
  assert.ok(Date.parse(leaf.validTo) - Date.parse(leaf.validFrom) <= 398 * DAY_MS);
  assert.deepEqual(leaf.keyUsage, ['1.3.6.1.5.5.7.3.1']);
  assert.equal(leaf.ca, false);
  assert.equal(ca.ca, true);
  assert.ok(Date.parse(ca.validTo) - Date.now() > 3600 * DAY_MS);
  assert.equal(leaf.publicKey.asymmetricKeyDetails?.namedCurve, 'prime256v1');
});

test('the authority cannot vouch for a public name, even with its key in wrong hands', async () => {
  const authority = await makeAuthority(NAMES, Date.now());
  const forged = await issueLeaf(authority, ['bank.example'], Date.now());
  // Node has no name of its own for X509_V_ERR_PERMITTED_VIOLATION.
  assert.match(await judge(forged, authority.cert, 'bank.example'), /UNSPECIFIED|PERMITTED/);
  const own = await issueLeaf(authority, ['printer.local'], Date.now());
  assert.equal(await judge(own, authority.cert, 'printer.local'), 'trusted');
});

test('the next start uses the same authority and the same leaf', async () => {
  const first = await openWorld('again');
  const second = await openWorld('again');
  assert.equal(second.source.authority, first.source.authority);
  assert.equal(second.source.current.cert, first.source.current.cert);
});

test('a new address gets into a new leaf, signed by the same authority, without a restart', async () => {
  const world = await openWorld('address');
  const before = world.source.current;
  await world.source.check();
  assert.deepEqual(world.seen, [], 'nothing has changed');
  world.names = [...NAMES, '10.1.2.3'];
  await world.source.check();
  assert.equal(world.seen.length, 1);
  assert.notEqual(world.source.current.cert, before.cert);
  assert.equal(await judge(world.source.current, world.source.authority ?? '', '10.1.2.3'), 'trusted');
  world.names = NAMES;
  await world.source.check();
  assert.equal(world.seen.length, 1, 'an address that went away needs no new leaf');
});

test('a name that the authority was not made for is left out, and devices need not trust anything anew', async () => {
  const first = await openWorld('renamed');
  const second = await openWorld('renamed', { names: [...NAMES, 'other-name', 'other-name.local'] });
  assert.equal(second.source.authority, first.source.authority);
  const leaf = new X509Certificate(second.source.current.cert);
  assert.match(leaf.subjectAltName ?? '', /other-name\.local/);
  assert.doesNotMatch(leaf.subjectAltName ?? '', /other-name(,|$)/);
});

test('a leaf is made anew when a third of its life is left, an authority when it could not outlive a leaf', async () => {
  const start = Date.now();
  const world = await openWorld('ageing', { now: start });
  const authority = world.source.authority;
  world.now = start + 260 * DAY_MS;
  await world.source.check();
  assert.equal(world.seen.length, 0);
  world.now = start + 268 * DAY_MS;
  await world.source.check();
  assert.equal(world.seen.length, 1);
  assert.equal(world.source.authority, authority);
  world.now = start + 3300 * DAY_MS;
  await world.source.check();
  assert.notEqual(world.source.authority, authority);
});

test('a clock that starts in 1970 costs no authority', async () => {
  const first = await openWorld('1970');
  const second = await openWorld('1970', { now: 0 });
  assert.equal(second.source.authority, first.source.authority);
});

test('a damaged leaf is made anew, a damaged authority is reported', async () => {
  const { source } = await openWorld('damaged');
  const file = (name: string) => path.join(folder, 'damaged', name);
  writeFileSync(
    file('certificate.pem'),
    readFileSync(file('certificate.pem'), 'utf8').replace(/MII/g, 'AAA'),
  );
  const second = await openWorld('damaged');
  assert.equal(await judge(second.source.current, source.authority ?? '', 'localhost'), 'trusted');
  writeFileSync(file('authority.pem'), 'nothing');
  await assert.rejects(openWorld('damaged'), {
    code: 'STATE_UNUSABLE',
    message: /^--state-dir: authority\.pem/,
  });
});

test('machine names are what certificates can hold', () => {
  assert.deepEqual(hostNames('Laptop'), ['laptop', 'laptop.local']);
  assert.deepEqual(hostNames('call.example.com.'), ['call.example.com']);
  for (const odd of ['', 'my_machine', '10.0.0.1', '-x', 'localhost', '맥북'])
    assert.deepEqual(hostNames(odd), [], odd);
  const names = machineNames(['203.0.113.9']);
  for (const name of ['localhost', '127.0.0.1', '::1', '203.0.113.9']) assert.ok(names.includes(name), name);
});

interface Files {
  readonly cert: string;
  readonly key: string;
  write(credentials: Credentials): void;
}

function files(name: string): Files {
  const cert = path.join(folder, `${name}.crt`);
  const key = path.join(folder, `${name}.key`);
  return {
    cert,
    key,
    write(credentials) {
      writeFileSync(cert, credentials.cert);
      writeFileSync(key, credentials.key);
    },
  };
}

async function makePair(...names: string[]): Promise<Credentials> {
  return issueLeaf(await makeAuthority(names, Date.now()), names, Date.now());
}

test('given files are read again when they change; a broken change keeps what works', async () => {
  const { cert, key, write } = files('given');
  const [first, second] = await Promise.all([makePair('one.local'), makePair('two.local')]);
  write(first);
  const seen: Credentials[] = [];
  const warnings: unknown[] = [];
  const log: Log = { ...silentLog, warn: (_, fields) => warnings.push(fields?.reason) };
  const source = await openCertificateFiles({ cert, key, log, onChange: (fresh) => seen.push(fresh) });
  source.close();
  assert.equal(source.authority, undefined);

  writeFileSync(cert, second.cert); // the key will follow in a moment
  await source.check();
  assert.deepEqual(source.current, first);
  assert.match(String(warnings[0]), /^--key: .* does not belong to the certificate/);
  writeFileSync(key, second.key);
  await source.check();
  assert.deepEqual(source.current, second);
  assert.equal(seen.length, 1);

  writeFileSync(cert, 'broken');
  await source.check();
  await source.check();
  assert.deepEqual(source.current, second);
  assert.equal(warnings.length, 2, 'one warning for each change');
  rmSync(key);
  await source.check();
  assert.deepEqual(source.current, second);
});

test('given files that cannot be used are refused in one sentence that names the option', async () => {
  const pair = await makePair('one.local');
  const other = await makePair('two.local');
  const refused = async (
    name: string,
    cert: string | undefined,
    key: string | undefined,
  ): Promise<string> => {
    const paths = files(name);
    if (cert !== undefined) writeFileSync(paths.cert, cert);
    if (key !== undefined) writeFileSync(paths.key, key);
    try {
      (await openCertificateFiles({ ...paths, log: silentLog, onChange: () => {} })).close();
    } catch (error) {
      assert.ok(error instanceof StackError && error.code === 'CERTIFICATE_UNREADABLE', String(error));
      return error.message;
    }
    assert.fail('nothing was refused');
  };
  assert.match(await refused('a', undefined, pair.key), /^--cert: .*a\.crt cannot be read \(ENOENT\)\.$/);
  assert.match(await refused('b', pair.cert, undefined), /^--key: .*b\.key cannot be read \(ENOENT\)\.$/);
  assert.match(await refused('c', 'text', pair.key), /^--cert: .*c\.crt holds no PEM certificate\.$/);
  assert.match(await refused('d', pair.cert, 'text'), /^--key: .*d\.key holds no PEM private key/);
  assert.match(await refused('e', pair.cert, other.key), /^--key: .* does not belong to the certificate/);
});
