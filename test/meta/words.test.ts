/** Words that do not belong in a repository: unfinished work, one person's machine, tools of the trade, registry hosts. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { repositoryFiles, type SourceFile } from '../support/meta/sources.ts';

/** Written in two pieces each, so that this list does not find itself. */
const WORDS: readonly (readonly [RegExp, string])[] = [
  [word('TO', 'DO'), 'finish it, or write an issue'],
  [word('FIX', 'ME'), 'fix it, or write an issue'],
  [word('XX', 'X'), 'say what is meant'],
  [word('HA', 'CK'), 'say why it must stay so'],
  [/@ts-(ignore|nocheck|expect-error)/, 'tell the compiler the truth'],
  [/\b(test|it|describe)\.(skip|only|todo)\(/, 'a test runs or is not there'],
  [/(^|[\s"'`(])\/(work|home|root|Users)\/\w/, 'a path of one machine'],
  [
    new RegExp(`registry\\.${'npmjs'}|${'deb'}\\.debian\\.org|npm${'mirror'}\\.`),
    'a registry is a setting of npm, not of ours',
  ],
  [
    new RegExp(`\\b(clau${'de'}|anth${'ropic'}|open${'ai'}|chat${'gpt'}|co${'pilot'}|l${'lm'}s?)\\b`, 'i'),
    'no matter of this project',
  ],
  [/-----BEGIN [A-Z ]*PRIVATE KEY-----\s*\n[A-Za-z0-9+/=]{20}/, 'a private key'],
];

/** Whole word in capitals, as it is written when it is meant. */
function word(...pieces: readonly string[]): RegExp {
  return new RegExp(`\\b${pieces.join('')}\\b`);
}

/** The lock file has hashes, in which any letters can occur. */
const NOT_READ = /^(package-lock\.json)$/;

function violations(files: readonly SourceFile[]): readonly string[] {
  return files
    .filter((file) => !NOT_READ.test(file.path))
    .flatMap((file) =>
      file.text
        .split('\n')
        .flatMap((line, index) =>
          WORDS.filter(([pattern]) => pattern.test(line)).map(
            ([, why]) => `${file.path}:${index + 1}: ${line.trim().slice(0, 100)} ← ${why}`,
          ),
        ),
    );
}

test('no word that does not belong here', () => {
  assert.deepEqual(violations(repositoryFiles()), []);
});

test('the lock file names no registry', () => {
  const lock = repositoryFiles().find((file) => file.path === 'package-lock.json');
  assert.ok(lock);
  assert.doesNotMatch(lock.text, /"resolved"/);
});

const planted: readonly string[] = [
  `// ${'TO'}${'DO'}: later`,
  `// ${'FIX'}${'ME'}`,
  `// @ts-${'ignore'}`,
  `test.${'skip'}('x', () => {});`,
  `const file = '/${'home'}/me/x';`,
  `see /${'work'}/notes`,
  `https://registry.${'npmjs'}.org/x`,
  `written by ${'Clau'}${'de'}`,
];
for (const text of planted) {
  test(`notices: ${text}`, () => {
    assert.equal(violations([{ path: 'src/base/a.ts', text }]).length, 1);
  });
}
