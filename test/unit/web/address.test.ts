/** The page's addresses, and the room ids in what people paste. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { inviteLink, pathOf, type Route, roomIdIn, routeOf } from '../../../web/src/app/address.ts';

const ID = 'abcdefghijklmnopqrstuvw2';

test('a link that was given to others leads to its room', () => {
  const link = new URL(inviteLink('https://example.org:8080', ID));
  assert.deepEqual(routeOf(link), { kind: 'room', id: ID });
});

test('moving on keeps the test parameters of the address', () => {
  const routes: Route[] = [{ kind: 'home' }, { kind: 'new' }, { kind: 'room', id: ID }];
  for (const route of routes) {
    const url = new URL(pathOf(route, '?ice=relay'), 'https://example.org');
    assert.deepEqual(routeOf(url), route);
    assert.equal(url.search, '?ice=relay');
  }
});

test('a room is found in a link, a path, a code in capitals, and a code read out in groups', () => {
  const pasted = [
    `https://example.org/r/${ID}`,
    `https://example.org/r/${ID}?name=Eve#x`,
    `  /r/${ID}\n`,
    ID.toUpperCase(),
    'abcd efgh ijkl mnop qrst uvw2',
    'abcdefgh-ijklmnop-qrstuvw2',
  ];
  for (const text of pasted) assert.equal(roomIdIn(text), ID, text);
});

test('what is no room is no room', () => {
  for (const text of ['', 'hello', 'https://example.org/', `${ID}a`, 'abcdefghijklmnopqrstuvw1']) {
    assert.equal(roomIdIn(text), undefined, text);
  }
  fc.assert(
    fc.property(fc.string(), (text) => {
      const found = roomIdIn(text);
      return found === undefined || /^[a-z2-7]{24}$/.test(found);
    }),
  );
});
