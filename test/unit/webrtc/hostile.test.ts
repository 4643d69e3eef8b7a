/** Signaling that lies: a promise is refused or nothing happens; the process lives on, and the connection still works. */
import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { RTCPeerConnection } from '../../../src/node/webrtc/index.ts';
import { once, openChannel, wire } from '../../support/webrtc/connect.ts';

const made: RTCPeerConnection[] = [];

afterEach(() => {
  for (const connection of made.splice(0)) connection.close();
});

function connection(configuration = {}): RTCPeerConnection {
  const fresh = new RTCPeerConnection(configuration);
  made.push(fresh);
  return fresh;
}

const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 30));

/** Addresses that nobody has, ports that cannot be, protocols that do not fit. */
const CANDIDATES = [
  'candidate:1 1 udp 2130706431 127.0.0.1 0 typ host',
  'candidate:1 1 tcp 1524629503 127.0.0.1 0 typ host tcptype passive',
  'candidate:1 1 udp 2130706431 0.0.0.0 5000 typ host',
  'candidate:1 1 udp 2130706431 255.255.255.255 5000 typ host',
  'candidate:1 1 udp 2130706431 224.0.0.1 5000 typ host',
  'candidate:1 1 udp 2130706431 :: 5000 typ host',
  'candidate:1 1 udp 2130706431 fe80::1 5000 typ host',
  'candidate:1 1 udp 2130706431 ::ffff:127.0.0.1 5000 typ host',
  'candidate:1 1 udp 4294967295 127.0.0.1 65535 typ host',
  'candidate:1 1 udp 0 127.0.0.1 1 typ relay raddr 0.0.0.0 rport 0',
  'candidate:1 1 tcp 1524629503 127.0.0.1 9 typ host tcptype active',
  'candidate:1 1 tcp 1524629503 127.0.0.1 1 typ host tcptype so',
  'candidate:1 1 udp 1 no-such-name.invalid 5000 typ host',
];

test('candidates that lead nowhere do no harm', async () => {
  const [a, b] = [connection({ ieum: { loopback: true } }), connection({ ieum: { loopback: true } })];
  wire(a, b);
  const opening = openChannel(a, b);
  await once(a, 'signalingstatechange');
  while (a.signalingState !== 'stable') await once(a, 'signalingstatechange');
  for (const to of [a, b]) {
    for (const candidate of CANDIDATES) await to.addIceCandidate({ candidate, sdpMid: '0' });
  }
  const { near, far } = await opening;
  near.send('still here');
  assert.equal((await once<MessageEvent>(far, 'message')).data, 'still here');
  await settled();
});

for (const candidate of ['candidate:1 1 udp', 'x'.repeat(100_000), '\0']) {
  test(`a candidate that is none is refused: ${JSON.stringify(candidate.slice(0, 40))}`, async () => {
    const [a, b] = [connection(), connection()];
    a.createDataChannel('x');
    await b.setRemoteDescription(await a.createOffer());
    await assert.rejects(b.addIceCandidate({ candidate, sdpMid: '0' }), { name: 'OperationError' });
    assert.equal(b.signalingState, 'have-remote-offer');
  });
}

for (const [what, bend] of Object.entries({
  'no fingerprint': (sdp: string) => sdp.replace(/a=fingerprint.*\r\n/g, ''),
  'no ICE password': (sdp: string) => sdp.replace(/a=ice-pwd.*\r\n/g, ''),
  'a port that is no port': (sdp: string) => sdp.replace('m=application 9', 'm=application x'),
  'no version': (sdp: string) => sdp.replace('v=0\r\n', ''),
  'megabytes of it': (sdp: string) => sdp + 'a=padding\r\n'.repeat(200_000),
})) {
  test(`a description with ${what} is refused by a promise`, async () => {
    const [a, b] = [connection(), connection()];
    a.createDataChannel('x');
    const { type, sdp } = await a.createOffer();
    await assert.rejects(b.setRemoteDescription({ type, sdp: bend(sdp) }), DOMException);
    assert.equal(b.signalingState, 'stable');
    await b.setRemoteDescription({ type, sdp });
    assert.equal(b.signalingState, 'have-remote-offer');
  });
}

test('a wrong fingerprint ends in failed, with an error that says so', async () => {
  const [a, b] = [connection(), connection()];
  a.createDataChannel('x');
  await a.setLocalDescription();
  const lie = `a=fingerprint:sha-256 ${Array(32).fill('AB').join(':')}`;
  await b.setRemoteDescription({
    type: 'offer',
    sdp: (a.localDescription?.sdp ?? '').replace(/a=fingerprint.*/g, lie),
  });
  await b.setLocalDescription();
  a.onicecandidate = ({ candidate }) => void b.addIceCandidate(candidate);
  b.onicecandidate = ({ candidate }) => void a.addIceCandidate(candidate);
  const transport = b.sctp?.transport;
  assert.ok(transport);
  let detail: string | undefined;
  transport.addEventListener('error', ({ error }) => {
    detail = error.errorDetail;
  });
  await a.setRemoteDescription({ type: 'answer', sdp: b.localDescription?.sdp ?? '' });
  while (b.connectionState !== 'failed') await once(b, 'connectionstatechange');
  assert.equal(transport.state, 'failed');
  assert.equal(detail, 'fingerprint-failure');
});

test('servers that do not exist are told of, and hosts still meet', async () => {
  const dead = {
    iceServers: [
      { urls: 'stun:no-such-name.invalid' },
      { urls: 'turn:127.0.0.1:1?transport=tcp', username: 'u', credential: 'c' },
    ],
  };
  const [a, b] = [connection(dead), connection(dead)];
  const errors: number[] = [];
  a.onicecandidateerror = ({ errorCode }) => void errors.push(errorCode);
  wire(a, b);
  const told = once(a, 'icecandidateerror');
  const { near, far } = await openChannel(a, b);
  near.send('without them');
  assert.equal((await once<MessageEvent>(far, 'message')).data, 'without them');
  await told;
  assert.ok(errors.every((code) => code === 701));
});
