/** A TURN client over TCP that does not read: what is held for it is bounded, and nothing that it asked for is lost. */
import assert from 'node:assert/strict';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { test } from 'node:test';
import { StreamLeg } from '../../../src/server/turn/stream-leg.ts';
import { legId } from '../../../src/turn/index.ts';
import { until } from '../../support/until.ts';

const BINDING = Buffer.from('000100002112a442000102030405060708090a0b', 'hex');
/** A success response: no data, so it may not be dropped. */
const ANSWER_TYPE = [0x01, 0x01];
const ENDS = { client: { ip: '127.0.0.1', port: 1 }, server: { ip: '127.0.0.1', port: 2 } };

interface Pair {
  readonly client: Socket;
  readonly served: Socket;
  close(): void;
}

async function openPair(): Promise<Pair> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const accepted = new Promise<Socket>((resolve) => server.once('connection', resolve));
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
  const served = await accepted;
  return {
    client,
    served,
    close() {
      client.destroy();
      served.destroy();
      server.close();
    },
  };
}

/** Until nothing has changed for a while. */
async function settled(value: () => number): Promise<void> {
  for (let last = -1, same = 0; same < 20; await new Promise((resolve) => setTimeout(resolve, 10))) {
    same = value() === last ? same + 1 : 0;
    last = value();
  }
}

for (const answerBytes of [32, 4_000]) {
  test(`who asks and does not read is not listened to, and gets all its answers of ${answerBytes} bytes in the end`, async () => {
    const asked = answerBytes > 1_000 ? 5_000 : 400_000;
    const { client, served, close } = await openPair();
    const answer = Buffer.alloc(answerBytes);
    answer.set(ANSWER_TYPE);
    let heard = 0;
    const leg: StreamLeg = new StreamLeg(
      { id: legId(1), transport: 'tcp', ...ENDS },
      served,
      { queueBytes: 2 ** 20, idleMs: 60_000 },
      {
        onMessage() {
          heard += 1;
          leg.send(answer);
        },
        onClosed() {},
      },
    );
    client.pause();
    client.write(Buffer.concat(Array<Buffer>(asked).fill(BINDING)));
    await settled(() => heard);
    assert.ok(heard > 0 && heard < asked, `${heard} of ${asked} were listened to`);
    assert.ok(served.writableLength < 100_000, `${served.writableLength} bytes wait`);

    let got = 0;
    client.on('data', (bytes) => {
      got += bytes.length;
    });
    client.resume();
    await until(() => got === asked * answerBytes);
    assert.equal(heard, asked);
    close();
  });
}
