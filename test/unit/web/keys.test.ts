/** The keys of a call. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { actionOf, isTaken } from '../../../web/src/room/keys.ts';

const press = (
  key: string,
  code: string,
  modifiers: Partial<Record<'ctrlKey' | 'metaKey' | 'altKey', true>> = {},
) => actionOf({ key, code, ctrlKey: false, metaKey: false, altKey: false, ...modifiers });

test('each letter has its action, small or capital', () => {
  assert.equal(press('m', 'KeyM'), 'microphone');
  assert.equal(press('M', 'KeyM'), 'microphone');
  assert.equal(press('?', 'Slash'), 'help');
  assert.equal(press('Escape', 'Escape'), 'close');
});

test('with a Korean layout the place of the key decides', () => {
  assert.equal(press('ㅡ', 'KeyM'), 'microphone');
  assert.equal(press('ㅍ', 'KeyV'), 'camera');
});

test('with a Latin layout other than QWERTY the letter decides', () => {
  // Dvorak: the key that QWERTY calls M types m, the one that it calls S types o.
  assert.equal(press('o', 'KeyS'), undefined);
  assert.equal(press('s', 'Semicolon'), 'share');
});

test('the shortcuts of the browser stay with the browser', () => {
  assert.equal(press('c', 'KeyC', { ctrlKey: true }), undefined);
  assert.equal(press('d', 'KeyD', { metaKey: true }), undefined);
});

test('who writes a message writes, and can still close the chat', () => {
  const writing = { tagName: 'TEXTAREA', role: null };
  assert.equal(isTaken('microphone', writing), true);
  assert.equal(isTaken('talk', writing), true);
  assert.equal(isTaken('close', writing), false);
});

test('the space bar presses a focused button, and letters still act', () => {
  const button = { tagName: 'BUTTON', role: null };
  assert.equal(isTaken('talk', button), true);
  assert.equal(isTaken('microphone', button), false);
  assert.equal(isTaken('talk', { tagName: 'BODY', role: null }), false);
});
