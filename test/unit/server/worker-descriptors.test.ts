import assert from 'node:assert/strict';
import { connect, createServer, type Socket } from 'node:net';
import { test } from 'node:test';
import { isKernel, openKernel, openTurnLink, ownAddresses } from '../../../src/node/index.ts';
import { STREAM_LIMITS } from '../../../src/server/turn/stream-legs.ts';
import { machineOptionsOf, peerPolicyOf } from '../../../src/server/turn/turn-service-options.ts';
import { DescriptorBoard } from '../../../src/server/turn/workers/descriptor-board.ts';
import { HandedStreams } from '../../../src/server/turn/workers/handed-streams.ts';
import { RelayHand } from '../../../src/server/turn/workers/relay-hand.ts';
import { RelayWorkers } from '../../../src/server/turn/workers/relay-workers.ts';
import { env, HOST, TURN_OPTIONS, USER } from '../../support/turn/service.ts';

test('a board tells what is left open, once', () => {
  const buffer = DescriptorBoard.buffer();
  const board = new DescriptorBoard(buffer);
  for (const fd of [0, 31, 32, 4095, 2 ** 20 - 1]) board.add(fd);
  for (const impossible of [-1, 2 ** 20]) board.add(impossible);
  board.remove(32);
  board.remove(77);
  assert.deepEqual(new DescriptorBoard(buffer).takeAll(), [0, 31, 4095, 2 ** 20 - 1]);
  assert.deepEqual(board.takeAll(), []);
});

test('the connections of TCP clients end with their worker, and count no more', async (t) => {
  const kernel = await openKernel();
  if (!isKernel(kernel)) return t.diagnostic(kernel.reason);
  const hand = new RelayHand(kernel, 1);
  const closed: string[] = [];
  const streams = new HandedStreams(kernel, [hand], (ip) => closed.push(ip));
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, HOST, resolve));
  const address = server.address();
  assert.ok(typeof address === 'object' && address);
  const accepted = new Promise<Socket>((resolve) => server.once('connection', resolve));
  const client = connect(address.port, HOST);
  const served = await accepted;
  served.pause();
  const ends = { client: { ip: HOST, port: 1 }, server: { ip: HOST, port: 2 } };
  assert.equal(streams.give(served, ends), false, 'nobody runs who could take it');
  assert.ok(!served.destroyed);
  // Nobody takes it off the board: as when the worker dies before it has heard of it.
  Object.defineProperty(hand, 'runs', { value: true });
  const gone = new Promise<void>((resolve) => client.once('close', () => resolve()));
  client.resume();
  assert.equal(streams.give(served, ends), true);
  assert.ok(served.destroyed && !client.closed, 'only the number of Node is closed');
  for (const fd of new DescriptorBoard(hand.descriptors).takeAll()) kernel.close(fd);
  streams.forget(hand);
  await gone;
  assert.deepEqual(closed, [HOST]);
  streams.forget(hand);
  assert.deepEqual(closed, [HOST], 'once');
  hand.bell.close();
  server.close();
});

test('what a worker had open when it died is closed, and its ports can be had again', async (t) => {
  const kernel = await openKernel();
  if (!isKernel(kernel)) return t.diagnostic(kernel.reason);
  const options = {
    ...TURN_OPTIONS,
    // Four for each machine: whoever kept theirs after a death would leave none.
    relayPorts: { min: 50_100, max: 50_107 },
  };
  const ignore = (): void => undefined;
  const peerPolicy = peerPolicyOf(options, ownAddresses(), []);
  const workers = new RelayWorkers(
    env.log,
    {
      kernel,
      segments: false,
      count: 1,
      options: { ...machineOptionsOf(options), wantCredentials: false, peerPolicy },
      start: { publicIps: [], clients: { allow: [], deny: [] }, rfc3489: false, streams: STREAM_LIMITS },
    },
    {
      onFact: ignore,
      onWantCredentials: ignore,
      onBindingAnswer: ignore,
      onHandOver: ignore,
      onSibling: ignore,
      onStreamClosed: ignore,
      onStreamReturned: ignore,
    },
  );
  const port = await workers.listen({ ip: HOST, port: 0 });
  await workers.follow({ relayIps: [HOST], ownServices: [], sites: new Map() });
  for (let life = 0; life < 3; life++) {
    const clients = await Promise.all(
      Array.from({ length: 4 }, () =>
        openTurnLink(env, { server: { ip: HOST, port }, transport: 'udp', credentials: USER }),
      ),
    );
    const allocated = await Promise.all(clients.map((client) => client.allocate()));
    assert.equal(allocated.length, 4, `all ports of the worker in life ${life}`);
    await workers.killWorker(1);
    await Promise.all(clients.map((client) => client.close()));
  }
  assert.equal(workers.deaths, 3);
  await workers.close();
});
