/**
 * Buffers that are used again and again must not carry one user's bytes to another (CVE-2020-4067, at the place where
 * packets are moved): every datagram that leaves is looked at byte by byte, with relay threads and without.
 */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import type { SocketAddress } from '../../../src/base/index.ts';
import { bindUdp, driveMachine, type UdpSocket } from '../../../src/node/index.ts';
import { openTurnService } from '../../../src/server/turn/turn-service.ts';
import { decodeMessage } from '../../../src/stun/index.ts';
import { isChannelData, TurnAttribute, TurnClient, type TurnClientEvent } from '../../../src/turn/index.ts';
import { env, HOST, TURN_OPTIONS, USER } from '../../support/turn/service.ts';
import { until } from '../../support/until.ts';

const SECRET = 0xaa;
const HARMLESS = 0x11;

/** Whatever a failed story leaves open would keep the process alive. */
const toClose: (() => unknown)[] = [];
after(async () => {
  await Promise.all(toClose.map((close) => close()));
});

/** A client machine, and every datagram that reached it as it was on the wire. */
async function open(port: number) {
  const server: SocketAddress = { ip: HOST, port };
  const socket = await bindUdp({ ip: HOST, port: 0 });
  toClose.push(() => socket.close());
  const raw: Uint8Array[] = [];
  const events: TurnClientEvent[] = [];
  const machine = new TurnClient(env, { server, transport: 'udp', credentials: USER });
  const driver = driveMachine(machine, {
    onTransmit: ({ bytes }) => socket.send(bytes, server),
    onEvent: (event) => events.push(event),
    onFailure: (error) => assert.fail(String(error)),
  });
  toClose.push(() => driver.close());
  socket.onDatagram((_from, bytes) => {
    raw.push(bytes.slice());
    driver.run((now) => machine.handleBytes(now, bytes));
  });
  const happened = (type: TurnClientEvent['type']) =>
    until(() => events.some((event) => event.type === type), type);
  driver.run((now) => machine.allocate(now));
  await happened('allocated');
  const allocated = events.find((event) => event.type === 'allocated');
  const relayed = allocated?.relayed[0];
  assert.ok(relayed);
  return {
    raw,
    relayed,
    async meet(channelPeer: SocketAddress, otherIp: string) {
      driver.run((now) => machine.bindChannel(now, channelPeer));
      await happened('channel-bound');
      driver.run((now) => machine.permit(now, [otherIp]));
      await happened('permitted');
      raw.length = 0;
    },
    send: (to: SocketAddress, bytes: Uint8Array) => driver.run((now) => machine.send(now, to, bytes)),
    async close() {
      driver.run((now) => machine.close(now));
      await happened('closed');
    },
  };
}

/** What a datagram to the harmless client may hold: its own bytes, and zeros where something is filled up. */
function judge(bytes: Uint8Array): 'channel' | 'indication' {
  if (isChannelData(bytes)) {
    const length = new DataView(bytes.buffer, bytes.byteOffset).getUint16(2);
    assert.equal(bytes.length, 4 + length, 'nothing behind the data');
    assert.ok(bytes.subarray(4).every((byte) => byte === HARMLESS));
    return 'channel';
  }
  const message = decodeMessage(bytes);
  assert.ok(message);
  const data = message.get(TurnAttribute.DATA);
  assert.ok(data);
  assert.ok(data.every((byte) => byte === HARMLESS));
  const end = data.byteOffset + data.length;
  const padding = new Uint8Array(data.buffer, end, -data.length & 3);
  assert.ok(
    padding.every((byte) => byte === 0),
    'padding is zero',
  );
  return 'indication';
}

async function peerSocket(): Promise<{ socket: UdpSocket; heard: Uint8Array[] }> {
  const socket = await bindUdp({ ip: HOST, port: 0, receiveBufferBytes: 2 ** 22 });
  toClose.push(() => socket.close());
  const heard: Uint8Array[] = [];
  socket.onDatagram((_from, bytes) => heard.push(bytes.slice()));
  return { socket, heard };
}

for (const relayWorkers of [0, 1]) {
  test(`${relayWorkers} relay threads: short packets after long ones of somebody else hold nothing of them`, async () => {
    const service = await openTurnService(env, {
      ...TURN_OPTIONS,
      relayWorkers,
    });
    toClose.push(() => service.close());
    const [known, unbound] = [await peerSocket(), await peerSocket()];
    const [loud, quiet] = [await open(service.port), await open(service.port)];
    for (const client of [loud, quiet]) await client.meet(known.socket.local, HOST);

    const lengths = Array.from({ length: 60 }, (_, i) => i % 23);
    for (const length of lengths) {
      for (const peer of [known, unbound]) {
        loud.send(peer.socket.local, new Uint8Array(1200).fill(SECRET));
        quiet.send(peer.socket.local, new Uint8Array(length).fill(HARMLESS));
        peer.socket.send(new Uint8Array(1200).fill(SECRET), loud.relayed);
        peer.socket.send(new Uint8Array(length).fill(HARMLESS), quiet.relayed);
      }
      await wait(1);
    }
    // 60 each way by channel, 60 by indication; loopback may lose a few when the machine is busy.
    await until(
      () => quiet.raw.length >= 110 && known.heard.length >= 110 && unbound.heard.length >= 110,
      'all arrived',
    );

    const kinds = quiet.raw.map(judge);
    assert.ok(kinds.includes('channel') && kinds.includes('indication'));
    for (const { heard } of [known, unbound]) {
      for (const bytes of heard) {
        const expected = bytes.length === 1200 ? SECRET : HARMLESS;
        assert.ok(bytes.length === 1200 || bytes.length < 23, `${bytes.length} bytes`);
        assert.ok(
          bytes.every((byte) => byte === expected),
          'a datagram is what one client sent',
        );
      }
      assert.equal(new Set(heard.map(({ length }) => length)).size, 24, 'every length has come through');
    }
    await Promise.all([loud.close(), quiet.close()]);
  });
}
