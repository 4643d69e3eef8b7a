/** Files and words between real `ieum` processes through a real server: whole, resumed after a kill, refused in plain words. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { type ServerProcess, startServerProcess } from '../support/server-process.ts';
import { until as comesTrue } from '../support/until.ts';

const PROGRAM = path.resolve(import.meta.dirname, '../../dist/cli/main.js');
const PATIENCE_MS = 60_000;
const BIG_BYTES = 48_000_000;

let server: ServerProcess;
let folder = '';
before(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'ieum-files-'));
  server = await startServerProcess();
});
after(async () => {
  for (const child of running) child.kill('SIGKILL');
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
});

const running = new Set<ChildProcess>();

interface Program {
  readonly child: ChildProcess;
  readonly out: () => string;
  readonly err: () => string;
  readonly ended: Promise<number | null>;
}

function ieum(...args: string[]): Program {
  const child = spawn(process.execPath, [PROGRAM, ...args], { cwd: folder, stdio: ['pipe', 'pipe', 'pipe'] });
  running.add(child);
  let out = '';
  let err = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    err += text;
  });
  const ended = new Promise<number | null>((resolve) => {
    child.once('exit', (code) => {
      running.delete(child);
      resolve(code);
    });
  });
  return { child, out: () => out, err: () => err, ended };
}

function until(fact: () => boolean, what: () => string): Promise<void> {
  return comesTrue(fact, what, PATIENCE_MS);
}

/** Part of a large file is in the folder. */
function untilPartIsIn(folder: string, receiver: Program): Promise<void> {
  const isLarge = (name: string): boolean => statSync(path.join(folder, name)).size > 500_000;
  return until(() => readdirSync(folder).some(isLarge), receiver.err);
}

function make(name: string, bytes: Uint8Array): string {
  const file = path.join(folder, name);
  writeFileSync(file, bytes);
  return file;
}

function inbox(): string {
  return mkdtempSync(path.join(folder, 'inbox-'));
}

/** Offers, and resolves with the link that it prints. */
async function send(...args: string[]): Promise<{ sender: Program; link: string }> {
  const sender = ieum('send', '--server', server.url, ...args);
  const linkOf = (): string | undefined => /ieum receive (\S+)/.exec(sender.out())?.[1];
  await until(() => linkOf() !== undefined, sender.err);
  return { sender, link: linkOf() ?? '' };
}

function sha256(file: string): string {
  return createHash('sha256').update(readFileSync(file)).digest('hex');
}

test('several files arrive whole, an empty one too, and both sides end well', async () => {
  const files = [
    make('a.bin', randomBytes(1_234_567)),
    make('empty', new Uint8Array(0)),
    make('셋.txt', Buffer.from('3')),
  ];
  const { sender, link } = await send(...files);
  const to = inbox();
  const receiver = ieum('receive', link, '--to', to);
  assert.equal(await receiver.ended, 0, receiver.err());
  assert.equal(await sender.ended, 0, sender.err());
  assert.deepEqual(readdirSync(to).sort(), ['a.bin', 'empty', '셋.txt'].sort());
  for (const file of files) assert.equal(sha256(path.join(to, path.basename(file))), sha256(file));
  assert.equal(receiver.out().trim().split('\n').length, 3, 'a line for each file');
});

test('the code alone is enough where the server is known', async () => {
  const { sender, link } = await send(make('b.txt', Buffer.from('by code')));
  const room = /\/r\/([a-z2-7]{24})/.exec(link)?.[1] ?? '';
  const code = (room.match(/.{6}/g) ?? []).join('-').toUpperCase();
  const to = inbox();
  const receiver = ieum('receive', code, '--server', server.url, '--to', to);
  assert.equal(await receiver.ended, 0, receiver.err());
  assert.equal(await sender.ended, 0, sender.err());
  assert.equal(readFileSync(path.join(to, 'b.txt'), 'utf8'), 'by code');
});

test('a receiver that is killed in the middle goes on from there', async () => {
  const file = make('big.bin', randomBytes(BIG_BYTES));
  const { sender, link } = await send(file);
  const to = inbox();
  const first = ieum('receive', link, '--to', to);
  const part = (): number => {
    const [name] = readdirSync(to);
    return name?.endsWith('.part') ? statSync(path.join(to, name)).size : 0;
  };
  await until(() => part() > 1_000_000, first.err);
  first.child.kill('SIGKILL');
  await first.ended;
  await until(() => /connection to the receiver is interrupted/.test(sender.err()), sender.err);
  const kept = part();
  assert.ok(kept > 0 && kept < BIG_BYTES, `${kept} bytes were there when it was killed`);
  const second = ieum('receive', link, '--to', to);
  assert.equal(await second.ended, 0, second.err());
  assert.equal(await sender.ended, 0, sender.err());
  assert.deepEqual(readdirSync(to), ['big.bin']);
  assert.equal(sha256(path.join(to, 'big.bin')), sha256(file));
  const begun = /big\.bin: (\d+) %/.exec(second.err())?.[1];
  assert.equal(Number(begun), Math.floor((kept / BIG_BYTES) * 100), 'nothing was sent twice');
});

test('a sender that is killed, and sends the same again, need not send all of it', async () => {
  const file = make('again.bin', randomBytes(BIG_BYTES));
  const first = await send(file);
  const to = inbox();
  const cut = ieum('receive', first.link, '--to', to);
  await until(() => readdirSync(to).some((name) => statSync(path.join(to, name)).size > 1_000_000), cut.err);
  first.sender.child.kill('SIGKILL');
  await until(() => /connection to the sender is interrupted.*Ctrl-C stops/.test(cut.err()), cut.err);
  cut.child.kill('SIGINT');
  assert.equal(await cut.ended, 130);
  const [name = ''] = readdirSync(to);
  assert.ok(name.endsWith('.part'), 'what has come stays');
  const second = await send(file);
  const receiver = ieum('receive', second.link, '--to', to);
  assert.equal(await receiver.ended, 0, receiver.err());
  assert.equal(sha256(path.join(to, 'again.bin')), sha256(file));
  assert.deepEqual(readdirSync(to), ['again.bin']);
});

test('both sides say that the other does not answer, and go on when it does', {
  skip: process.platform === 'win32',
}, async () => {
  const file = make('frozen.bin', randomBytes(BIG_BYTES));
  const { sender, link } = await send(file);
  const to = inbox();
  const receiver = ieum('receive', link, '--to', to);
  await untilPartIsIn(to, receiver);
  sender.child.kill('SIGSTOP');
  await until(() => /connection to the sender is interrupted/.test(receiver.err()), receiver.err);
  sender.child.kill('SIGCONT');
  assert.equal(await receiver.ended, 0, receiver.err());
  assert.match(receiver.err(), /interrupted.*The sender is back\..*Done: one file/s);
  assert.equal(await sender.ended, 0, sender.err());
  assert.equal(sha256(path.join(to, 'frozen.bin')), sha256(file));
});

test('the server may go while a file comes', async () => {
  const file = make('alone.bin', randomBytes(BIG_BYTES));
  const { sender, link } = await send(file);
  const to = inbox();
  const receiver = ieum('receive', link, '--to', to);
  await untilPartIsIn(to, receiver);
  await server.kill();
  assert.equal(await receiver.ended, 0, receiver.err());
  assert.equal(await sender.ended, 0, sender.err());
  assert.equal(sha256(path.join(to, 'alone.bin')), sha256(file));
  await server.restart();
});

test('whoever takes the files gets them, several at once, and who came to talk is no receiver', async () => {
  const file = make('shared.bin', randomBytes(3_000_000));
  const { sender, link } = await send(file, '--keep');
  const caller = ieum('call', link);
  await until(() => caller.out().includes('ieum send: connected'), caller.out);
  assert.match(caller.out(), /You are in "File transfer: ieum receive takes the files"/);
  caller.child.stdin?.end('/leave\n');
  const talker = ieum('call', link);
  await until(() => talker.out().includes('ieum send: connected'), talker.out);
  assert.equal(await caller.ended, 0);
  assert.ok(!/receiver/i.test(sender.err()), sender.err());
  const inboxes = [inbox(), inbox()];
  const receivers = inboxes.map((to) => ieum('receive', link, '--to', to));
  for (const receiver of receivers) assert.equal(await receiver.ended, 0, receiver.err());
  for (const to of inboxes) assert.equal(sha256(path.join(to, 'shared.bin')), sha256(file));
  await until(() => sender.err().match(/Done: the receiver has everything/g)?.length === 2, sender.err);
  assert.equal(sender.err().match(/A receiver is here/g)?.length, 2, sender.err());
  talker.child.stdin?.end('/leave\n');
  sender.child.kill('SIGINT');
  assert.equal(await sender.ended, 130);
});

test('through the relay alone it comes too', async () => {
  const file = make('relayed.bin', randomBytes(2_000_000));
  const { sender, link } = await send(file, '--relay');
  const to = inbox();
  const receiver = ieum('receive', link, '--to', to, '--relay');
  assert.equal(await receiver.ended, 0, receiver.err());
  assert.equal(await sender.ended, 0, sender.err());
  assert.equal(sha256(path.join(to, 'relayed.bin')), sha256(file));
});

test('nothing is replaced unless that is asked for', async () => {
  const file = make('c.txt', Buffer.from('new'));
  const to = inbox();
  writeFileSync(path.join(to, 'c.txt'), 'old');
  const keeping = await send(file);
  assert.equal(await ieum('receive', keeping.link, '--to', to).ended, 0);
  assert.equal(readFileSync(path.join(to, 'c.txt'), 'utf8'), 'old');
  assert.equal(readFileSync(path.join(to, 'c (2).txt'), 'utf8'), 'new');
  const replacing = await send(file);
  assert.equal(await ieum('receive', replacing.link, '--to', to, '--overwrite').ended, 0);
  assert.equal(readFileSync(path.join(to, 'c.txt'), 'utf8'), 'new');
});

test('what cannot be is said in a sentence, with exit code 2', async () => {
  mkdirSync(path.join(folder, 'a folder'));
  const file = make('d.txt', Buffer.from('d'));
  const room = 'a'.repeat(24);
  const cases: readonly (readonly [args: string[], says: RegExp])[] = [
    [['send', 'missing.txt'], /missing\.txt cannot be sent/],
    [['send', 'a folder'], /is a folder; put it into an archive/],
    [['send', file, '--server', 'https://127.0.0.1:1'], /No Ieum server answers at https:\/\/127\.0\.0\.1:1/],
    [['receive', 'nonsense'], /is no invitation/],
    [['receive', `${server.url}/r/${room}#pin=${'0'.repeat(64)}`], /shows another certificate/],
    [
      ['receive', room, '--server', server.url],
      new RegExp(`^ieum: ${server.url} knows no sender with this code`),
    ],
    [['call', `${server.url}/r/${room}`], new RegExp(`^ieum: ${server.url} knows no room with this link`)],
    [
      ['receive', room, '--server', server.url, '--to', 'nowhere'],
      /there is no folder nowhere; make it first/,
    ],
    [['call', 'nonsense'], /is no invitation/],
  ];
  for (const [args, says] of cases) {
    const program = ieum(...args);
    assert.equal(await program.ended, 2, `${args.join(' ')}: ${program.err()}`);
    assert.match(program.err(), says);
    assert.equal(program.err().trim().split('\n').length, 1, program.err());
  }
});

test('people at terminals talk with each other, and see who comes and goes', async () => {
  const { sender, link } = await send(make('e.txt', Buffer.from('a room to meet in')));
  const ana = ieum('call', link, '--name', 'Ana');
  await until(() => ana.out().includes('You are in'), ana.err);
  const bo = ieum('call', link, '--name', 'Bo');
  await until(
    () => ana.out().includes('Bo: connected') && bo.out().includes('Ana: connected'),
    () => ana.out() + bo.out(),
  );
  ana.child.stdin?.write('안녕 Bo\n');
  bo.child.stdin?.write('hello Ana\n');
  await until(
    () => bo.out().includes('Ana: 안녕 Bo') && ana.out().includes('Bo: hello Ana'),
    () => ana.out() + bo.out(),
  );
  bo.child.stdin?.write('/leave\n');
  assert.equal(await bo.ended, 0);
  await until(() => ana.out().includes('Bo has left'), ana.out);
  ana.child.stdin?.end();
  assert.equal(await ana.ended, 0);
  sender.child.kill('SIGINT');
  assert.equal(await sender.ended, 130);
});

test('a whole text from a pipe arrives, its last line too', async () => {
  const { sender, link } = await send(make('text.txt', Buffer.from('x')));
  const listener = ieum('call', link);
  await until(() => listener.out().includes('You are in'), listener.err);
  const text = Array.from({ length: 4_000 }, (_, i) => `${i} ${'가나다 '.repeat(30)}end`);
  const piped = ieum('call', link, '--name', 'Pipe');
  piped.child.stdin?.end(`${text.join('\n')}\n`);
  assert.equal(await piped.ended, 0, piped.out() + piped.err());
  await until(() => listener.out().includes('Pipe has left'), listener.err);
  const heard = listener.out().match(/^Pipe: .*$/gm);
  assert.deepEqual(
    heard,
    text.map((line) => `Pipe: ${line}`),
  );
  listener.child.stdin?.end('/leave\n');
  await listener.ended;
  sender.child.kill('SIGINT');
  await sender.ended;
});

test('a line from a pipe is heard before its program leaves', async () => {
  const { sender, link } = await send(make('pipe.txt', Buffer.from('x')));
  const listener = ieum('call', link);
  await until(() => listener.out().includes('You are in'), listener.err);
  const piped = ieum('call', link);
  piped.child.stdin?.end('hello through a pipe\n');
  assert.equal(await piped.ended, 0, piped.out() + piped.err());
  await until(() => listener.out().includes(': hello through a pipe'), listener.out);
  listener.child.stdin?.end('/leave\n');
  await listener.ended;
  sender.child.kill('SIGINT');
  assert.equal(await sender.ended, 130, 'it was interrupted');
  assert.ok(!sender.err().includes('Not sent'), sender.err());
});
