/** Sockets in a group: two on one port, each hears what either says to the group. RFC 6762 §15. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import type { DatagramSocket } from '../../../src/base/index.ts';
import { nodePlatform } from '../../../src/node/index.ts';
import { until } from '../../support/until.ts';

const opened: DatagramSocket[] = [];
after(() => {
  for (const socket of opened) socket.close();
});

/** Of the block for use inside one organisation (RFC 2365), and one that is not used elsewhere. */
const GROUP = '239.255.77.31';

function bind(port: number): Promise<DatagramSocket> {
  return new Promise((resolve, reject) => {
    const binding = { ip: '0.0.0.0', port, multicastGroup: GROUP };
    nodePlatform.bindUdp(binding, ({ value, error }) => {
      if (!value) return reject(error);
      opened.push(value);
      resolve(value);
    });
  });
}

test('what one says to the group, all hear who share the port, the speaker too', async () => {
  const a = await bind(0);
  const b = await bind(a.local.port);
  assert.equal(b.local.port, a.local.port);
  const heard: string[] = [];
  a.onDatagram((_from, bytes) => heard.push(`a${bytes[0]}`));
  b.onDatagram((_from, bytes) => heard.push(`b${bytes[0]}`));
  a.send(Uint8Array.of(1), { ip: GROUP, port: a.local.port });
  await until(() => heard.includes('a1') && heard.includes('b1'));
  // One leaves; the other goes on, and can be spoken to alone.
  a.close();
  a.send(Uint8Array.of(2), { ip: GROUP, port: b.local.port });
  b.send(Uint8Array.of(3), { ip: '127.0.0.1', port: b.local.port });
  await until(() => heard.includes('b3'));
  assert.ok(!heard.some((entry) => entry.endsWith('2')));
});
