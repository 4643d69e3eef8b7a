/** The session as the other end of a bare transport sees it: hello, numbers, acknowledgements, and what cannot be understood. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CallError } from '../../../src/client/call-error.ts';
import type { SignalingTransport } from '../../../src/client/index.ts';
import { type RoomEvent, SignalingSession } from '../../../src/client/signaling-session.ts';
import { VirtualClock } from '../../support/client/virtual-clock.ts';

type Frame = Record<string, unknown> & { n?: number; ack?: number; request?: { type: string } };

/** A server end that says only what the test says. */
function bench() {
  const clock = new VirtualClock();
  const said: Frame[] = [];
  const events: RoomEvent[] = [];
  const errors: CallError[] = [];
  const welcomes: { renewed: boolean; resumed: boolean }[] = [];
  let attempts = 0;
  const transport: SignalingTransport = {
    kind: undefined,
    onOpen: undefined,
    onText: undefined,
    onClose: undefined,
    onKindChange: undefined,
    connect: () => {
      attempts += 1;
    },
    send: (text) => said.push(JSON.parse(text)),
    close: () => {},
  };
  const session = new SignalingSession({
    transport,
    clock,
    random: () => 0.5,
    name: () => 'Alice',
    seat: () => undefined,
    onEvent: (event) => events.push(event),
    onWelcome: (welcome) => welcomes.push(welcome),
    onChange: () => {},
    onError: (error) => errors.push(error),
  });
  const say = (frame: unknown): void => transport.onText?.(JSON.stringify(frame));
  const event = (s: number, body: unknown): void => say({ type: 'event', s, at: 1, ack: 0, event: body });
  const welcome = (resumed = false, received = 0, token = 'token'): void => {
    transport.onOpen?.();
    const limits = { messageBytes: 65_536, roomPeople: 6, resumeSeconds: 30 };
    say({ type: 'welcome', v: 1, session: token, resumed, received, limits });
  };
  const requests = (): string[] =>
    said.filter((frame) => frame.type === 'request').map((f) => f.request?.type ?? '');
  return {
    clock,
    said,
    events,
    errors,
    welcomes,
    transport,
    session,
    say,
    event,
    welcome,
    requests,
    attempts: () => attempts,
  };
}

test('says hello first, numbers its requests and acknowledges what it has heard', async () => {
  const { session, said, welcome, event, clock } = bench();
  session.connect();
  const renamed = session.request({ type: 'rename', name: 'Alicia' });
  assert.equal(said.length, 0, 'nothing before the connection is open');
  welcome();
  assert.deepEqual(said[0], { type: 'hello', v: 1, name: 'Alice' });
  assert.deepEqual(
    said.slice(1).map((frame) => [frame.n, frame.ack, frame.request?.type]),
    [
      [1, 0, 'rename'],
      [2, 0, 'ping'],
    ],
  );
  event(3, { type: 'reply', re: 1, ok: true });
  event(7, { type: 'reply', re: 2, ok: true }); // numbers may have gaps
  await renamed;
  await clock.advance(10_000);
  assert.deepEqual([said.at(-1)?.n, said.at(-1)?.ack, said.at(-1)?.request?.type], [3, 7, 'ping']);
});

test('after a cut it says again what the server has not had, under the same numbers, and drops what comes twice', async () => {
  const { session, said, welcome, event, events, transport, clock } = bench();
  session.connect();
  welcome();
  void session.request({ type: 'rename', name: 'A' });
  const last = session.request({ type: 'rename', name: 'B' });
  event(1, { type: 'lobby', rooms: [] });
  transport.onClose?.('transport close');
  assert.equal(session.status, 'reconnecting');
  await clock.advance(400);
  said.length = 0;
  welcome(true, 2); // the server has had 1 (ping) and 2, and not 3
  assert.deepEqual(said[0]?.session, { token: 'token', received: 1 });
  assert.deepEqual(
    said.slice(1).map((frame) => frame.n),
    [3, 4],
  );
  event(1, { type: 'lobby', rooms: [] });
  event(2, { type: 'reply', re: 3, ok: true });
  await last;
  assert.equal(events.length, 1);
});

test('in a new session wishes are asked again from number 1, and what belonged to a moment fails', async () => {
  const { session, welcome, transport, clock, said, welcomes } = bench();
  session.connect();
  welcome();
  const wish = session.request({ type: 'rename', name: 'B' });
  const signal = session.request({
    type: 'signal',
    to: 'aaaaaaaaaaaaaaaa' as never,
    signal: { kind: 'candidate', candidate: null },
  });
  const failed = assert.rejects(signal, { code: 'CLIENT_SESSION_LOST' });
  transport.onClose?.('transport close');
  await clock.advance(400);
  said.length = 0;
  welcome(false, 0, 'another');
  await failed;
  assert.deepEqual(
    said.slice(1).map((frame) => [frame.n, frame.request?.type]),
    [
      [1, 'rename'],
      [2, 'ping'],
    ],
  );
  assert.deepEqual(
    welcomes.map(({ renewed, resumed }) => [renewed, resumed]),
    [
      [false, false],
      [true, false],
    ],
  );
  session.close();
  await assert.rejects(wish, { code: 'CLIENT_CLOSED' });
});

test('tries again after 250 ms, then more and more seldom, and for ever', async () => {
  const { session, transport, clock, attempts } = bench();
  const at: number[] = [];
  session.connect();
  for (let i = 0; i < 6; i++) {
    transport.onClose?.('refused');
    const before = attempts();
    await clock.until('an attempt', () => attempts() > before);
    at.push(clock.now());
  }
  const waits = at.map((time, i) => time - (at[i - 1] ?? 0));
  assert.ok(waits[0] !== undefined && waits[0] <= 250);
  assert.ok(waits.every((wait) => wait <= 1005));
  await clock.advance(70_000);
  transport.onClose?.('refused');
  const before = attempts();
  await clock.advance(2000);
  assert.equal(attempts(), before, 'after a minute it is patient');
  await clock.advance(4000);
  assert.equal(attempts(), before + 1);
});

test('what cannot be understood is reported and acknowledged; an unknown SDP type by its own code', async () => {
  const { session, welcome, event, transport, errors, said, clock } = bench();
  session.connect();
  welcome();
  transport.onText?.('{"type":');
  event(1, { type: 'confetti' });
  event(2, {
    type: 'signal',
    from: 'aaaaaaaaaaaaaaaa',
    signal: { kind: 'description', description: { type: 'rollback', sdp: '' } },
  });
  assert.deepEqual(
    errors.map((error) => error.code),
    ['CLIENT_FRAME_MALFORMED', 'CLIENT_FRAME_MALFORMED', 'SDP_TYPE_UNSUPPORTED'],
  );
  void session.request({ type: 'rename', name: 'B' });
  assert.equal(said.at(-1)?.ack, 2);
  assert.equal(session.status, 'connected');
  await clock.advance(0);
});

test('a refused hello is told and tried again; a foreign version is the end', async () => {
  const { session, transport, say, errors, clock, attempts } = bench();
  const refuse = (code: string): void => {
    transport.onOpen?.();
    say({ type: 'event', s: 0, at: 1, ack: 0, event: { type: 'error', error: { code, message: code } } });
  };
  session.connect();
  refuse('SERVER_FULL');
  assert.equal(errors[0]?.code, 'SERVER_FULL');
  await clock.advance(400);
  assert.equal(attempts(), 2);
  refuse('SERVER_DRAINING'); // nothing that a person could do
  await clock.advance(700);
  assert.equal(attempts(), 3);
  refuse('VERSION_UNSUPPORTED');
  assert.deepEqual(
    errors.map((error) => error.code),
    ['SERVER_FULL', 'VERSION_UNSUPPORTED'],
  );
  assert.equal(session.status, 'closed');
});

test('a listener who has nothing to say acknowledges now and then, so that the server can forget', async () => {
  const { session, welcome, event, said, clock } = bench();
  session.connect();
  welcome();
  event(1, { type: 'reply', re: 1, ok: true });
  await clock.advance(0);
  said.length = 0;
  for (let s = 2; s < 70; s++) event(s, { type: 'lobby', rooms: [] });
  assert.deepEqual(
    said.map((frame) => [frame.request?.type, frame.ack]),
    [['ping', 64]],
  );
});

test('an outbox that is full refuses, and takes again when there is room', async () => {
  const { session } = bench();
  session.connect();
  const refused: string[] = [];
  for (let i = 0; i < 1001; i++) {
    session.request({ type: 'rename', name: 'B' }).catch((thrown) => refused.push(thrown.code));
  }
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(refused, ['CLIENT_OUTBOX_FULL']);
  session.close();
});
