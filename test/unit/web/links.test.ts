/** Web addresses in messages. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { pieces } from '../../../web/src/room/links.ts';

test('an address in a sentence is a link, the full stop after it is not', () => {
  assert.deepEqual(pieces('See https://example.org/a?b=c. Good?'), [
    { text: 'See ', link: false },
    { text: 'https://example.org/a?b=c', link: true },
    { text: '. Good?', link: false },
  ]);
});

test('nothing but the web becomes a link', () => {
  for (const text of ['javascript:alert(1)', 'data:text/html,x', 'ftp://x.org', 'https://']) {
    assert.ok(
      pieces(text).every((piece) => !piece.link),
      text,
    );
  }
});

test('no letter of a message is lost', () => {
  const text = fc.array(fc.oneof(fc.string(), fc.webUrl())).map((parts) => parts.join(' '));
  fc.assert(
    fc.property(text, (message) => {
      assert.equal(
        pieces(message)
          .map((piece) => piece.text)
          .join(''),
        message,
      );
    }),
  );
});
