/** A call as its user meets it: two and three people, media, chat, refusals. In virtual time, with the real room server. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fakeTrack } from '../../support/client/fake-media.ts';
import { present, World } from '../../support/client/people.ts';

test('two people meet by a link, and both see tracks, path and an open chat', async () => {
  const world = new World(1);
  const alice = world.person('Alice');
  const eve = world.person('Eve');
  const camera = fakeTrack('video', 720);
  alice.call.setTrack('camera', camera);
  await world.during(alice.call.createRoom({ visibility: 'private' }));
  await world.during(eve.call.joinRoom(present(alice.call.state.room, 'no room').id));
  await world.clock.until('both are connected', () => world.allConnected([alice, eve]));
  await world.clock.advance(200);
  for (const person of [alice, eve]) {
    assert.equal(person.peer().path?.kind, 'direct');
    assert.equal(person.peer().chatOpen, true);
    assert.equal(person.peer().camera?.getTracks().length, 2);
    assert.deepEqual(person.pc().failures, []);
    assert.equal(person.connections.length, 1);
  }
  assert.equal(eve.peer().media.camera, true);
  assert.equal(alice.peer().media.camera, false);
  const sent = alice
    .pc()
    .getTransceivers()
    .map((transceiver) => transceiver.sender.track);
  assert.deepEqual(sent, [null, camera]);
});
