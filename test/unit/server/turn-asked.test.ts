/** Credentials that the TURN service has to ask for, over real sockets. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openTurnLink } from '../../../src/node/index.ts';
import { openTurnService, type TurnServiceOptions } from '../../../src/server/turn/turn-service.ts';
import { env, HOST, TURN_OPTIONS } from '../../support/turn/service.ts';

type Ask = NonNullable<TurnServiceOptions['askCredentials']>;

/** What becomes of an allocation by carol, and the names that were asked for. */
async function attempt(ask: Ask): Promise<{ outcome: string; asked: readonly string[] }> {
  const asked: string[] = [];
  const service = await openTurnService(env, {
    ...TURN_OPTIONS,
    users: [],
    askCredentials: (name, realm) => {
      asked.push(`${name} of ${realm}`);
      return ask(name, realm);
    },
  });
  const client = await openTurnLink(env, {
    server: { ip: HOST, port: service.port },
    transport: 'tcp',
    credentials: { username: 'carol', password: 'christmas' },
  });
  try {
    await client.allocate();
    return { outcome: 'allocated', asked };
  } catch (error) {
    return { outcome: error instanceof Error && 'code' in error ? String(error.code) : String(error), asked };
  } finally {
    await client.close();
    await service.close();
  }
}

test('a user whom the other side knows gets an allocation', async () => {
  assert.deepEqual(await attempt(() => Promise.resolve({ password: 'christmas' })), {
    outcome: 'allocated',
    asked: ['carol of test'],
  });
});

test('a user whom the other side does not know is refused', async () => {
  assert.equal((await attempt(() => Promise.resolve(undefined))).outcome, 'TURN_UNAUTHENTICATED');
});

test('where the other side cannot be asked nobody gets in, and the server lives on', async () => {
  const broken = await attempt(() => Promise.reject(new Error('no route to host')));
  // The 500 cannot be sealed: there is no key to seal it with.
  assert.equal(broken.outcome, 'STUN_INTEGRITY_VIOLATED');
});
