/** Whole descriptions: what browsers write is read, and written again to the byte. RFC 8866 §5. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  attributeOf,
  attributesOf,
  directionOf,
  iceParametersOf,
  isDataSection,
  maxMessageBytesOf,
  parseDescription,
  type SessionDescription,
  sctpPortOf,
  writeDescription,
} from '../../../src/sdp/index.ts';

const BROWSER_OFFER = [
  'v=0',
  'o=- 4611731400430051336 2 IN IP4 127.0.0.1',
  's=-',
  't=0 0',
  'a=group:BUNDLE 0 1',
  'a=extmap-allow-mixed',
  'a=msid-semantic: WMS',
  'a=ice-options:trickle',
  'm=audio 9 UDP/TLS/RTP/SAVPF 111 63',
  'c=IN IP4 0.0.0.0',
  'b=AS:64',
  'a=rtcp:9 IN IP4 0.0.0.0',
  'a=ice-ufrag:Xm3k',
  'a=ice-pwd:0123456789abcdefghijkl',
  'a=mid:0',
  'a=recvonly',
  'a=rtcp-mux',
  'a=rtpmap:111 opus/48000/2',
  'a=fmtp:111 minptime=10;useinbandfec=1',
  'm=application 9 UDP/DTLS/SCTP webrtc-datachannel',
  'c=IN IP4 0.0.0.0',
  'a=ice-ufrag:Xm3k',
  'a=ice-pwd:0123456789abcdefghijkl',
  'a=ice-options:renomination',
  'a=mid:1',
  'a=sctp-port:5000',
  'a=max-message-size:262144',
  '',
].join('\r\n');

function read(text: string): SessionDescription {
  const { description, fault } = parseDescription(text);
  assert.ok(description, fault?.reason);
  return description;
}

test('a browser’s offer comes back to the byte', () => {
  assert.equal(writeDescription(read(BROWSER_OFFER)), BROWSER_OFFER);
});

test('lone line feeds and a missing last line end are taken too', () => {
  const bare = BROWSER_OFFER.replaceAll('\r\n', '\n').trimEnd();
  assert.equal(writeDescription(read(bare)), BROWSER_OFFER);
});

test('sections tell what they carry', () => {
  const session = read(BROWSER_OFFER);
  const [audio, data] = session.media;
  assert.ok(audio && data);
  assert.equal(directionOf(audio), 'recvonly');
  assert.equal(isDataSection(audio), false);
  assert.equal(isDataSection(data), true);
  assert.equal(sctpPortOf(data), 5000);
  assert.equal(maxMessageBytesOf(data), 262_144);
  assert.equal(maxMessageBytesOf(audio), 65_536); // RFC 8841 §6: the default
  assert.deepEqual(attributesOf(session, 'group'), ['BUNDLE 0 1']);
  assert.equal(attributeOf(audio, 'rtcp-mux'), '');
  assert.deepEqual(iceParametersOf(session, data), {
    usernameFragment: 'Xm3k',
    password: '0123456789abcdefghijkl',
    lite: false,
    options: ['trickle', 'renomination'],
  });
});

test('every optional line of the grammar has its place', () => {
  const everything = [
    'v=0',
    'o=jdoe 3724394400 3724394405 IN IP4 198.51.100.1',
    's=Call to John Smith',
    'i=SDP Offer #1',
    'u=http://www.jdoe.example.com/home.html',
    'e=Jane Doe <jane@jdoe.example.com>',
    'p=+1 617 555-6011',
    'c=IN IP4 198.51.100.1',
    'b=CT:128',
    't=3724394400 3724398000',
    'r=604800 3600 0 90000',
    'z=3724394400 -1h 3724398000 0',
    't=0 0',
    'a=recvonly',
    'm=audio 49170/2 RTP/AVP 0',
    'i=the title of the section',
    'c=IN IP6 2001:db8::1',
    'b=TIAS:64000',
    'a=x-unknown',
    '',
  ].join('\r\n');
  assert.equal(writeDescription(read(everything)), everything);
});

test('the obsolete key line is read over', () => {
  // RFC 8866 §5.12: MUST NOT be used; SHOULD be ignored.
  const session = read('v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\nk=prompt\r\na=x\r\n');
  assert.deepEqual(session.attributes, [{ name: 'x' }]);
});

const broken: readonly (readonly [what: string, text: string, line: number])[] = [
  ['nothing at all', '', 1],
  ['no letter before the equals sign', 'v=0\r\nhello', 2],
  ['another version', 'v=1\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n', 1],
  ['no origin', 'v=0\r\ns=-\r\nt=0 0\r\n', 2],
  ['an origin with a word missing', 'v=0\r\no=- 1 1 IN IP4\r\ns=-\r\nt=0 0\r\n', 2],
  ['no timing', 'v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\n', 3],
  ['a line out of order', 'v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\na=x\r\nc=IN IP4 0.0.0.0\r\n', 6],
  [
    'a port beyond the last',
    'v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\nm=audio 65536 RTP/AVP 0\r\n',
    5,
  ],
  ['a section without formats', 'v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\nm=audio 9 RTP/AVP\r\n', 5],
  ['a NUL', 'v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=\0\r\nt=0 0\r\n', 3],
  ['an empty line in the middle', 'v=0\r\n\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n', 2],
];
for (const [what, text, line] of broken) {
  test(`says where the description breaks: ${what}`, () => {
    const { fault } = parseDescription(text);
    assert.equal(fault?.line, line);
    assert.match(fault?.reason ?? '', /\.$/);
  });
}

test('a description of 300 KB is read, one beyond the limit is refused by its length', () => {
  const start = 'v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n';
  assert.equal(read(start + 'a=x:yyyyyyyyyyyyyyyyyyyyyyyyy\r\n'.repeat(10_000)).attributes.length, 10_000);
  const { fault } = parseDescription(`${start}a=x:${'y'.repeat(2 ** 20)}\r\n`);
  assert.match(fault?.reason ?? '', /at most 1048576/);
});

test('any text is read or refused, never thrown at', () => {
  const lines = fc.array(fc.string({ unit: 'binary', maxLength: 40 }), { maxLength: 30 });
  const likely = fc.array(
    fc.oneof(fc.constantFrom(...BROWSER_OFFER.split('\r\n')), fc.string({ maxLength: 20 })),
    { maxLength: 40 },
  );
  fc.assert(
    fc.property(fc.oneof(lines, likely), fc.constantFrom('\n', '\r\n', '\r'), (parts, end) => {
      const { description } = parseDescription(parts.join(end));
      if (description) {
        const written = writeDescription(description);
        assert.equal(writeDescription(read(written)), written);
      }
    }),
    { seed: 4566, numRuns: 2000 },
  );
});
