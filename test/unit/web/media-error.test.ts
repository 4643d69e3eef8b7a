/** What a refused camera means. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mediaProblemOf } from '../../../web/src/media/media-error.ts';

const failure = (name: string, message = ''): unknown => Object.assign(new Error(message), { name });

test('without https it is the address, whatever the browser says', () => {
  assert.equal(mediaProblemOf(new TypeError('undefined is not an object'), false), 'insecure');
});

test('a refusal by the person and one by the system are told apart', () => {
  assert.equal(mediaProblemOf(failure('NotAllowedError', 'Permission denied'), true), 'denied');
  assert.equal(mediaProblemOf(failure('NotAllowedError', 'Permission denied by system'), true), 'system');
});

test('every other name of the specification has its meaning', () => {
  assert.equal(mediaProblemOf(failure('NotFoundError'), true), 'missing');
  assert.equal(mediaProblemOf(failure('NotReadableError'), true), 'busy');
  assert.equal(mediaProblemOf(failure('AbortError'), true), 'busy');
  assert.equal(mediaProblemOf(failure('OverconstrainedError'), true), 'constraint');
  assert.equal(mediaProblemOf(failure('SecurityError'), true), 'denied');
});

test('what is not even an error has a word too', () => {
  assert.equal(mediaProblemOf(undefined, true), 'other');
  assert.equal(mediaProblemOf('no', true), 'other');
});
