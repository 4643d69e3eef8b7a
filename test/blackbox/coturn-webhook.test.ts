/** coturn's client with users whom only a program beside the server knows, with relay threads and without. */
import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import { after, before, describe, test } from 'node:test';
import { type EchoPeer, runClient, startPeer } from '../support/coturn.ts';
import { startTurnProcess, type TurnProcess } from '../support/turn-process.ts';

const HOST = '127.0.0.1';
const MESSAGES = 5;
/** Chance chooses channel numbers and EVEN-PORT. */
const RUNS = 5;
const PASSWORDS: Readonly<Record<string, string>> = { carol: 'christmas', dora: 'dawn' };

/** Knows two users, and remembers whom it was asked for. */
class Directory {
  readonly asked: string[] = [];
  #server: Server | undefined;

  async open(): Promise<string> {
    const server = createServer((request, response) => {
      let text = '';
      request.setEncoding('utf8').on('data', (part: string) => {
        text += part;
      });
      request.on('end', () => {
        const { username } = JSON.parse(text) as { username: string };
        this.asked.push(username);
        const password = PASSWORDS[username];
        response.writeHead(password === undefined ? 404 : 200, { 'content-type': 'application/json' });
        response.end(JSON.stringify({ password }));
      });
    });
    this.#server = server;
    await new Promise<void>((resolve) => server.listen(0, HOST, resolve));
    const address = server.address();
    assert.ok(typeof address === 'object' && address);
    return `http://${HOST}:${address.port}/credentials`;
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#server) this.#server.close(() => resolve());
      else resolve();
    });
  }
}

for (const workers of ['0', '2']) {
  describe(`credentials from outside, with ${workers} relay threads`, () => {
    const directory = new Directory();
    let server: TurnProcess;
    let peer: EchoPeer;

    before(async () => {
      const url = await directory.open();
      server = await startTurnProcess(HOST, [
        ...['--credentials-url', url, '--relay-workers', workers, '--allow-loopback-peers'],
      ]);
      peer = await startPeer(HOST);
    });
    after(async () => {
      await peer?.stop();
      const code = await server?.stop();
      await directory.close();
      assert.equal(code, 0);
    });

    const client = (user: string, password: string, flags: readonly string[] = []) =>
      runClient([
        ...['-u', user, '-w', password, '-c', ...flags, '-n', String(MESSAGES)],
        ...['-p', String(server.port), '-e', HOST, '-r', String(peer.port), HOST],
      ]);

    for (const [name, user, flags] of [
      ['UDP', 'carol', []],
      ['TCP', 'dora', ['-t']],
    ] as const) {
      test(`over ${name} all messages arrive, and few questions were asked`, async () => {
        const reports = await Promise.all(
          Array.from({ length: RUNS }, () => client(user, PASSWORDS[user] ?? '', flags)),
        );
        for (const { exitCode, sent, received, lost, output } of reports) {
          assert.deepEqual(
            { exitCode, sent, received, lost },
            { exitCode: 0, sent: MESSAGES, received: MESSAGES, lost: 0 },
            `${output}\n${server.output()}`,
          );
        }
        // Each thread asks for itself; the answers are believed for a minute.
        const questions = directory.asked.filter((asked) => asked === user).length;
        assert.ok(questions >= 1 && questions <= 1 + Number(workers), `${questions} questions`);
      });
    }

    test('a wrong password and an unknown user get no allocation', async () => {
      const reports = await Promise.all([client('carol', 'easter'), client('emil', 'christmas')]);
      for (const { exitCode, output } of reports) {
        assert.notEqual(exitCode, 0);
        assert.match(output, /Cannot complete Allocation/);
      }
      assert.ok(directory.asked.includes('emil'));
    });
  });
}
