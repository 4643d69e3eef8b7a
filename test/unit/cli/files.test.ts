import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { fileTrouble } from '../../../src/cli/files/file-trouble.ts';
import { HashedFile } from '../../../src/cli/files/hashed-file.ts';
import { PartFile } from '../../../src/cli/files/part-file.ts';
import { describe, formatBytes, ProgressLine } from '../../../src/cli/files/progress-line.ts';
import { planFiles } from '../../../src/cli/files/receive-plan.ts';
import { SourceFile } from '../../../src/cli/files/source-file.ts';

let folder = '';
before(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'ieum-parts-'));
});
after(() => rmSync(folder, { recursive: true, force: true }));

function inbox(): string {
  return mkdtempSync(path.join(folder, 'in-'));
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
const offered = (name: string, size: number) => ({ name, size, version: '0011223344556677' });

test('the hash is that of the whole file, wherever reading begins', async () => {
  const file = path.join(folder, 'source');
  const content = 'x'.repeat(3_000_000);
  writeFileSync(file, content);
  for (const offset of [0, 1, 2_999_999, 3_000_000]) {
    const hashed = new HashedFile(await open(file, 'r'));
    hashed.jump(offset);
    assert.equal(hashed.at, offset);
    assert.equal((await hashed.read(5_000_000)).length, content.length - offset);
    assert.equal(await hashed.digest(), sha256(content));
    hashed.jump(7);
    assert.equal((await hashed.read(2)).length, 2);
    assert.equal(await hashed.digest(), sha256(content.slice(0, 9)));
    hashed.jump(4_000_000);
    await assert.rejects(hashed.digest(), /shorter/);
    await hashed.close();
  }
});

test('a part goes on where it ended, and what is longer than the file is begun anew', async () => {
  const to = inbox();
  const first = await PartFile.open(to, 'a.txt', offered('a.txt', 6));
  await first.append(Buffer.from('abc'));
  await first.close();
  const second = await PartFile.open(to, 'a.txt', offered('a.txt', 6));
  assert.equal(second.length, 3);
  await second.append(Buffer.from('def'));
  assert.ok(await second.hasDigest(sha256('abcdef')));
  assert.ok(!(await second.hasDigest(sha256('abcde'))));
  await second.close();
  const shorter = await PartFile.open(to, 'a.txt', offered('a.txt', 2));
  assert.equal(shorter.length, 0);
  await shorter.close();
});

test('a finished part replaces nothing unless it may', async () => {
  const to = inbox();
  writeFileSync(path.join(to, 'a.txt'), 'old');
  for (const expected of ['a (2).txt', 'a (3).txt']) {
    const part = await PartFile.open(to, 'a.txt', offered('a.txt', 1));
    assert.equal(await part.finish(false), path.join(to, expected));
  }
  const part = await PartFile.open(to, 'a.txt', offered('a.txt', 1));
  await part.append(Buffer.from('n'));
  assert.equal(await part.finish(true), path.join(to, 'a.txt'));
  assert.equal(readFileSync(path.join(to, 'a.txt'), 'utf8'), 'n');
  assert.deepEqual(readdirSync(to).sort(), ['a (2).txt', 'a (3).txt', 'a.txt']);
});

test('a link that somebody has put in the way is not followed', {
  skip: process.platform === 'win32',
}, async () => {
  const to = inbox();
  const victim = path.join(folder, 'victim');
  writeFileSync(victim, 'precious');
  symlinkSync(victim, path.join(to, 'a.txt.0011223344556677.part'));
  await assert.rejects(PartFile.open(to, 'a.txt', offered('a.txt', 8)));
  assert.equal(readFileSync(victim, 'utf8'), 'precious');
});

test('names of others are made harmless and distinct, and who is asked about existing files decides', async () => {
  const to = inbox();
  writeFileSync(path.join(to, 'passwd'), '');
  writeFileSync(path.join(to, 'b'), '');
  const plans = await planFiles(
    to,
    ['../../etc/passwd', 'passwd', 'b', 'c'].map((name) => offered(name, 1)),
    async (name) => (name === 'b' ? 'skip' : 'overwrite'),
  );
  assert.ok(typeof plans !== 'string');
  assert.deepEqual(
    plans.map((plan) => plan && [plan.name, plan.overwrite]),
    [['passwd', true], ['passwd (2)', false], undefined, ['c', false]],
  );
});

test('more than the disk holds is declined in words', async () => {
  const plans = await planFiles(inbox(), [offered('a', 2 ** 52), offered('b', 2 ** 52)], async () => 'skip');
  assert.match(String(plans), /no room/);
  assert.match(String(await planFiles(inbox(), [offered('a', 2 ** 52)], async () => 'skip')), /no room/);
});

test('what an earlier run has left needs no room, and a folder of the same name is never replaced', async () => {
  const to = inbox();
  const part = path.join(to, 'a.0011223344556677.part');
  writeFileSync(part, '');
  truncateSync(part, 2 ** 40);
  mkdirSync(path.join(to, 'b'));
  const plans = await planFiles(to, [offered('a', 2 ** 40 + 1), offered('b', 1)], async () => 'overwrite');
  assert.ok(typeof plans !== 'string', String(plans));
  assert.deepEqual(
    plans.map((plan) => plan?.overwrite),
    [false, false],
  );
});

test('what the system says of a file is told in words, without the paths of this machine', () => {
  const full = Object.assign(new Error("ENOSPC: no space left, write 'x/y'"), { code: 'ENOSPC' });
  assert.equal(fileTrouble(full), 'the disk is full');
  assert.equal(fileTrouble(Object.assign(new Error('x'), { code: 'EWEIRD' })), 'EWEIRD');
  assert.equal(fileTrouble(new Error('the file is shorter')), 'the file is shorter');
});

test('what is sent is looked at before anybody is asked to wait', async () => {
  const file = path.join(folder, 'given.txt');
  writeFileSync(file, 'given');
  const { offered: one } = await SourceFile.open(file);
  assert.deepEqual([one.name, one.size], ['given.txt', 5]);
  const { offered: same } = await SourceFile.open(file);
  assert.equal(same.version, one.version);
  await assert.rejects(SourceFile.open(folder), /is a folder; put it into an archive/);
  await assert.rejects(SourceFile.open(path.join(folder, 'missing')), /cannot be sent/);
});

test('progress is one line that fits the terminal, and few lines in a log', () => {
  const at = { ms: 0 };
  const written: string[] = [];
  const sink = { isTTY: true, columns: 80, write: (text: string) => written.push(text) };
  const line = new ProgressLine(sink, () => at.ms);
  for (; at.ms < 1000; at.ms += 10) line.update('a.bin', at.ms * 1000, 10_000_000);
  assert.equal(written.length, 10);
  assert.ok(written.every((text) => text.startsWith('\r') && text.length < 90));
  assert.match(written.at(-1) ?? '', /1\.0 MB\/s {2}0:1\d left/);
  written.length = 0;
  line.say('Sent: a\u001b[2J\u202eb\nnext');
  assert.equal(written.at(-1), '\r\u001b[KSent: a[2Jb\nnext\n', 'names cannot command the terminal');
  written.length = 0;
  const log = new ProgressLine({ write: (text: string) => written.push(text) }, () => at.ms);
  for (let i = 0; i < 1000; i++, at.ms += 10) log.update('a.bin', i, 1000);
  assert.equal(written.length, 2);
});

test('numbers are for people', () => {
  assert.deepEqual([0, 999, 1000, 65_536, 123_456_789, 999_999_999, 5e12].map(formatBytes), [
    '0 B',
    '999 B',
    '1.0 kB',
    '65.5 kB',
    '123 MB',
    '1.0 GB',
    '5.0 TB',
  ]);
  assert.match(describe('a', 5e9, 10e9, 1e6, undefined), /50 %.*1:23:20 left/);
  assert.match(describe('empty', 0, 0, 0, undefined), /100 %/);
  assert.ok(describe('a very long name'.repeat(9), 1, 2, 1, 40).length < 40);
});
