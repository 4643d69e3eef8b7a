/** Two connections of one process, over real sockets: open, talk, close, and nothing is left. */
import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import {
  type RTCConfiguration,
  RTCDataChannel,
  type RTCDataChannelInit,
  RTCPeerConnection,
} from '../../../src/node/webrtc/index.ts';
import { once, openChannel, wire } from '../../support/webrtc/connect.ts';

const open: RTCPeerConnection[] = [];

afterEach(() => {
  for (const connection of open.splice(0)) connection.close();
});

function connection(configuration?: RTCConfiguration): RTCPeerConnection {
  const made = new RTCPeerConnection(configuration);
  open.push(made);
  return made;
}

function wiredPair(configuration?: RTCConfiguration): readonly [RTCPeerConnection, RTCPeerConnection] {
  const pair = [connection(configuration), connection(configuration)] as const;
  wire(...pair);
  return pair;
}

const bytesOf = (data: unknown): number[] => [...new Uint8Array(data as ArrayBuffer)];

test('text goes there and back', async () => {
  const [a, b] = wiredPair();
  const { near, far } = await openChannel(a, b, '대화', { protocol: 'p' });
  assert.ok(far instanceof RTCDataChannel);
  assert.equal(far.label, '대화');
  assert.equal(far.protocol, 'p');
  assert.equal(far.readyState, 'open');
  assert.equal(far.id, near.id);
  near.send('안녕');
  assert.equal((await once<MessageEvent>(far, 'message')).data, '안녕');
  far.send('그래');
  assert.equal((await once<MessageEvent>(near, 'message')).data, '그래');
  assert.equal(a.connectionState, 'connected');
  assert.equal(b.sctp?.state, 'connected');
  assert.equal(b.sctp.transport.state, 'connected');
  assert.equal(b.sctp.transport.getRemoteCertificates().length, 1);
});

test('a message handler that is set when the channel has been awaited misses nothing', async () => {
  const [a, b] = wiredPair();
  const announced = once<{ readonly channel: RTCDataChannel }>(b, 'datachannel');
  const near = a.createDataChannel('early');
  near.onopen = () => near.send('first');
  const { channel } = await announced;
  await Promise.resolve();
  const message = once<MessageEvent>(channel, 'message');
  assert.equal((await message).data, 'first');
});

for (const byteLength of [0, 1, 1200, 16_384, 65_536, 262_144]) {
  test(`binary of ${byteLength} bytes`, async () => {
    const [a, b] = wiredPair();
    const { near, far } = await openChannel(a, b);
    const bytes = Uint8Array.from({ length: byteLength }, (_, i) => (i * 31) & 0xff);
    near.send(bytes);
    assert.deepEqual(bytesOf((await once<MessageEvent>(far, 'message')).data), [...bytes]);
    far.binaryType = 'blob';
    near.send(new Blob([bytes]));
    const { data } = await once<MessageEvent>(far, 'message');
    assert.ok(data instanceof Blob);
    assert.deepEqual(bytesOf(await data.arrayBuffer()), [...bytes]);
  });
}

const modes: readonly RTCDataChannelInit[] = [
  { ordered: true },
  { ordered: false },
  { ordered: true, maxRetransmits: 0 },
  { ordered: false, maxRetransmits: 3 },
  { ordered: true, maxPacketLifeTime: 500 },
  { ordered: false, maxPacketLifeTime: 65_535 },
];
for (const mode of modes) {
  test(`the other side sees the mode ${JSON.stringify(mode)}`, async () => {
    const [a, b] = wiredPair();
    const { near, far } = await openChannel(a, b, 'mode', mode);
    for (const { ordered, maxRetransmits, maxPacketLifeTime } of [near, far]) {
      assert.equal(ordered, mode.ordered);
      assert.equal(maxRetransmits, mode.maxRetransmits ?? null);
      assert.equal(maxPacketLifeTime, mode.maxPacketLifeTime ?? null);
    }
    near.send('x');
    assert.equal((await once<MessageEvent>(far, 'message')).data, 'x');
  });
}

test('negotiated channels need no announcement', async () => {
  const [a, b] = wiredPair();
  const init = { negotiated: true, id: 42 };
  const near = a.createDataChannel('', init);
  const far = b.createDataChannel('', init);
  await Promise.all([once(near, 'open'), once(far, 'open')]);
  assert.equal(near.id, 42);
  far.send('hello');
  assert.equal((await once<MessageEvent>(near, 'message')).data, 'hello');
});

test('many small messages in one turn arrive in order, and the amount falls to zero', async () => {
  const [a, b] = wiredPair();
  const { near, far } = await openChannel(a, b);
  const COUNT = 5000;
  const received: number[] = [];
  const all = new Promise<void>((resolve) => {
    far.onmessage = ({ data }) => {
      if (received.push(Number(data)) === COUNT) resolve();
    };
  });
  const low = once(near, 'bufferedamountlow');
  for (let i = 0; i < COUNT; i++) near.send(String(i));
  assert.equal(near.bufferedAmount, [...Array(COUNT).keys()].join('').length);
  await Promise.all([all, low]);
  assert.deepEqual(received, [...Array(COUNT).keys()]);
  assert.equal(near.bufferedAmount, 0);
});

test('a closed channel: closing and close on the other side, close on ours; the connection stays', async () => {
  const [a, b] = wiredPair();
  const { near, far } = await openChannel(a, b);
  const heard: string[] = [];
  far.onclosing = () => void heard.push('far closing');
  far.onclose = () => void heard.push('far close');
  near.onclosing = () => void heard.push('near closing');
  const closes = Promise.all([once(near, 'close'), once(far, 'close')]);
  near.close();
  assert.equal(near.readyState, 'closing');
  await closes;
  assert.deepEqual(heard, ['far closing', 'far close']);
  assert.equal(near.readyState, 'closed');
  assert.throws(() => near.send('x'), { name: 'InvalidStateError' });
  const next = await openChannel(a, b, 'again');
  assert.equal(next.far.label, 'again');
});

test('a closed connection: error and close at once on the other side, silence on ours', async () => {
  const [a, b] = wiredPair();
  const { near, far } = await openChannel(a, b);
  const heard: string[] = [];
  near.onclose = () => void heard.push('near close');
  a.onconnectionstatechange = () => void heard.push('near connection');
  far.onerror = ({ type }) => void heard.push(`far ${type}`);
  const closed = once(far, 'close');
  a.close();
  assert.equal(near.readyState, 'closed');
  assert.equal(a.signalingState, 'closed');
  assert.equal(a.iceConnectionState, 'closed');
  assert.equal(a.connectionState, 'closed');
  await closed;
  assert.deepEqual(heard, ['far error']);
});

test('what is sent while the other side closes is taken for as long as the channel says that it is open', async () => {
  const [a, b] = wiredPair();
  const { near } = await openChannel(a, b);
  let sent = 0;
  const closed = once(near, 'close');
  b.close();
  while (near.readyState === 'open') {
    near.send('is anybody there?');
    sent += 1;
    await new Promise((resolve) => setImmediate(resolve));
  }
  await closed;
  assert.ok(sent > 0);
  assert.throws(() => near.send('no'), { name: 'InvalidStateError' });
});

test('a closed connection refuses everything', async () => {
  const a = connection();
  a.close();
  a.close();
  assert.throws(() => a.createDataChannel('x'), { name: 'InvalidStateError' });
  assert.throws(() => a.setConfiguration(), { name: 'InvalidStateError' });
  await assert.rejects(a.createOffer(), { name: 'InvalidStateError' });
  await assert.rejects(a.addIceCandidate({ candidate: '', sdpMid: '0' }), { name: 'InvalidStateError' });
  assert.equal((await a.getStats()).size > 0, true);
});

test('an ICE restart changes the credentials and keeps the channel', async () => {
  const [a, b] = wiredPair();
  const { near, far } = await openChannel(a, b);
  const before = a.sctp?.transport.iceTransport.getLocalParameters()?.usernameFragment;
  const restarted = once(a, 'icegatheringstatechange');
  a.restartIce();
  await restarted;
  far.send('still here');
  assert.equal((await once<MessageEvent>(near, 'message')).data, 'still here');
  while (a.signalingState !== 'stable' || b.signalingState !== 'stable')
    await once(a, 'signalingstatechange');
  const after = a.sctp?.transport.iceTransport.getLocalParameters()?.usernameFragment;
  assert.notEqual(after, before);
  near.send('and here');
  assert.equal((await once<MessageEvent>(far, 'message')).data, 'and here');
});

test('statistics tell of the channel, the transport and the pair', async () => {
  const [a, b] = wiredPair();
  const { near, far } = await openChannel(a, b, 'counted');
  near.send('12345');
  await once(far, 'message');
  const report = await a.getStats();
  const stats = [...report.values()];
  const channel = stats.find(({ type }) => type === 'data-channel');
  assert.equal(channel?.label, 'counted');
  assert.equal(channel.messagesSent, 1);
  assert.equal(channel.bytesSent, 5);
  const transport = stats.find(({ type }) => type === 'transport');
  assert.equal(transport?.dtlsState, 'connected');
  const pair = report.get(String(transport.selectedCandidatePairId));
  assert.equal(pair?.type, 'candidate-pair');
  assert.equal(report.get(String(pair.localCandidateId))?.type, 'local-candidate');
  assert.equal(report.get(String(transport.remoteCertificateId))?.type, 'certificate');
});

test('the old methods call back', async () => {
  const a = connection();
  const b = connection();
  a.createDataChannel('x');
  const offer = await new Promise<{ type: 'offer' | 'answer' | 'pranswer' | 'rollback'; sdp: string }>(
    (resolve, reject) => void a.createOffer(resolve, reject),
  );
  assert.equal(offer.type, 'offer');
  await new Promise<void>((resolve, reject) => void a.setLocalDescription(offer, resolve, reject));
  await new Promise<void>((resolve, reject) => void b.setRemoteDescription(offer, resolve, reject));
  const refusal = await new Promise<DOMException>((resolve) => void a.createAnswer(() => {}, resolve));
  assert.equal(refusal.name, 'InvalidStateError');
});

test('SDP that is no SDP is an RTCError that tells the line', async () => {
  const a = connection();
  await assert.rejects(a.setRemoteDescription({ type: 'offer', sdp: 'v=0\r\nbad' }), {
    name: 'OperationError',
    errorDetail: 'sdp-syntax-error',
    sdpLineNumber: 2,
  });
  await assert.rejects(a.setRemoteDescription({ type: 'sing' as 'offer' }), TypeError);
});

test('host candidates stay in the range of ports that is asked for', async () => {
  const a = connection({ ieum: { portRange: [52_000, 52_099] } });
  a.createDataChannel('x');
  const ports: number[] = [];
  const complete = new Promise<void>((resolve) => {
    a.onicecandidate = ({ candidate }) => {
      if (candidate === null) resolve();
      else if (candidate.protocol === 'udp') ports.push(candidate.port ?? 0);
    };
  });
  await a.setLocalDescription();
  await complete;
  assert.ok(ports.length > 0);
  assert.ok(ports.every((port) => port >= 52_000 && port <= 52_099));
});

test('many connections share one UDP port, and give it back', async () => {
  const udpPort = 53_478;
  const pairs = [0, 1, 2].map(() => [connection({ ieum: { udpPort } }), connection()] as const);
  const channels = await Promise.all(
    pairs.map(([a, b], i) => {
      wire(a, b);
      return openChannel(a, b, `shared ${i}`);
    }),
  );
  for (const [i, { near, far }] of channels.entries()) {
    far.send(`to ${i}`);
    assert.equal((await once<MessageEvent>(near, 'message')).data, `to ${i}`);
  }
  for (const [a] of pairs) {
    const local = a.sctp?.transport.iceTransport.getSelectedCandidatePair()?.local;
    assert.equal(local?.port, udpPort);
  }
  for (const [a] of pairs) a.close();
  const again = connection({ ieum: { udpPort } });
  again.createDataChannel('x');
  const candidate = once<{ readonly candidate: { readonly port: number | null } }>(again, 'icecandidate');
  await again.setLocalDescription();
  assert.equal((await candidate).candidate.port, udpPort);
});
