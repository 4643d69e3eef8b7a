/** The stacks that Node can load, by name. Ours comes as it is published: built. */
import { createRequire } from 'node:module';
import type { Stack } from '../endpoint.ts';

const require = createRequire(import.meta.url);

type Constructor = Stack['RTCPeerConnection'];

export const NODE_STACKS: Readonly<Record<string, () => Promise<Stack>>> = {
  async ieum() {
    const built = new URL('../../../dist/node/webrtc/index.js', import.meta.url).href;
    const { RTCPeerConnection } = (await import(built)) as { RTCPeerConnection: Constructor };
    return { RTCPeerConnection };
  },
  async 'node-datachannel'() {
    const { RTCPeerConnection } = require('node-datachannel/polyfill') as { RTCPeerConnection: Constructor };
    return { RTCPeerConnection };
  },
  async 'roamhq-wrtc'() {
    const { RTCPeerConnection } = require('@roamhq/wrtc') as { RTCPeerConnection: Constructor };
    return { RTCPeerConnection };
  },
  async werift() {
    const { RTCPeerConnection } = require('werift') as { RTCPeerConnection: Constructor };
    // It wants Buffers.
    return { RTCPeerConnection, wrap: (bytes) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length) };
  },
};
