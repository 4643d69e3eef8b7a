/** coturn's tool types our NAT, which is none, by `ieum turn --behaviour-discovery` on two loopback addresses. RFC 5780. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runNatDiscovery, runStunClient } from '../support/coturn.ts';
import { startTurnProcess } from '../support/turn-process.ts';

const HOST = '127.0.0.1';
const RUNS = 5;
const NO_NAT = ['NAT with Endpoint Independent Mapping!', 'NAT with Endpoint Independent Filtering!'];

test('the tool finds mapping and filtering that depend on nothing, time after time', async () => {
  const server = await startTurnProcess(HOST, [
    ...['--behaviour-discovery', '--alternate-port', '0', '--alternate-host', '127.0.0.2'],
  ]);
  try {
    const tool = ['-m', '-f', '-p', String(server.port), HOST];
    for (let run = 1; run <= RUNS; run++) {
      const { verdicts, output } = await runNatDiscovery(tool);
      assert.deepEqual(verdicts, NO_NAT, `run ${run}\n${output}\n${server.output()}`);
      assert.match(output, /Mapped == XOR-Mapped/);
    }
    const padded = await runNatDiscovery(['-m', '-f', '-P', ...tool.slice(2)]);
    assert.deepEqual(padded.verdicts, NO_NAT, padded.output);
  } finally {
    assert.equal(await server.stop(), 0);
  }
});

test('without the option the tool learns nothing but its address', async () => {
  const server = await startTurnProcess(HOST, []);
  try {
    const { verdicts } = await runNatDiscovery(['-m', '-f', '-p', String(server.port), HOST]);
    assert.deepEqual(verdicts, []);
    assert.match(await runStunClient(HOST, server.port), /^127\.0\.0\.1:/);
  } finally {
    await server.stop();
  }
});
