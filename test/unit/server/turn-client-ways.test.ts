/** Our TURN client against our server on real sockets: TCP relays both ways, moving, and being sent on. RFC 6062, RFC 8016, RFC 8489 §10. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { after, before, test } from 'node:test';
import { encodeUtf8 } from '../../../src/base/index.ts';
import { openTurnLink, type TurnLink } from '../../../src/node/index.ts';
import {
  openTurnService,
  type TurnService,
  type TurnServiceOptions,
} from '../../../src/server/turn/turn-service.ts';
import { env, HOST, TURN_OPTIONS, USER } from '../../support/turn/service.ts';

const OPTIONS: TurnServiceOptions = {
  ...TURN_OPTIONS,
  mobility: true,
  tcpRelay: true,
};

let service: TurnService;
let leaving: TurnService;
const links: TurnLink[] = [];

before(async () => {
  service = await openTurnService(env, OPTIONS);
  leaving = await openTurnService(env, {
    ...OPTIONS,
    alternateServers: [{ ip: HOST, port: service.port }],
  });
  leaving.setDraining(true);
});
after(async () => {
  await Promise.all(links.map((link) => link.close()));
  await Promise.all([service.close(), leaving.close()]);
});

async function open(transport: 'udp' | 'tcp', at: TurnService = service): Promise<TurnLink> {
  const link = await openTurnLink(env, { server: { ip: HOST, port: at.port }, transport, credentials: USER });
  links.push(link);
  return link;
}

/** Says something to who says everything back. */
async function echoes(socket: Socket, text: string): Promise<void> {
  socket.write(text);
  let heard = '';
  for await (const chunk of socket) {
    heard += String(chunk);
    if (heard.length >= text.length) break;
  }
  assert.equal(heard, text);
}

test('a TCP relay reaches a peer that listens, and is reached by a peer that comes', async () => {
  const peer = createServer((socket) => socket.on('error', () => socket.destroy()).pipe(socket));
  await once(peer.listen(0, HOST), 'listening');
  const address = peer.address();
  assert.ok(typeof address === 'object' && address);
  const link = await open('tcp');
  const [relay] = (await link.allocate({ protocol: 'tcp' })).relayed;
  assert.ok(relay);
  try {
    await link.permit([HOST]);
    const { connection } = await link.connect({ ip: HOST, port: address.port });
    const out = await link.openData(connection);
    await echoes(out, 'to a peer and back '.repeat(20_000));
    const attempt = link.nextAttempt();
    const visitor = connect({ host: relay.ip, port: relay.port });
    visitor.on('error', () => visitor.destroy()).pipe(visitor);
    const into = await link.openData((await attempt).connection);
    await echoes(into, 'from a peer and back '.repeat(20_000));
    for (const socket of [out, into, visitor]) socket.destroy();
  } finally {
    peer.close();
  }
});

test('an allocation comes along to another port of its client, and data with it', async () => {
  const [near, far] = [await open('udp'), await open('udp')];
  const { relayed, mobile } = await near.allocate({ mobile: true });
  const [nearRelay] = relayed;
  const [farRelay] = (await far.allocate()).relayed;
  assert.ok(mobile && nearRelay && farRelay);
  await Promise.all([near.permit([farRelay.ip]), far.permit([nearRelay.ip])]);
  for (let move = 1; move <= 3; move++) {
    await near.move();
    near.send(farRelay, encodeUtf8(`after move ${move}`));
    assert.deepEqual((await far.receive()).bytes, encodeUtf8(`after move ${move}`));
    far.send(nearRelay, encodeUtf8('back'));
    assert.deepEqual((await near.receive()).bytes, encodeUtf8('back'));
  }
  assert.ok((await near.refresh()).lifetimeSeconds >= 600);
});

for (const transport of ['udp', 'tcp'] as const) {
  test(`over ${transport} a server that is about to stop sends its client on`, async () => {
    const link = await open(transport, leaving);
    assert.equal((await link.allocate()).relayed.length, 1);
    assert.deepEqual(
      link.redirects.map(({ server }) => server),
      [{ ip: HOST, port: service.port }],
    );
  });
}
