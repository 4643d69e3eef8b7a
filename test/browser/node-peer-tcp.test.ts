/** Our peer on Node and a real Chromium that are told of nothing but TCP: ICE-TCP, RFC 6544. Signaling by hand. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RTCPeerConnection as NodeConnection } from '../../src/node/webrtc/index.ts';
import { stage } from '../support/browser/stage.ts';
import { once } from '../support/webrtc/connect.ts';

const set = stage();

/** A description without candidates but those that can be connected to. */
function withoutUdp(sdp: string): string {
  return sdp
    .split('\r\n')
    .filter((line) => !line.startsWith('a=candidate:') || / tcptype passive/.test(line))
    .join('\r\n');
}

async function gathered(connection: NodeConnection): Promise<string> {
  while (connection.iceGatheringState !== 'complete') await once(connection, 'icegatheringstatechange');
  return connection.localDescription?.sdp ?? '';
}

test('Chromium connects to our listener, and data goes both ways by the stream', async () => {
  const { page } = await set.person({ name: 'page' });
  await page.goto('about:blank');
  const connection = new NodeConnection({ ieum: { loopback: true, tcpListen: true } });
  try {
    const channel = connection.createDataChannel('tcp');
    await connection.setLocalDescription();
    const offer = withoutUdp(await gathered(connection));
    assert.match(offer, /tcptype passive/);
    const answer = await page.evaluate(async (sdp) => {
      const pc = new RTCPeerConnection();
      pc.ondatachannel = ({ channel: theirs }) => {
        theirs.binaryType = 'arraybuffer';
        theirs.onmessage = ({ data }) => theirs.send(data);
      };
      Object.assign(window, { tcpConnection: pc });
      await pc.setRemoteDescription({ type: 'offer', sdp });
      await pc.setLocalDescription();
      return pc.localDescription?.sdp ?? '';
    }, offer);
    await connection.setRemoteDescription({ type: 'answer', sdp: withoutUdp(answer) });
    await once(channel, 'open');
    for (const length of [1, 1200, 65_536, 262_144]) {
      channel.send(new Uint8Array(length).fill(length & 0xff));
      const { data } = await once<MessageEvent>(channel, 'message');
      assert.equal((data as ArrayBuffer).byteLength, length);
    }
    const stats = [...(await connection.getStats()).values()];
    const pair = stats.find((it) => it.type === 'candidate-pair' && it.nominated);
    const local = stats.find(({ id }) => id === pair?.localCandidateId);
    const remote = stats.find(({ id }) => id === pair?.remoteCandidateId);
    assert.deepEqual([local?.protocol, remote?.protocol], ['tcp', 'tcp']);
  } finally {
    connection.close();
  }
});
