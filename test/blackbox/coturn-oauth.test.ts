/**
 * coturn's client with access tokens (RFC 7635). It makes them itself, with the test keys of its own database schema, for
 * whatever server THIRD-PARTY-AUTHORIZATION names; which of the three keys it takes is left to chance.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type EchoPeer, runClient, startPeer } from '../support/coturn.ts';
import { startTurnProcess, type TurnProcess } from '../support/turn-process.ts';

const HOST = '127.0.0.1';
const MESSAGES = 5;
/** Chance chooses the key, channel numbers and EVEN-PORT. */
const RUNS = 5;
const TOKEN_USER = ['-J', '-u', 'user', '-w', 'secret'];

/** As in coturn's testsqldbsetup.sql, without the bytes too many (a line feed), which its ciphers leave off too. */
const KEYS = [
  ['north', '01234567890123456789012345678901'],
  ['union', '1234567890123456'],
  ['oldempire', '12345678901234567890123456789012'],
].map(([kid, key]) => `${kid}:${Buffer.from(key ?? '').toString('base64')}`);

let server: TurnProcess;
let peer: EchoPeer;

before(async () => {
  server = await startTurnProcess(HOST, [
    ...['--user', 'mina:a-secret', '--realm', 'north.gov', '--allow-loopback-peers'],
    ...KEYS.flatMap((key) => ['--oauth-keys', key]),
  ]);
  peer = await startPeer(HOST);
});
after(async () => {
  await peer?.stop();
  assert.equal(await server?.stop(), 0);
});

function client(args: readonly string[]): ReturnType<typeof runClient> {
  return runClient([
    ...args,
    ...['-n', String(MESSAGES), '-p', String(server.port), '-e', HOST, '-r', String(peer.port), HOST],
  ]);
}

for (const [name, args, expected] of [
  ['tokens over UDP, by channel', [...TOKEN_USER, '-c'], MESSAGES],
  ['tokens over UDP, by indication', [...TOKEN_USER, '-c', '-s'], MESSAGES],
  ['tokens over UDP, two components', TOKEN_USER, 2 * MESSAGES],
  ['tokens over TCP', [...TOKEN_USER, '-t', '-c'], MESSAGES],
  ['a password, where tokens would be taken', ['-u', 'mina', '-w', 'a-secret', '-c'], MESSAGES],
] as const) {
  test(`${name}: all messages arrive`, async () => {
    const reports = await Promise.all(Array.from({ length: RUNS }, () => client(args)));
    for (const { exitCode, sent, received, lost, output } of reports) {
      assert.deepEqual(
        { exitCode, sent, received, lost },
        { exitCode: 0, sent: expected, received: expected, lost: 0 },
        `turnutils_uclient ${args.join(' ')}\n${output}\n${server.output()}`,
      );
    }
  });
}
