/** Our peer on Node and a real Chromium, through our signaling server, STUN and TURN: data in every way that there is. */
import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import type { Page } from 'playwright-core';
import type { RTCDataChannel as DataChannel } from '../../src/webrtc/index.ts';
import { openByHand } from '../support/browser/hand-written.ts';
import { selectedPairs } from '../support/browser/judge.ts';
import { stage } from '../support/browser/stage.ts';
import { createRoom } from '../support/raw-client.ts';
import { once } from '../support/webrtc/connect.ts';
import { RoomPeer } from '../support/webrtc/room-peer.ts';

declare global {
  interface Window {
    pc: RTCPeerConnection;
    channels: Record<string, RTCDataChannel>;
    iceServers: RTCIceServer[];
    begin(configuration?: RTCConfiguration): Promise<void>;
    openChannel(label: string, init?: RTCDataChannelInit): Promise<void>;
    talk(label: string, lengths: number[]): Promise<string>;
  }
}

const set = stage();

/** Text and binary of each. */
const LENGTHS = [1, 2, 1199, 1200, 16_384, 65_535, 65_536, 262_144];

interface Meeting {
  readonly page: Page;
  readonly peer: RoomPeer;
}

const meetings: Meeting[] = [];

afterEach(async () => {
  for (const { peer } of meetings.splice(0)) {
    await peer.close();
    assert.deepEqual(peer.failures, []);
  }
});

/** Both are in one room, and nothing is negotiated. `configure`: from the ICE servers that the server gives. */
async function meet(
  configure: (servers: readonly RTCIceServer[]) => RTCConfiguration = () => ({}),
): Promise<Meeting> {
  const room = await createRoom(set.server);
  const person = await set.person({ name: 'page' });
  await openByHand(person, set.server, room, { body: 'data', scripts: ['test/browser/data-page.js'] });
  const { page } = person;
  const peer = await RoomPeer.join(set.server, room);
  const { iceServers = [], iceTransportPolicy = 'all' } = configure(peer.iceServers);
  peer.begin({ iceServers, iceTransportPolicy, ieum: { loopback: true } });
  await page.evaluate((configuration) => window.begin(configuration), { iceServers, iceTransportPolicy });
  meetings.push({ page, peer });
  return { page, peer };
}

/** Our side opens, the page echoes. */
async function talk(channel: DataChannel, lengths: readonly number[]): Promise<void> {
  for (const length of lengths) {
    const text = '가'.repeat(length / 3) + 'x'.repeat(length % 3);
    channel.send(text);
    assert.equal((await once<MessageEvent>(channel, 'message')).data, text);
    const bytes = Uint8Array.from({ length }, (_, i) => (i * 31 + length) & 0xff);
    channel.send(bytes);
    const { data } = await once<MessageEvent>(channel, 'message');
    assert.deepEqual(Buffer.from(data as ArrayBuffer).compare(bytes), 0);
  }
}

function echo(peer: RoomPeer): void {
  peer.connection.ondatachannel = ({ channel }) => {
    channel.onmessage = ({ data }) => channel.send(data as ArrayBuffer);
  };
}

test('we offer: text and binary of 1 byte to 256 KiB, there and back', async () => {
  const { peer } = await meet();
  const channel = peer.connection.createDataChannel('ours');
  await once(channel, 'open');
  await talk(channel, LENGTHS);
  assert.equal(peer.connection.connectionState, 'connected');
});

test('the page offers: text and binary of 1 byte to 256 KiB, there and back', async () => {
  const { page, peer } = await meet();
  echo(peer);
  await page.evaluate(() => window.openChannel('theirs'));
  assert.equal(await page.evaluate((lengths) => window.talk('theirs', lengths), LENGTHS), 'all came back');
  assert.equal(await page.evaluate(() => window.pc.connectionState), 'connected');
});

const MODES: readonly RTCDataChannelInit[] = [
  { ordered: true },
  { ordered: false },
  { ordered: true, maxRetransmits: 0 },
  { ordered: false, maxRetransmits: 5 },
  { ordered: true, maxPacketLifeTime: 1000 },
  { ordered: false, maxPacketLifeTime: 1000, protocol: '규약' },
];

test('every reliability mode, opened by us and by the page', async () => {
  const { page, peer } = await meet();
  const { connection } = peer;
  for (const [i, mode] of MODES.entries()) {
    const ours = connection.createDataChannel(`ours ${i}`, mode);
    await once(ours, 'open');
    await talk(ours, [1, 1000, 20_000]);
    const seen = await page.evaluate((label) => {
      const { ordered, maxRetransmits, maxPacketLifeTime, protocol } = window.channels[label] ?? {};
      return { ordered, maxRetransmits, maxPacketLifeTime, protocol };
    }, `ours ${i}`);
    const wanted = { maxRetransmits: null, maxPacketLifeTime: null, protocol: '', ...mode };
    assert.deepEqual(seen, wanted);

    const announced = once<{ readonly channel: DataChannel }>(connection, 'datachannel');
    await page.evaluate(([label, init]) => window.openChannel(label, init), [`theirs ${i}`, mode] as const);
    const { channel } = await announced;
    channel.onmessage = ({ data }) => channel.send(data as ArrayBuffer);
    assert.equal(channel.ordered, mode.ordered);
    assert.equal(channel.maxRetransmits, mode.maxRetransmits ?? null);
    assert.equal(channel.maxPacketLifeTime, mode.maxPacketLifeTime ?? null);
    assert.equal(channel.protocol, mode.protocol ?? '');
    const said = await page.evaluate((label) => window.talk(label, [1, 1000, 20_000]), `theirs ${i}`);
    assert.equal(said, 'all came back');
  }
});

test('channels that both have agreed on', async () => {
  const { page, peer } = await meet();
  const init = { negotiated: true, id: 7 };
  const ours = peer.connection.createDataChannel('agreed', init);
  ours.onmessage = ({ data }) => ours.send(data as ArrayBuffer);
  await page.evaluate((dict) => window.openChannel('agreed', dict), init);
  assert.equal(await page.evaluate(() => window.talk('agreed', [1, 5000])), 'all came back');
});

for (const who of ['we', 'the page'] as const) {
  test(`${who} restart ICE, and the channel goes on`, async () => {
    const { page, peer } = await meet();
    const channel = peer.connection.createDataChannel('long');
    await once(channel, 'open');
    const fragment = () =>
      peer.connection.sctp?.transport.iceTransport.getRemoteParameters()?.usernameFragment;
    const before = fragment();
    const settled = new Promise<void>((resolve) => {
      peer.connection.addEventListener('signalingstatechange', () => {
        if (peer.connection.signalingState === 'stable' && fragment() !== before) resolve();
      });
    });
    if (who === 'we') peer.connection.restartIce();
    else await page.evaluate(() => window.pc.restartIce());
    await settled;
    await talk(channel, [1, 100_000]);
    assert.notEqual(fragment(), before);
  });

  test(`${who} close the channel, then the connection`, async () => {
    const { page, peer } = await meet();
    const channel = peer.connection.createDataChannel('brief');
    await once(channel, 'open');
    await talk(channel, [10]);
    const closed = once(channel, 'close');
    if (who === 'we') channel.close();
    else await page.evaluate(() => window.channels.brief?.close());
    await closed;
    await page.waitForFunction(() => window.channels.brief?.readyState === 'closed');

    const last = peer.connection.createDataChannel('last');
    await once(last, 'open');
    await talk(last, [10]);
    if (who === 'we') {
      peer.connection.close();
      await page.waitForFunction(() => window.channels.last?.readyState === 'closed');
    } else {
      const gone = once(last, 'close');
      await page.evaluate(() => window.pc.close());
      await gone;
    }
    assert.equal(last.readyState, 'closed');
  });
}

for (const transport of ['udp', 'tcp'] as const) {
  test(`both through the relay, we over ${transport}`, async () => {
    const fits = (url: string): boolean => url.startsWith('turn:') && url.endsWith(`transport=${transport}`);
    const { page, peer } = await meet((servers) => ({
      iceTransportPolicy: 'relay',
      iceServers: servers
        .map((server) => ({ ...server, urls: [server.urls].flat().filter(fits) }))
        .filter(({ urls }) => urls.length > 0),
    }));
    const channel = peer.connection.createDataChannel('relayed');
    await once(channel, 'open');
    await talk(channel, [1, 1200, 65_536, 262_144]);
    const pair = peer.connection.sctp?.transport.iceTransport.getSelectedCandidatePair();
    assert.equal(pair?.local.type, 'relay');
    assert.equal(pair.local.relayProtocol, transport);
    const [theirs] = await selectedPairs(page);
    assert.equal(theirs?.localType, 'relay');
  });
}
