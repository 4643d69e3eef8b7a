/** Whether a chain that came over DTLS is to be trusted, by the same rules as over TLS. RFC 5280 §6.1, RFC 6125. */
import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { before, test } from 'node:test';
import { judgeChain } from '../../../src/node/turn/certificate-facts.ts';
import { type Authority, issueLeaf, makeAuthority } from '../../../src/server/tls/local-ca.ts';

const NOW = Date.UTC(2026, 5, 1);
const DAY_MS = 86_400_000;
const NAMES = ['turn.internal', '192.168.1.5'];

let authority: Authority;
let chain: Uint8Array[];

before(async () => {
  authority = await makeAuthority(NAMES, NOW);
  const leaf = await issueLeaf(authority, NAMES, NOW);
  chain = leaf.cert
    .split(/(?<=-----END CERTIFICATE-----\n?)/)
    .filter((pem) => pem.includes('BEGIN'))
    .map((pem) => new Uint8Array(new X509Certificate(pem).raw));
});

const fault = (name: string, atMs = NOW, ca: string | undefined = authority.cert) =>
  judgeChain(chain, { name, atMs, ca })?.fault;

test('trusted for its names and addresses while it is valid', () => {
  assert.equal(fault('turn.internal'), undefined);
  assert.equal(fault('192.168.1.5'), undefined);
});

test('not for another name, not before, not after', () => {
  assert.equal(fault('other.internal'), 'ERR_TLS_CERT_ALTNAME_INVALID');
  assert.equal(fault('turn.internal', NOW - 30 * DAY_MS), 'CERT_NOT_YET_VALID');
  assert.equal(fault('turn.internal', NOW + 500 * DAY_MS), 'CERT_HAS_EXPIRED');
});

test('not without its authority, nor by another one of the same name', async () => {
  assert.ok(
    ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'SELF_SIGNED_CERT_IN_CHAIN'].includes(
      String(judgeChain(chain, { name: 'turn.internal', atMs: NOW })?.fault),
    ),
  );
  const other = await makeAuthority(NAMES, NOW);
  assert.ok(fault('turn.internal', NOW, other.cert));
});

test('what is no certificate has no facts', () => {
  assert.equal(judgeChain([], { name: 'x', atMs: NOW }), undefined);
  assert.equal(judgeChain([Uint8Array.of(1, 2, 3)], { name: 'x', atMs: NOW }), undefined);
});
