/** Names of the local link, over real multicast: who announces is found, by several at once, until it goes. RFC 6762. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { bindUdp } from '../../../src/node/index.ts';
import { isLinkName, LinkNames } from '../../../src/node/mdns.ts';

/** One that nobody has, so that no device of the network answers, and none is bothered. */
async function freePort(): Promise<number> {
  const socket = await bindUdp({ ip: '0.0.0.0', port: 0 });
  await socket.close();
  return socket.local.port;
}

function lookUp(names: LinkNames, name: string): Promise<readonly string[]> {
  return new Promise((resolve, reject) => {
    names.lookup(name, ({ value, error }) => (value ? resolve(value) : reject(error)));
  });
}

test('who announces a name is found by it, by all who ask, and by itself', async () => {
  const port = await freePort();
  const [announcer, seeker] = [new LinkNames(port), new LinkNames(port)];
  const name = `${randomUUID()}.local`;
  const held = announcer.announce(name, '192.0.2.9');
  const [first, second] = await Promise.all([lookUp(seeker, name), lookUp(seeker, `${name.toUpperCase()}.`)]);
  assert.deepEqual(first, ['192.0.2.9']);
  assert.deepEqual(second, first);
  assert.deepEqual(await lookUp(announcer, name), first);
  const other = announcer.announce(`${randomUUID()}.local`, 'fd00::7');
  held.close();
  held.close();
  other.close();
});

test('what is announced and taken back at once leaves nothing open', async () => {
  const names = new LinkNames(await freePort());
  names.announce(`${randomUUID()}.local`, '192.0.2.1').close();
  names.announce('two words.local', '192.0.2.1').close();
});

test('names of the link are told from all others', () => {
  for (const name of ['a.local', 'A.LOCAL.', 'x.y.local']) assert.ok(isLinkName(name), name);
  for (const name of ['local', 'a.local.example', '192.0.2.1', 'locale']) assert.ok(!isLinkName(name), name);
});
