/** stun:, stuns:, turn: and turns: URIs. RFC 7064 appendix A, RFC 7065 appendix A. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseServerUri } from '../../../src/stun/index.ts';

test('the examples of both specifications', () => {
  const short = (text: string): string | undefined => {
    const uri = parseServerUri(text);
    return uri && `${uri.protocol} ${uri.secure} ${uri.host} ${uri.port} ${uri.transport}`;
  };
  assert.equal(short('stun:example.org'), 'stun false example.org 3478 undefined');
  assert.equal(short('stuns:example.org'), 'stun true example.org 5349 undefined');
  assert.equal(short('stun:example.org:8000'), 'stun false example.org 8000 undefined');
  assert.equal(short('turn:example.org'), 'turn false example.org 3478 undefined');
  assert.equal(short('turns:example.org'), 'turn true example.org 5349 undefined');
  assert.equal(short('turn:example.org:8000'), 'turn false example.org 8000 undefined');
  assert.equal(short('turn:example.org?transport=udp'), 'turn false example.org 3478 udp');
  assert.equal(short('turn:example.org?transport=tcp'), 'turn false example.org 3478 tcp');
  assert.equal(short('turns:example.org?transport=tcp'), 'turn true example.org 5349 tcp');
});

test('addresses are canonical, IPv6 stands in brackets, schemes and transports know no case', () => {
  assert.equal(parseServerUri('turn:[2001:DB8:0::1]:443')?.host, '2001:db8::1');
  assert.equal(parseServerUri('TURN:192.0.2.1?transport=UDP')?.transport, 'udp');
  assert.equal(parseServerUri('turn:example.org:3478')?.portGiven, true);
  assert.equal(parseServerUri('turn:example.org')?.portGiven, false);
});

test('what is none of them', () => {
  for (const text of [
    '',
    'example.org',
    'http://example.org',
    'turn://example.org',
    'turn:',
    'turn:example.org:0',
    'turn:example.org:65536',
    'turn:example.org:',
    'turn:2001:db8::1',
    'turn:[192.0.2.1',
    'turn:[not:an:address]',
    'turn:300.1.1.1',
    'turn:user@example.org',
    'turn:example.org?transport=sctp',
    'turn:example.org?transport=udp&x=1',
    'stun:example.org?transport=udp',
    'turn:exa mple.org',
    'turn:-example.org',
    'turn:example..org',
  ]) {
    assert.equal(parseServerUri(text), undefined, text);
  }
});

test('never throws', () => {
  fc.assert(fc.property(fc.string(), (text) => void parseServerUri(`turn:${text}`)));
});
