/** Two peers that may only meet at a relay: by every way to it, of our server and of coturn. Real sockets on the loopback. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { createNodePlatform } from '../../src/node/index.ts';
import { nodeShell } from '../../src/node/webrtc/shell.ts';
import {
  createWebRtc,
  type RTCIceServer,
  type RTCPeerConnection,
  type RTCPeerConnectionIceErrorEvent,
  type WebRtc,
} from '../../src/webrtc/index.ts';
import { COTURN_USER, startCoturn } from '../support/coturn-server.ts';
import { startTurnProcess } from '../support/turn-process.ts';
import { once, openChannel, wire } from '../support/webrtc/connect.ts';

const HOST = '127.0.0.1';
const MESSAGES = 200;
const { username, password } = COTURN_USER;

interface Server {
  readonly port: number;
  readonly tlsPort: number;
  /** PEM. */
  readonly ca: string;
  stop(): Promise<unknown>;
}

const SERVERS: readonly (readonly [name: string, start: () => Promise<Server>])[] = [
  [
    'ieum turn',
    async () => {
      const turn = await startTurnProcess(HOST, [
        '--user',
        `${username}:${password}`,
        '--allow-loopback-peers',
      ]);
      const ca = readFileSync(path.join(turn.stateDir, 'authority.pem'), 'utf8');
      return { port: turn.port, tlsPort: turn.tlsPort, ca, stop: turn.stop };
    },
  ],
  ['coturn', () => startCoturn()],
];

for (const [name, start] of SERVERS) {
  describe(`relays of ${name}`, () => {
    let server: Server;
    let webRtc: WebRtc;
    before(async () => {
      server = await start();
      webRtc = createWebRtc({ ...nodeShell(), platform: createNodePlatform({ authorities: [server.ca] }) });
    });
    after(() => server.stop());

    const ways: readonly (readonly [way: string, url: () => string])[] = [
      ['UDP', () => `turn:${HOST}:${server.port}`],
      ['TCP', () => `turn:${HOST}:${server.port}?transport=tcp`],
      ['TLS', () => `turns:${HOST}:${server.tlsPort}`],
      ['DTLS', () => `turns:${HOST}:${server.tlsPort}?transport=udp`],
    ];
    for (const [way, url] of ways) {
      test(`over ${way}: connects and carries data both ways`, async () => {
        const servers = [{ urls: url(), username, credential: password }];
        await throughRelay(webRtc, servers);
      });
    }

    test('a wrong credential is an icecandidateerror with 401, and gathering ends', async () => {
      const { RTCPeerConnection: Connection } = webRtc;
      const iceServers = [{ urls: `turn:${HOST}:${server.port}`, username, credential: 'wrong' }];
      const connection = new Connection({ iceServers, iceTransportPolicy: 'relay' });
      try {
        const told = once<RTCPeerConnectionIceErrorEvent>(connection, 'icecandidateerror');
        connection.createDataChannel('x');
        await connection.setLocalDescription();
        const { errorCode, errorText, url } = await told;
        assert.deepEqual({ errorCode, url }, { errorCode: 401, url: iceServers[0]?.urls });
        assert.match(errorText, /credential is wrong or has expired/);
        if (connection.iceGatheringState !== 'complete') await once(connection, 'icegatheringstatechange');
        assert.equal(connection.iceGatheringState, 'complete');
      } finally {
        connection.close();
      }
    });
  });
}

async function throughRelay(
  { RTCPeerConnection: Connection }: WebRtc,
  iceServers: RTCIceServer[],
): Promise<void> {
  const configuration = { iceServers, iceTransportPolicy: 'relay' } as const;
  const pair = [new Connection(configuration), new Connection(configuration)] as const;
  const errors: string[] = [];
  for (const it of pair)
    it.addEventListener('icecandidateerror', (event) => void errors.push(describeError(event)));
  try {
    wire(...pair);
    const { near, far } = await openChannel(...pair);
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      let heard = 0;
      const all = new Promise<void>((resolve) => {
        to.onmessage = () => {
          heard += 1;
          if (heard === MESSAGES) resolve();
        };
      });
      for (let i = 0; i < MESSAGES; i++) from.send('x'.repeat(1000));
      await all;
    }
    assert.deepEqual(errors, []);
    await assertRelayed(pair[0]);
  } finally {
    for (const it of pair) it.close();
  }
}

function describeError(event: Event): string {
  const { url, errorCode, errorText } = event as RTCPeerConnectionIceErrorEvent;
  return `${url}: ${errorCode} ${errorText}`;
}

async function assertRelayed(connection: RTCPeerConnection): Promise<void> {
  const stats = [...(await connection.getStats()).values()];
  const types = stats.filter(({ type }) => type === 'local-candidate').map((it) => it.candidateType);
  assert.deepEqual([...new Set(types)], ['relay']);
}
