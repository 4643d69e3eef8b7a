/** The server dies and comes back, or the connection to it does: what people see and hear must not depend on it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fakeTrack } from '../../support/client/fake-media.ts';
import { type Person, present, tabStorage, World } from '../../support/client/people.ts';

const settledLinks = (people: readonly Person[]) => (): boolean =>
  people.every(
    ({ call, pc }) =>
      call.state.signaling.status === 'connected' &&
      call.state.peers.length === people.length - 1 &&
      call.state.peers.every((peer) => peer.link === 'connected' && !peer.away) &&
      pc().signalingState === 'stable',
  );

test('a direct call does not notice that the server was killed and restarted', async () => {
  const world = new World(21);
  const people = await world.meet(3);
  const ids = people.map(({ call }) => call.state.self);
  const changes: string[] = [];
  for (const { call } of people) {
    call.subscribe((state) => {
      for (const peer of state.peers) if (peer.link !== 'connected') changes.push(peer.link);
      if (state.peers.length !== 2) changes.push(`${state.peers.length} peers`);
    });
  }
  world.kill();
  await world.clock.advance(4000);
  assert.equal(people[0]?.call.state.trouble?.kind, 'signaling-lost');
  people[0]?.call.sendChat('still here');
  world.restart();
  const backMs = await world.clock.until('signaling is back', settledLinks(people));
  assert.ok(backMs < 2500, `signaling took ${backMs} ms`);
  await world.clock.advance(40_000);

  assert.deepEqual(changes, []);
  assert.deepEqual(
    people.map(({ call }) => call.state.self),
    ids,
  );
  for (const { call, connections } of people) {
    assert.equal(connections.length, 2, 'every connection was kept');
    assert.deepEqual(
      connections.flatMap((pc) => pc.failures),
      [],
    );
    assert.equal(call.state.trouble, undefined);
    assert.equal(call.state.chat.at(-1)?.text, 'still here');
    assert.equal(call.state.error, undefined);
  }
});

test('after the restart a screen can be shared, which needs a negotiation', async () => {
  const world = new World(22);
  const people = await world.meet();
  const [alice, eve] = people as [Person, Person];
  world.kill();
  await world.clock.advance(1000);
  world.restart();
  await world.clock.until('signaling is back', settledLinks(people));
  alice.call.setTrack('screen', fakeTrack('video'));
  await world.clock.until('Eve sees the screen', () => eve.peer().screen !== undefined);
  assert.equal(eve.peer().media.screen, true);
});

test('a screen that is shared while the server is away is seen when it is back', async () => {
  const world = new World(23);
  const people = await world.meet();
  const [alice, eve] = people as [Person, Person];
  world.kill();
  await world.clock.advance(500);
  alice.call.setTrack('screen', fakeTrack('video'));
  eve.call.setTrack('screen', fakeTrack('video'));
  await world.clock.advance(1500);
  world.restart();
  await world.clock.until('both see a screen', () =>
    people.every((person) => person.peer().screen !== undefined),
  );
  assert.deepEqual(
    people.flatMap(({ connections }) => connections.flatMap((pc) => pc.failures)),
    [],
  );
  assert.deepEqual(
    people.map(({ connections }) => connections.length),
    [1, 1],
  );
});

test('a relayed call has media again within 5 s of the return of a server whose allocations are gone', async () => {
  for (const seed of [31, 32, 33, 34, 35]) {
    const world = new World(seed);
    const people = await world.meet(2, { icePolicy: 'relay' });
    assert.deepEqual(
      people.map((person) => person.peer().path?.kind),
      ['relay', 'relay'],
    );
    const oldUfrag = people[0]?.pc().localDescription?.sdp;
    world.kill();
    await world.clock.advance((seed - 30) * 900);
    world.restart();
    const restarted = (): boolean =>
      settledLinks(people)() &&
      people.every(({ pc }) => pc().pair?.every((port) => world.network.isAlive(port)) === true);
    const backMs = await world.clock.until('media is back', restarted, 8000);
    assert.ok(backMs < 5000, `media took ${backMs} ms`);
    assert.notEqual(people[0]?.pc().localDescription?.sdp, oldUfrag);
    for (const { pc, connections } of people) {
      assert.equal(connections.length, 1);
      assert.deepEqual(pc().failures, []);
      const [server] = pc().configuration.iceServers ?? [];
      assert.equal(server?.username, 'generation 2', 'fresh credentials');
    }
  }
});

test('a restart in the middle of the first negotiation, at any moment, ends in a call', async () => {
  for (let killAfterMs = 0; killAfterMs <= 90; killAfterMs += 3) {
    const world = new World(1000 + killAfterMs);
    const alice = world.person('Alice');
    const eve = world.person('Eve');
    await world.during(alice.call.createRoom({ visibility: 'private' }));
    const entering = eve.call.joinRoom(present(alice.call.state.room, 'no room').id).catch((error) => error);
    await world.clock.advance(killAfterMs);
    world.kill();
    await world.clock.advance(700);
    world.restart();
    assert.equal(await world.during(entering), undefined, `killed after ${killAfterMs} ms`);
    await world.clock.until(`a call, killed after ${killAfterMs} ms`, settledLinks([alice, eve]), 20_000);
    for (const { connections } of [alice, eve]) {
      assert.deepEqual(
        connections.flatMap((pc) => pc.failures),
        [],
        `killed after ${killAfterMs} ms`,
      );
    }
  }
});

test('a restart in the middle of a later negotiation, at any moment and with glare, ends in agreement', async () => {
  for (let killAfterMs = 0; killAfterMs <= 40; killAfterMs += 2) {
    const world = new World(2000 + killAfterMs);
    const people = await world.meet();
    const [alice, eve] = people as [Person, Person];
    alice.call.setTrack('screen', fakeTrack('video'));
    if (killAfterMs % 4 === 0) eve.call.setTrack('screen', fakeTrack('video'));
    await world.clock.advance(killAfterMs);
    world.kill();
    await world.clock.advance(1200);
    world.restart();
    await world.clock.until('agreement', settledLinks(people), 20_000);
    await world.clock.until('Eve sees the screen', () => eve.peer().screen !== undefined);
    for (const { connections } of people) {
      assert.equal(connections.length, 1, `killed after ${killAfterMs} ms`);
      assert.deepEqual(connections[0]?.failures, []);
    }
  }
});

test('who does not come back after the restart stays while media flows, and is gone some time after it ended', async () => {
  const world = new World(41);
  const people = await world.meet(3);
  const [alice, eve, dave] = people as [Person, Person, Person];
  dave.transport.blackHole = true; // his signaling is cut off, his media is not
  world.kill();
  await world.clock.advance(1000);
  world.restart();
  await world.clock.advance(60_000);
  for (const { call } of [alice, eve]) {
    const states = call.state.peers.map((peer) => [peer.name, peer.away, peer.link]);
    assert.deepEqual(states.sort(), [
      [call === alice.call ? 'person 1' : 'person 0', false, 'connected'],
      ['person 2', true, 'connected'],
    ]);
  }
  for (const pc of dave.connections) pc.close();
  await world.clock.until('he is gone', () => alice.call.state.peers.length === 1, 60_000);
  assert.equal(eve.call.state.peers.length, 1);
});

test('who comes back late finds everybody, and the connections are the old ones', async () => {
  const world = new World(42);
  const people = await world.meet(2);
  const [alice, eve] = people as [Person, Person];
  eve.transport.blackHole = true;
  world.kill();
  await world.clock.advance(1000);
  world.restart();
  await world.clock.advance(15_000);
  assert.equal(alice.peer().away, true);
  eve.transport.blackHole = false;
  await world.clock.until('she is back', settledLinks(people));
  assert.deepEqual(
    people.map(({ connections }) => connections.length),
    [1, 1],
  );
});

test('a cut of one connection is bridged: nothing is lost, nothing comes twice', async () => {
  for (let cutAfterMs = 0; cutAfterMs <= 60; cutAfterMs += 4) {
    const world = new World(3000 + cutAfterMs);
    const alice = world.person('Alice');
    const eve = world.person('Eve');
    await world.during(alice.call.createRoom({ visibility: 'private' }));
    const entering = eve.call.joinRoom(present(alice.call.state.room, 'no room').id);
    await world.clock.advance(cutAfterMs);
    (cutAfterMs % 8 === 0 ? alice : eve).transport.cut();
    await world.during(entering);
    await world.clock.until(`cut after ${cutAfterMs} ms`, settledLinks([alice, eve]), 5000);
    for (const { connections } of [alice, eve]) {
      assert.equal(connections.length, 1);
      assert.deepEqual(connections[0]?.failures, []);
    }
  }
});

test('a person whose signaling is cut shows as away and comes back with media unbroken', async () => {
  const world = new World(43);
  const people = await world.meet();
  const [alice, eve] = people as [Person, Person];
  eve.transport.blackHole = true;
  eve.transport.cut();
  await world.clock.until('Alice sees it', () => alice.peer().away);
  assert.equal(alice.peer().link, 'connected');
  // Alice -- offer: into the mailbox of the server
  alice.call.setTrack('screen', fakeTrack('video'));
  await world.clock.advance(5000);
  eve.transport.blackHole = false;
  await world.clock.until('Eve sees the screen', () => eve.peer().screen !== undefined);
  assert.equal(alice.peer().away, false);
  assert.deepEqual(
    people.map(({ connections }) => connections.length),
    [1, 1],
  );
});

test('a dead connection that nobody reports is found by a ping and replaced', async () => {
  const world = new World(44);
  const [alice] = (await world.meet()) as [Person, Person];
  alice.transport.blackHole = true;
  await world.clock.until(
    'it is noticed',
    () => alice.call.state.signaling.status === 'reconnecting',
    20_000,
  );
  alice.transport.blackHole = false;
  await world.clock.until('it is back', () => alice.call.state.signaling.status === 'connected', 5000);
});

test('a reloaded page takes its place again, as the host that it was', async () => {
  const world = new World(45);
  const storage = tabStorage();
  const alice = world.person('Alice', {}, storage);
  const eve = world.person('Eve');
  await world.during(alice.call.createRoom({ visibility: 'private', passcode: 'hush' }));
  const room = present(alice.call.state.room, 'no room').id;
  await world.during(eve.call.joinRoom(room, { passcode: 'hush' }));
  await world.clock.until('a call', () => world.allConnected([alice, eve]));

  alice.call.close({ keepSeat: true });
  const again = world.person('Alice', {}, storage);
  await world.clock.advance(800);
  assert.equal(eve.peer().away, true);
  await world.during(again.call.joinRoom(room)); // no passcode: the seat opens the door
  await world.clock.until('a call', () => world.allConnected([again, eve]));
  assert.equal(again.call.state.isHost, true);
  assert.equal(eve.call.state.peers.length, 1, 'the old stay is gone');
});

test('a seat that is no longer good is forgotten, and the door is tried without it', async () => {
  const world = new World(46);
  const storage = tabStorage();
  const alice = world.person('Alice');
  const eve = world.person('Eve', {}, storage);
  await world.during(alice.call.createRoom({ visibility: 'private' }));
  const room = present(alice.call.state.room, 'no room').id;
  storage.setItem('ieum.seat', JSON.stringify({ room, seat: 'forged' }));
  await world.during(eve.call.joinRoom(room));
  assert.equal(eve.call.state.phase, 'in-room');
});

test('a server that drains is waited for as long as it asks', async () => {
  const world = new World(47);
  const people = await world.meet();
  const [alice] = people as [Person, Person];
  world.server.drain(1000);
  await world.clock.advance(50);
  assert.equal(alice.call.state.trouble?.kind, 'server-restarting');
  world.kill();
  await world.clock.advance(400);
  world.restart();
  await world.clock.until('back', settledLinks(people));
  assert.equal(alice.call.state.trouble, undefined);
});
