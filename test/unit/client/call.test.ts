/** A call as its users meet it: people, media, chat, doors, refusals. In virtual time, with the real room server. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { StackError } from '../../../src/base/index.ts';
import { parseSdp } from '../../support/client/fake-description.ts';
import { fakeTrack } from '../../support/client/fake-media.ts';
import { type Person, present, World } from '../../support/client/people.ts';

function roomOf(person: Person): string {
  return present(person.call.state.room, 'there is no room').id;
}

function codeOf(promise: Promise<unknown>): Promise<string> {
  return promise.then(
    () => 'no refusal',
    (thrown: unknown) => (thrown instanceof StackError ? thrown.code : String(thrown)),
  );
}

test('two people meet by a link, and both see tracks, path and an open chat', async () => {
  const world = new World(1);
  const alice = world.person('Alice');
  const eve = world.person('Eve');
  const camera = fakeTrack('video', 720);
  alice.call.setTrack('camera', camera);
  await world.during(alice.call.createRoom({ visibility: 'private' }));
  await world.during(eve.call.joinRoom(roomOf(alice)));
  const setUpMs = await world.clock.until('both are connected', () => world.allConnected([alice, eve]));
  assert.ok(setUpMs < 500, `connecting took ${setUpMs} ms`);
  await world.clock.advance(200);
  for (const person of [alice, eve]) {
    assert.equal(person.peer().path?.kind, 'direct');
    assert.equal(person.peer().path?.roundTripMs, 12);
    assert.equal(person.peer().chatOpen, true);
    assert.equal(person.peer().camera?.getTracks().length, 2);
    assert.equal(person.peer().screen, undefined);
    assert.deepEqual(person.pc().failures, []);
    assert.equal(person.connections.length, 1);
  }
  assert.equal(eve.peer().media.camera, true);
  assert.equal(alice.peer().media.camera, false);
  assert.equal(eve.peer().host, true);
  assert.equal(alice.call.state.isHost, true);
  assert.deepEqual(sentBy(alice), [null, camera]);
});

function sentBy(person: Person): (MediaStreamTrack | null)[] {
  return person
    .pc()
    .getTransceivers()
    .map((transceiver) => transceiver.sender.track);
}

test('six people are a mesh of thirty ends', async () => {
  const world = new World(2);
  const people = await world.meet(6);
  for (const person of people) {
    assert.equal(person.connections.length, 5);
    assert.deepEqual(
      person.connections.flatMap((pc) => pc.failures),
      [],
    );
  }
});

test('microphone and camera go on, off and over without a negotiation', async () => {
  const world = new World(3);
  const [alice, eve] = (await world.meet()) as [Person, Person];
  const before = alice.pc().currentLocalDescription;
  const camera = eve.peer().camera;
  for (const track of [fakeTrack('video'), null, fakeTrack('video'), fakeTrack('video')]) {
    alice.call.setTrack('camera', track);
    await world.clock.advance(50);
    assert.equal(sentBy(alice)[1], track);
    assert.equal(eve.peer().media.camera, track !== null);
  }
  const last = fakeTrack('audio');
  alice.call.setTrack('microphone', fakeTrack('audio'));
  alice.call.setTrack('microphone', last); // while the first replacement is under way
  await world.clock.advance(50);
  assert.equal(sentBy(alice)[0], last);
  assert.equal(alice.pc().currentLocalDescription, before);
  assert.equal(eve.peer().camera, camera, 'the same stream object, so that a page need not attach it anew');
});

test('muting is told without touching the track', async () => {
  const world = new World(4);
  const [alice, eve] = (await world.meet()) as [Person, Person];
  const microphone = fakeTrack('audio');
  alice.call.setTrack('microphone', microphone);
  await world.clock.advance(50);
  assert.equal(eve.peer().media.microphone, true);
  alice.call.setMicrophoneMuted(true);
  await world.clock.advance(50);
  assert.equal(eve.peer().media.microphone, false);
  assert.equal(sentBy(alice)[0], microphone);
});

test('both share a screen with sound at once; each is a second stream beside the camera', async () => {
  const world = new World(5);
  const [alice, eve] = (await world.meet()) as [Person, Person];
  for (const { call } of [alice, eve]) {
    call.setTrack('screen', fakeTrack('video'));
    call.setTrack('screen-audio', fakeTrack('audio'));
  }
  await world.clock.until('both see the screen', () =>
    [alice, eve].every((person) => person.peer().screen?.getTracks().length === 2),
  );
  for (const person of [alice, eve]) {
    assert.equal(person.peer().camera?.getTracks().length, 2);
    assert.deepEqual(person.pc().failures, []);
  }
  // Sharing ends, and begins again on the section that is there.
  const sections = parseSdp(alice.pc().localDescription?.sdp ?? '').sections.length;
  alice.call.setTrack('screen', null);
  alice.call.setTrack('screen-audio', null);
  await world.clock.until('it ends', () => eve.peer().screen === undefined);
  alice.call.setTrack('screen', fakeTrack('video'));
  await world.clock.until('it is back', () => eve.peer().screen !== undefined);
  assert.equal(parseSdp(alice.pc().localDescription?.sdp ?? '').sections.length, sections);
});

test('who comes later gets what is sent already, the screen too', async () => {
  const world = new World(6);
  const [alice] = (await world.meet()) as [Person, Person];
  alice.call.setTrack('camera', fakeTrack('video'));
  alice.call.setTrack('screen', fakeTrack('video'));
  const dave = world.person('Dave');
  await world.during(dave.call.joinRoom(roomOf(alice)));
  const ofAlice = () => dave.call.state.peers.find((peer) => peer.id === alice.call.state.self);
  await world.clock.until(
    'Dave sees both',
    () => ofAlice()?.screen !== undefined && ofAlice()?.camera !== undefined,
  );
});

test('a chosen codec leads the description, also in a call that runs; limits scale the camera', async () => {
  const world = new World(7);
  const [alice, eve] = (await world.meet()) as [Person, Person];
  await alice.call.setVideoCodec('vp9');
  await world.clock.until(
    'it is offered',
    () => eve.pc().remoteDescription?.sdp.includes('video/VP9') === true,
  );
  const { codecs } = parseSdp(eve.pc().remoteDescription?.sdp ?? '');
  assert.deepEqual(codecs, ['video/VP9', 'video/VP8', 'video/rtx', 'video/H264']);

  alice.call.setTrack('camera', fakeTrack('video', 720));
  await alice.call.setVideoLimits({ maxHeight: 360, maxBps: 500_000 });
  await world.clock.advance(50);
  const encoding = () => alice.pc().getTransceivers()[1]?.sender.parameters.encodings[0];
  const codec = { mimeType: 'video/VP9', clockRate: 90_000 };
  assert.deepEqual(encoding(), { scaleResolutionDownBy: 2, maxBitrate: 500_000, codec });
  await alice.call.setVideoLimits({});
  await world.clock.advance(50);
  assert.deepEqual(encoding(), { scaleResolutionDownBy: 1, codec });
  await alice.call.setVideoCodec(undefined);
  await world.clock.advance(100);
  assert.deepEqual(encoding(), { scaleResolutionDownBy: 1 });
});

test('chat goes to everybody, in order, also what was said before the channel opened', async () => {
  const world = new World(8);
  const [alice, eve] = (await world.meet()) as [Person, Person];
  const dave = world.person('Dave');
  await world.during(dave.call.joinRoom(roomOf(alice)));
  dave.call.sendChat('안녕하세요'); // nobody is connected with Dave yet
  dave.call.sendChat('저예요');
  await world.clock.until('both have it', () =>
    [alice, eve].every(({ call }) => call.state.chat.length === 2),
  );
  assert.deepEqual(
    eve.call.state.chat.map((entry) => [entry.name, entry.from, entry.text]),
    [
      ['Dave', dave.call.state.self, '안녕하세요'],
      ['Dave', dave.call.state.self, '저예요'],
    ],
  );
  assert.equal(dave.call.state.chat[0]?.from, 'self');
});

test('the end of the chat waits until everybody has it, and names who may not', async () => {
  const world = new World(18);
  const [alice, eve, dave] = (await world.meet(3)) as [Person, Person, Person];
  assert.deepEqual(await world.during(alice.call.endChat(1000)), [], 'nothing was said');
  eve.call.sendChat('bye');
  assert.deepEqual(await world.during(eve.call.endChat(1000)), []);
  assert.deepEqual(
    [alice, dave].map(({ call }) => call.state.chat.at(-1)?.text),
    ['bye', 'bye'],
  );
  eve.call.sendChat('too late');
  await world.clock.advance(100);
  assert.equal(alice.call.state.chat.length, 1, 'after the end nothing is said');

  dave.call.sendChat('does anybody hear me?');
  for (const { channels } of dave.connections) for (const channel of channels) channel.isCut = true;
  const startedAt = world.clock.now();
  const unsure = await world.during(dave.call.endChat(1000));
  assert.deepEqual(new Set(unsure), new Set([alice, eve].map(({ call }) => call.state.self)));
  assert.ok(world.clock.now() - startedAt >= 1000);
});

test('a chat message that is too long is refused in words, and the history is bounded', async () => {
  const world = new World(9);
  const [alice, eve] = (await world.meet()) as [Person, Person];
  alice.call.sendChat('가'.repeat(5500)); // 16,500 bytes
  assert.equal(alice.call.state.error?.code, 'CLIENT_CHAT_TOO_LONG');
  assert.equal(alice.call.state.chat.length, 0);
  for (let i = 0; i < 510; i++) alice.call.sendChat(`line ${i}`);
  await world.clock.advance(100);
  assert.equal(eve.call.state.chat.length, 500);
  assert.equal(eve.call.state.chat[0]?.text, 'line 10');
});

test('refusals reject with their code and leave the person where they were', async () => {
  const world = new World(10);
  const alice = world.person('Alice');
  const eve = world.person('Eve');
  await world.during(alice.call.createRoom({ visibility: 'private', passcode: 'hush' }));
  const room = roomOf(alice);
  assert.equal(await world.during(codeOf(eve.call.joinRoom(room))), 'PASSCODE_REQUIRED');
  assert.equal(await world.during(codeOf(eve.call.joinRoom(room, { passcode: 'x' }))), 'PASSCODE_WRONG');
  assert.equal(await world.during(codeOf(eve.call.joinRoom('nowhere'))), 'ROOM_UNKNOWN');
  assert.equal(await world.during(codeOf(eve.call.setRoom({ locked: true }))), 'NOT_IN_ROOM');
  assert.equal(eve.call.state.phase, 'lobby');
  await world.during(alice.call.setRoom({ locked: true }));
  assert.equal(await world.during(codeOf(eve.call.joinRoom(room, { passcode: 'hush' }))), 'ROOM_LOCKED');
  await world.during(alice.call.setRoom({ locked: false }));
  await world.during(eve.call.joinRoom(room, { passcode: 'hush' }));
  assert.equal(await world.during(codeOf(eve.call.setRoom({ locked: true }))), 'NOT_HOST');
  assert.equal(eve.call.state.phase, 'in-room');
});

test('who knocks waits; the host sees it and lets them in, or not', async () => {
  const world = new World(11);
  const alice = world.person('Alice');
  await world.during(alice.call.createRoom({ visibility: 'private', entry: 'ask' }));
  const [eve, mallory] = [world.person('Eve'), world.person('Mallory')];
  for (const { call } of [eve, mallory]) {
    await world.during(call.joinRoom(roomOf(alice)));
    assert.equal(call.state.phase, 'waiting');
  }
  await world.clock.advance(50);
  const [first, second] = alice.call.state.knocks;
  assert.deepEqual([first?.name, second?.name], ['Eve', 'Mallory']);
  await world.during(alice.call.admit(present(first, 'no knock').id, true));
  await world.during(alice.call.admit(present(second, 'no knock').id, false));
  await world.clock.until('Eve is in', () => world.allConnected([alice, eve]));
  assert.equal(mallory.call.state.phase, 'left');
  assert.equal(mallory.call.state.out, 'declined');
  assert.deepEqual(alice.call.state.knocks, []);
});

test('who waits at the door when the server restarts knocks again by itself', async () => {
  const world = new World(12);
  const alice = world.person('Alice');
  const eve = world.person('Eve');
  await world.during(alice.call.createRoom({ visibility: 'private', entry: 'ask' }));
  await world.during(eve.call.joinRoom(roomOf(alice)));
  await world.clock.until('she knocks', () => alice.call.state.knocks.length === 1);
  const before = alice.call.state.knocks[0]?.id;
  world.kill();
  await world.clock.advance(500);
  world.restart();
  await world.clock.until('she knocks again', () =>
    alice.call.state.knocks.some((knock) => knock.id !== before),
  );
  await world.during(alice.call.admit(present(alice.call.state.knocks[0], 'no knock').id, true));
  await world.clock.until('Eve is in', () => world.allConnected([alice, eve]));
});

test('leaving and being removed end the links, and say why', async () => {
  const world = new World(13);
  const [alice, eve, dave] = (await world.meet(3)) as [Person, Person, Person];
  await world.during(eve.call.leaveRoom());
  assert.equal(eve.call.state.phase, 'left');
  assert.equal(eve.call.state.out, 'left');
  assert.ok(eve.connections.every((pc) => pc.signalingState === 'closed'));
  await world.clock.until('she is gone', () => alice.call.state.peers.length === 1);
  await world.during(alice.call.remove(present(dave.call.state.self, 'no id')));
  await world.clock.until('he knows', () => dave.call.state.out === 'removed');
  assert.equal(alice.call.state.peers.length, 0);
  // Eve comes again, as a new person.
  await world.during(eve.call.joinRoom(roomOf(alice)));
  await world.clock.until('a call', () => world.allConnected([alice, eve]));
});

test('the lobby shows public rooms, and goes on doing so after a restart', async () => {
  const world = new World(14);
  const eve = world.person('Eve');
  eve.call.connect();
  await world.during(eve.call.watchLobby(true));
  assert.equal(eve.call.state.phase, 'lobby');
  const alice = world.person('Alice');
  await world.during(alice.call.createRoom({ visibility: 'public', title: '공개 방', entry: 'open' }));
  await world.clock.until('it is listed', () =>
    eve.call.state.rooms.some((room) => room.title === '공개 방'),
  );
  world.kill();
  await world.clock.advance(300);
  world.restart();
  await world.clock.until('it is listed again', () => eve.call.state.rooms.some((room) => room.people === 1));
});

test('a new name is seen by everybody', async () => {
  const world = new World(15);
  const [alice, eve] = (await world.meet()) as [Person, Person];
  await world.during(alice.call.rename('앨리스'));
  await world.clock.advance(50);
  assert.equal(eve.peer().name, '앨리스');
  assert.equal(alice.call.state.name, '앨리스');
});

test('a request that nobody answers is given up, and a closed call asks nothing', async () => {
  const world = new World(16);
  world.kill();
  const eve = world.person('Eve');
  assert.equal(await world.during(codeOf(eve.call.createRoom({ visibility: 'private' }))), 'CLIENT_TIMEOUT');
  assert.equal(eve.call.state.phase, 'offline');
  eve.call.close();
  assert.equal(await world.during(codeOf(eve.call.createRoom({ visibility: 'private' }))), 'CLIENT_CLOSED');
  assert.equal(eve.call.state.signaling.status, 'closed');
});

test('relay preferences reach the browser', async () => {
  const world = new World(17);
  const [alice] = (await world.meet(2, { icePolicy: 'relay', relayTransport: 'tls' })) as [Person, Person];
  const { configuration } = alice.pc();
  assert.equal(configuration.iceTransportPolicy, 'relay');
  assert.equal(configuration.bundlePolicy, 'max-bundle');
  assert.deepEqual(
    configuration.iceServers?.map((server) => server.urls),
    [['turns:turn.test:443?transport=tcp']],
  );
  assert.equal(alice.peer().path?.kind, 'relay');
  assert.equal(alice.peer().path?.relayProtocol, 'udp'); // as the fake reports it
});

test('a sample tells pair and peer of every link', async () => {
  const world = new World(18);
  const [alice] = (await world.meet(3)) as [Person, Person, Person];
  const samples = await world.during(alice.call.sample());
  assert.equal(samples.length, 2);
  assert.match(samples[0]?.pair?.local ?? '', /^host 127\.0\.0\.1:\d+ udp$/);
  assert.equal(samples[0]?.roundTripMs, 12);
});

test('listeners hear of a change once, in a turn of their own, until they stop', async () => {
  const world = new World(19);
  const [alice] = (await world.meet()) as [Person, Person];
  await world.clock.advance(100);
  let heard = 0;
  const stop = alice.call.subscribe(() => {
    heard += 1;
  });
  alice.call.sendChat('one');
  alice.call.sendChat('two');
  assert.equal(heard, 0);
  await world.clock.advance(0);
  assert.equal(heard, 1);
  stop();
  alice.call.sendChat('three');
  await world.clock.advance(0);
  assert.equal(heard, 1);
});
