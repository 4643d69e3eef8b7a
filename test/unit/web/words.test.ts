/** The dictionaries: the compiler holds the keys together, this holds the rest. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CLIENT_ERRORS } from '../../../src/client/index.ts';
import { SIGNALING_ERRORS } from '../../../src/signaling/index.ts';
import { en } from '../../../web/src/words/en.ts';
import { errorsEn } from '../../../web/src/words/errors-en.ts';
import { errorsKo } from '../../../web/src/words/errors-ko.ts';
import { ko } from '../../../web/src/words/ko.ts';
import { languageOf } from '../../../web/src/words/words.ts';

test('nothing is left empty or in the other language', () => {
  for (const [key, entry] of Object.entries(ko)) {
    const text = typeof entry === 'string' ? entry : String(entry);
    assert.notEqual(text.trim(), '', key);
    const same = Reflect.get(en, key) === entry;
    assert.equal(same, false, `${key} is the same in Korean and English`);
  }
});

test('Korean speaks in 해요체: no sentence ends in 다', () => {
  const sentences = [...Object.values(ko), ...Object.values(errorsKo)].filter(
    (entry) => typeof entry === 'string',
  );
  assert.deepEqual(
    sentences.filter((sentence) => /니다[.?!]/.test(`${sentence}.`)),
    [],
  );
});

test('every refusal of the server and of the call has its sentence in both languages', () => {
  for (const code of [...Object.keys(SIGNALING_ERRORS), ...Object.keys(CLIENT_ERRORS)]) {
    for (const errors of [errorsEn, errorsKo]) assert.ok(Reflect.get(errors, code), code);
  }
});

test('the first language of the browser that the page speaks is taken', () => {
  assert.equal(languageOf(['fr-FR', 'ko-KR', 'en']), 'ko');
  assert.equal(languageOf(['en-GB', 'ko']), 'en');
  assert.equal(languageOf(['ja']), 'en');
  assert.equal(languageOf([]), 'en');
});
