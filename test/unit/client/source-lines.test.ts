/** Descriptions without source lines: everything else stays as it was. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withoutSources } from '../../../src/client/source-lines.ts';

const lines = (...text: readonly string[]): string => text.map((line) => `${line}\r\n`).join('');

test('takes out source lines and nothing else', () => {
  const before = ['v=0', 'm=video 9 UDP/TLS/RTP/SAVPF 96', 'a=mid:1', 'a=rtcp-mux'];
  const after = ['m=application 9 UDP/DTLS/SCTP webrtc-datachannel', 'a=ice-ufrag:ssrc'];
  const sources = ['a=ssrc-group:FID 1 2', 'a=ssrc:1 cname:x', 'a=ssrc:2 msid:- y'];
  assert.deepEqual(withoutSources({ type: 'offer', sdp: lines(...before, ...sources, ...after) }), {
    type: 'offer',
    sdp: lines(...before, ...after),
  });
});

test('leaves a description without text alone', () => {
  assert.deepEqual(withoutSources({ type: 'rollback' }), { type: 'rollback' });
});
