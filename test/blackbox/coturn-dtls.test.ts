/** coturn's own client over DTLS against `ieum turn`: by channel and by indication, to a peer and between two clients. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { type EchoPeer, runClient, startPeer } from '../support/coturn.ts';
import { startTurnProcess, type TurnProcess } from '../support/turn-process.ts';

const HOST = '127.0.0.1';
const MESSAGES = 20;
/** The client draws versions of DTLS, channel numbers and EVEN-PORT at random: one run proves little. */
const RUNS = 5;
const USER = ['-u', 'mina', '-w', 'a-secret'];
const REST_SECRET = 'north-north-north';

interface Flavour {
  readonly name: string;
  readonly args: readonly string[];
  /** Messages each way. */
  readonly expected: number;
  /** Needs no peer: two clients talk through two relays. */
  readonly betweenClients?: true;
}

const FLAVOURS: readonly Flavour[] = [
  { name: 'channels', args: [...USER, '-c'], expected: MESSAGES },
  { name: 'indications', args: [...USER, '-s', '-c'], expected: MESSAGES },
  { name: 'EVEN-PORT and RESERVATION-TOKEN', args: USER, expected: 2 * MESSAGES },
  { name: 'the TURN REST scheme', args: ['-W', REST_SECRET, '-u', 'alice', '-c'], expected: MESSAGES },
  { name: 'ten clients', args: [...USER, '-c', '-m', '10'], expected: 10 * MESSAGES },
  { name: 'two clients', args: [...USER, '-y', '-c'], expected: 2 * MESSAGES, betweenClients: true },
];

describe('coturn clients over DTLS', () => {
  let server: TurnProcess;
  let peer: EchoPeer;
  before(async () => {
    // The client leaves its allocations to their lifetimes.
    const quota = ['--user-quota', '1000'];
    const users = ['--user', 'mina:a-secret', '--turn-secret', REST_SECRET];
    const access = [...users, ...quota, '--allow-loopback-peers'];
    [server, peer] = await Promise.all([startTurnProcess(HOST, access), startPeer(HOST)]);
  });
  after(() => Promise.all([server.stop(), peer.stop()]));

  for (const { name, args, expected, betweenClients } of FLAVOURS) {
    test(`${name}: everything comes back, ${RUNS} times over`, async () => {
      const to = betweenClients ? [] : ['-e', HOST, '-r', String(peer.port)];
      for (let run = 0; run < RUNS; run += 1) {
        const way = ['-S', ...args, ...to, '-n', String(MESSAGES), '-p', String(server.tlsPort), HOST];
        const report = await runClient(way);
        const seen = { sent: report.sent, received: report.received, lost: report.lost };
        assert.deepEqual(seen, { sent: expected, received: expected, lost: 0 }, report.output);
        assert.match(report.output, /method=DTLSv1\.2/);
      }
    });
  }

  test('a client without the password gets nothing', async () => {
    const who = ['-u', 'mina', '-w', 'wrong', '-e', HOST, '-r', String(peer.port)];
    const report = await runClient(['-S', '-c', ...who, '-n', '1', '-p', String(server.tlsPort), HOST]);
    assert.equal(report.received, 0);
    assert.match(report.output, /Cannot complete Allocation/);
  });
});
