/** Networks change, paths die, browsers refuse: the link to a person heals by itself or says that it cannot. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fakeTrack } from '../../support/client/fake-media.ts';
import { type Person, World } from '../../support/client/people.ts';

const connected = (people: readonly Person[]) => (): boolean =>
  people.every((person) => person.peer().link === 'connected' && person.pc().connectionState === 'connected');

test('a path that dies is replaced by an ICE restart on the same connection', async () => {
  const world = new World(61);
  const people = await world.meet();
  const [alice, eve] = people as [Person, Person];
  world.network.kill(alice.pc().ports);
  await world.clock.until('it is noticed', () => alice.peer().link === 'reconnecting');
  assert.equal(alice.call.state.trouble?.kind, 'peer-reconnecting');
  const healedMs = await world.clock.until('it is healed', connected(people));
  assert.ok(healedMs < 4000, `healing took ${healedMs} ms`);
  assert.deepEqual(
    [alice, eve].map(({ connections }) => connections.length),
    [1, 1],
  );
  assert.equal(alice.call.state.trouble, undefined);
});

test('pictures that come by a new path begin with a key frame', async () => {
  const world = new World(60);
  const people = await world.meet();
  const [alice, eve] = people as [Person, Person];
  alice.call.setTrack('camera', fakeTrack('video'));
  await world.clock.advance(100);
  const keyFrames = (person: Person) =>
    person
      .pc()
      .getTransceivers()
      .map(({ sender }) => sender.keyFrames);
  assert.deepEqual(keyFrames(alice), [0, 0]);
  world.network.kill(alice.pc().ports);
  alice.call.networkChanged();
  await world.clock.advance(3000);
  assert.ok(connected(people)());
  assert.equal(keyFrames(alice)[0], 0);
  assert.ok((keyFrames(alice)[1] ?? 0) >= 1);
  assert.deepEqual(keyFrames(eve), [0, 0], 'she sends no picture');
});

test('told of a network change, it does not wait for signs of trouble', async () => {
  const world = new World(62);
  const people = await world.meet();
  const [alice] = people as [Person, Person];
  const before = alice.pc().pair;
  world.network.kill(alice.pc().ports);
  alice.call.networkChanged();
  await world.clock.advance(550);
  assert.equal(alice.call.state.trouble?.kind, 'network-changed');
  const healedMs = await world.clock.until(
    'the path is new',
    () =>
      alice.pc().pair !== before &&
      people.every(({ pc }) => pc().pair?.every((p) => world.network.isAlive(p))),
    3000,
  );
  assert.ok(healedMs < 1000, `it took ${healedMs} ms`);
  await world.clock.until('the trouble is over', () => alice.call.state.trouble === undefined, 11_000);
  assert.deepEqual(
    people.map(({ connections }) => connections.length),
    [1, 1],
  );
});

test('a change that leaves the path alive changes nothing', async () => {
  const world = new World(68);
  const people = await world.meet();
  const [alice] = people as [Person, Person];
  const before = alice.pc().currentLocalDescription;
  for (let i = 0; i < 20; i++) {
    alice.call.networkChanged();
    await world.clock.advance(300);
    assert.equal(alice.call.state.trouble, undefined);
  }
  await world.clock.advance(5000);
  assert.equal(alice.pc().currentLocalDescription, before);
});

test('a page that asks for new connections without end is answered a few times only', async () => {
  const world = new World(69);
  const [alice, eve] = (await world.meet()) as [Person, Person];
  const sdp = eve.pc().localDescription?.sdp ?? '';
  // eve -- offers of ever newer epochs --> alice
  for (let epoch = 2; epoch < 60; epoch++) {
    eve.transport.send(
      JSON.stringify({
        type: 'request',
        n: 1000 + epoch,
        ack: 0,
        request: {
          type: 'signal',
          to: alice.call.state.self,
          signal: { kind: 'description', description: { type: 'offer', sdp }, link: { epoch, n: 1 } },
        },
      }),
    );
  }
  await world.clock.advance(200);
  assert.ok(alice.connections.length <= 12, `${alice.connections.length} connections were made`);
});

test('both sides change network at once, with signaling cut as well', async () => {
  const world = new World(63);
  const people = await world.meet();
  for (const person of people) {
    world.network.kill(person.pc().ports);
    person.transport.cut();
    person.call.networkChanged();
  }
  await world.clock.until(
    'both paths are new',
    () => people.every(({ pc }) => pc().pair?.every((p) => world.network.isAlive(p)) === true),
    5000,
  );
  await world.clock.advance(20_000);
  assert.ok(connected(people)());
  assert.deepEqual(
    people.flatMap(({ connections }) => connections.flatMap((pc) => pc.failures)),
    [],
  );
});

test('a restart waits until the other side can be reached', async () => {
  const world = new World(64);
  const people = await world.meet();
  const [alice, eve] = people as [Person, Person];
  eve.transport.blackHole = true;
  eve.transport.cut();
  await world.clock.advance(100);
  world.network.kill(eve.pc().ports);
  await world.clock.advance(12_000);
  assert.equal(alice.peer().link, 'reconnecting');
  eve.transport.blackHole = false;
  await world.clock.until('signaling is back', () => !alice.peer().away);
  const healedMs = await world.clock.until('media is back', connected(people));
  assert.ok(healedMs < 2000, `media took ${healedMs} ms more`);
});

test('when restarts do not help a new connection is made, and a hopeless link is called failed', async () => {
  const world = new World(65);
  const people = await world.meet();
  const [alice, eve] = people as [Person, Person];
  // Every port dies as soon as it is there: nothing can connect.
  const kill = (): void => {
    for (const { connections } of people) for (const pc of connections) world.network.kill(pc.ports);
  };
  const sabotage = (): void => {
    kill();
    if (sabotaged) world.clock.setTimeout(sabotage, 1);
  };
  let sabotaged = true;
  sabotage();
  await world.clock.until('it is called failed', () => alice.peer().link === 'failed', 120_000);
  assert.equal(alice.call.state.trouble?.kind, 'peer-failed');
  assert.equal(alice.call.state.error?.code, 'CLIENT_CONNECTION_FAILED');
  assert.ok(alice.connections.length > 1, 'a new connection was tried');
  assert.ok(alice.connections.slice(0, -1).every((pc) => pc.signalingState === 'closed'));

  sabotaged = false;
  await world.clock.until('it works again', connected(people), 60_000);
  assert.equal(eve.peer().link, 'connected');
  alice.call.sendChat('back');
  await world.clock.until('the chat works', () => eve.call.state.chat.length === 1);
});

test('a description that the browser refuses is told, and the connection made anew once', async () => {
  const world = new World(66);
  const people = await world.meet();
  const [alice, eve] = people as [Person, Person];
  eve.pc().refuseNext = 'Failed to set remote video description send parameters';
  alice.call.setTrack('screen', fakeTrack('video'));
  await world.clock.until('it is told', () => eve.call.state.error !== undefined);
  assert.equal(eve.call.state.error?.code, 'CLIENT_NEGOTIATION_FAILED');
  assert.match(eve.call.state.error?.message ?? '', /video description send parameters/);
  await world.clock.until('it works', () => connected(people)() && eve.peer().screen !== undefined);
  assert.deepEqual(
    people.map(({ connections }) => connections.length),
    [2, 2],
  );
  eve.call.dismissError();
  assert.equal(eve.call.state.error, undefined);
});

test('a page that lost its link to a person who kept hers finds together with her', async () => {
  const world = new World(67);
  const people = await world.meet();
  const [alice, eve] = people as [Person, Person];
  // Eve's signaling and media end at Alice, who gives her up; Eve returns with the connection that she had.
  eve.transport.blackHole = true;
  eve.transport.cut();
  alice.pc().close();
  alice.pc().connectionState = 'failed';
  alice.pc().onconnectionstatechange?.();
  await world.clock.until('Alice gives up', () => alice.call.state.peers.length === 0, 60_000);
  eve.transport.blackHole = false;
  await world.clock.until(
    'they are together',
    () => alice.call.state.peers.length === 1 && connected(people)(),
    20_000,
  );
  alice.call.sendChat('hello again');
  await world.clock.until('the chat works', () => eve.call.state.chat.at(-1)?.text === 'hello again');
});
