/** Two sessions over a virtual internet: from createDataChannel to the last word. webrtc.html §4.4, RFC 9429. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Couple } from '../../support/peer/couple.ts';

test('two sessions exchange words, in the states that W3C names', () => {
  const couple = new Couple();
  const { a, b } = couple;
  const { mine, theirs } = couple.connect();
  a.say(mine, 'hello');
  b.say(theirs, 'welcome');
  couple.run(100);
  assert.deepEqual(b.heard(theirs), ['hello']);
  assert.deepEqual(a.heard(mine), ['welcome']);
  for (const person of [a, b]) {
    assert.deepEqual(person.states('connection-state'), ['connecting', 'connected']);
    assert.deepEqual(person.states('dtls-state'), ['connecting', 'connected']);
    assert.deepEqual(person.states('ice-gathering-state'), ['gathering', 'complete']);
    assert.equal(person.all('ice-candidate').at(-1)?.candidate, null);
  }
  assert.deepEqual(a.states('signaling-state'), ['have-local-offer', 'stable']);
  assert.deepEqual(b.states('signaling-state'), ['have-remote-offer', 'stable']);
});
