/** Attributes between text and meaning: what is right is read and written the same, what is wrong is nothing. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  isTlsId,
  makeDirection,
  parseCandidate,
  parseFingerprint,
  parseFormatParameters,
  parseGroup,
  parseHeaderExtension,
  parseMsid,
  parseRestrictionId,
  parseRtcp,
  parseRtcpFeedback,
  parseRtpMap,
  parseSetup,
  parseSimulcast,
  parseSource,
  parseSourceGroup,
  receives,
  reversed,
  sends,
  writeCandidate,
  writeFingerprint,
  writeFormatParameters,
  writeGroup,
  writeHeaderExtension,
  writeMsid,
  writeRestrictionId,
  writeRtcp,
  writeRtcpFeedback,
  writeRtpMap,
  writeSimulcast,
  writeSource,
  writeSourceGroup,
} from '../../../src/sdp/index.ts';

interface Codec {
  readonly name: string;
  /** Reads and writes again. */
  readonly again: (text: string) => string | undefined;
  readonly good: readonly string[];
  readonly bad: readonly string[];
}

function codec<T>(
  name: string,
  parse: (text: string) => T | undefined,
  write: (value: T) => string,
  good: readonly string[],
  bad: readonly string[],
): Codec {
  const again = (text: string) => {
    const value = parse(text);
    return value === undefined ? undefined : write(value);
  };
  return { name, again, good, bad };
}

const SHA256 = Array.from({ length: 32 }, (_, i) => (i * 7).toString(16).padStart(2, '0').toUpperCase());

const CODECS: readonly Codec[] = [
  codec(
    'candidate',
    parseCandidate,
    writeCandidate,
    [
      'candidate:2 1 udp 1694498815 192.0.2.3 45664 typ srflx raddr 203.0.113.141 rport 8998',
      'candidate:1 1 udp 2122260223 1f4712db-ea17-4bcf-a596-105139dfd8bf.local 54596 typ host',
      'candidate:a+/9 1 tcp 1518280447 2001:db8::1 9 typ host tcptype active ufrag Xm3k generation 0 network-cost 10',
    ],
    [
      '',
      'candidate:',
      'candidate:1 0 udp 1 192.0.2.3 1 typ host', // components begin at 1
      'candidate:1 257 udp 1 192.0.2.3 1 typ host',
      'candidate:1 1 udp 4294967296 192.0.2.3 1 typ host',
      'candidate:1 1 udp 1 192.0.2.3 65536 typ host',
      'candidate:1 1 udp 1 192.0.2.3 1 type host',
      'candidate:ä 1 udp 1 192.0.2.3 1 typ host',
      `candidate:${'1'.repeat(33)} 1 udp 1 192.0.2.3 1 typ host`,
    ],
  ),
  codec(
    'fingerprint',
    parseFingerprint,
    writeFingerprint,
    [`sha-256 ${SHA256.join(':')}`, `sha-1 ${SHA256.slice(0, 20).join(':')}`],
    [
      '',
      'sha-256',
      `sha-256 ${SHA256.slice(1).join(':')}`,
      `md5 ${SHA256.slice(0, 16).join(':')}`,
      `sha-256 ${SHA256.join('')}`,
    ],
  ),
  codec('group', parseGroup, writeGroup, ['BUNDLE 0 1', 'LS a b', 'BUNDLE'], ['', 'BUNDLE a/b']),
  codec(
    'rtpmap',
    parseRtpMap,
    writeRtpMap,
    ['111 opus/48000/2', '0 PCMU/8000', '96 VP8/90000'],
    ['', '128 x/1', '96 VP8', '96 VP8/x'],
  ),
  codec(
    'fmtp',
    parseFormatParameters,
    writeFormatParameters,
    ['111 minptime=10;useinbandfec=1', '63 111/111', '97 apt=96', '98 flag'],
    ['', '200 a=b', 'x a=b', '96'],
  ),
  codec(
    'rtcp-fb',
    parseRtcpFeedback,
    writeRtcpFeedback,
    ['96 nack pli', '* transport-cc', '96 ccm fir', '96 goog-remb'],
    ['', '96', '300 nack'],
  ),
  codec(
    'extmap',
    parseHeaderExtension,
    writeHeaderExtension,
    [
      '1 urn:ietf:params:rtp-hdrext:ssrc-audio-level vad=on',
      '14/sendonly http://example.com/x',
      '4096 urn:x',
    ],
    ['', '0 urn:x', '4352 urn:x', '1/sideways urn:x', '1'],
  ),
  codec(
    'ssrc',
    parseSource,
    writeSource,
    ['4294967295 cname:a b:c', '1 mslabel'],
    ['', '4294967296 cname:x', '1', 'x cname:y'],
  ),
  codec(
    'ssrc-group',
    parseSourceGroup,
    writeSourceGroup,
    ['FID 1 2', 'SIM 1 2 3'],
    ['', 'FID', 'FID x', 'FID 4294967296'],
  ),
  codec('msid', parseMsid, writeMsid, ['stream track', '- track', 'stream'], ['', 'a b c']),
  codec(
    'rid',
    parseRestrictionId,
    writeRestrictionId,
    ['h send', 'l recv pt=96,97;max-width=640;depend', '1 send max-fps=30'],
    ['', 'h', 'h both', 'h! send', 'h send pt=x', 'h send a b'],
  ),
  codec(
    'simulcast',
    parseSimulcast,
    writeSimulcast,
    ['send h;m;l', 'send 1,~4;3 recv c', 'recv a'],
    ['', 'send', 'send a send b', 'send ;', 'both a'],
  ),
  codec('rtcp', parseRtcp, writeRtcp, ['9 IN IP4 0.0.0.0', '53020'], ['', '65536', '9 IN IP4']),
];

for (const { name, again, good, bad } of CODECS) {
  test(`${name}: what is right comes back the same`, () => {
    for (const text of good) assert.equal(again(text), text);
  });
  test(`${name}: what is wrong is nothing`, () => {
    for (const text of bad) assert.equal(again(text), undefined, JSON.stringify(text));
  });
  test(`${name}: writing what was read settles, whatever came`, () => {
    const near = fc
      .tuple(fc.constantFrom(...good), fc.nat(200), fc.string({ maxLength: 3 }))
      .map(([text, at, cut]) => {
        const where = at % (text.length + 1);
        return text.slice(0, where) + cut + text.slice(where + 1);
      });
    fc.assert(
      fc.property(fc.oneof(near, fc.string()), (text) => {
        const once = again(text);
        if (once !== undefined) assert.equal(again(once), once);
      }),
      { seed: 8866, numRuns: 500 },
    );
  });
}

test('a candidate is read with or without what stands before it', () => {
  const bare = '1 1 UDP 1 192.0.2.3 1 typ host';
  for (const text of [bare, `candidate:${bare}`, `a=candidate:${bare}`, `a=candidate:${bare} `]) {
    assert.equal(parseCandidate(text)?.transport, 'udp');
  }
  assert.deepEqual(parseCandidate(`${bare} raddr 10.0.0.1 rport 7 x y z`)?.extensions, [['x', 'y']]);
});

test('roles of DTLS and ids of TLS', () => {
  assert.equal(parseSetup('actpass'), 'actpass');
  assert.equal(parseSetup('both'), undefined);
  assert.equal(isTlsId('abc3de65cddef001be82'), true);
  assert.equal(isTlsId('too-short'), false);
});

test('directions turn round', () => {
  assert.equal(reversed('sendonly'), 'recvonly');
  assert.equal(reversed('sendrecv'), 'sendrecv');
  for (const direction of ['sendrecv', 'sendonly', 'recvonly', 'inactive'] as const) {
    assert.equal(makeDirection(sends(direction), receives(direction)), direction);
  }
});
