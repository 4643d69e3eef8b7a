/**
 * Ours with each of the other stacks that are installed, in both roles: a connection, messages of every length and kind
 * there and back unchanged, a flood each way that arrives whole. And OpenSSL as DTLS client and server. `npm run interop`.
 */
import { setTimeout as wait } from 'node:timers/promises';
import { runTool } from '../../scripts/process.ts';
import { installOthers } from './install.ts';
import { Pair, type PairChoice, stopEverything } from './pair.ts';
import { type MeasuredStack, OURS, STACKS } from './stacks/stack.ts';

const LENGTHS = [1, 100, 1190, 1200, 16_384, 65_535];
/** RFC 8841 §6.1: of whom says nothing of it; and more where it is offered. */
const LONG_LENGTHS = [65_536, 262_144];
const TEXTS = ['a', '이음 – 이어 주는 말', 'x'.repeat(60_000)];
const EMPTY_TEXT = '';
const FLOOD_SECONDS = 1;
const FLOOD_BYTES = 8000;
/** Until what is under way has arrived. */
const SETTLE_MS = 50;
const SETTLE_TRIES = 100;

/** What a stack cannot do by itself; each was seen between two ends of its own. */
const LIMITS: Readonly<Record<string, { readonly noLong?: true; readonly noEmpty?: true }>> = {
  pion: { noLong: true }, // reads into 65,535 bytes
  aiortc: { noLong: true }, // says so: a=max-message-size:65536, and means it
  werift: { noLong: true, noEmpty: true }, // an empty text is never told
};

const write = (text: string): void => void process.stdout.write(text);

async function examine(choice: PairChoice, other: string): Promise<readonly string[]> {
  const { noLong, noEmpty } = LIMITS[other] ?? {};
  const oursOffers = choice.offerer.name === OURS;
  const [ours, theirs] = oursOffers ? (['offerer', 'answerer'] as const) : (['answerer', 'offerer'] as const);
  const pair = await Pair.start(choice);
  try {
    const key = 'interop';
    const ms = await pair.open(key);
    const faults: string[] = [];
    for (const end of [ours, theirs] as const) {
      const [other_] = end === ours ? [theirs] : [ours];
      const sending = pair.call(
        end,
        'flood',
        { key, bytes: FLOOD_BYTES, seconds: FLOOD_SECONDS },
        FLOOD_SECONDS,
      );
      const sent = (await sending) * FLOOD_BYTES;
      let received = 0;
      for (let tries = 0; received < sent && tries < SETTLE_TRIES; tries++) {
        await wait(SETTLE_MS);
        received = (await pair.call(other_, 'received', { key })).bytes;
      }
      if (received !== sent) faults.push(`${sent} bytes sent by the ${end}, ${received} arrived`);
    }
    await pair.call(theirs, 'echo', { key });
    const lengths = noLong ? LENGTHS : [...LENGTHS, ...LONG_LENGTHS];
    const texts = noEmpty ? TEXTS : [...TEXTS, EMPTY_TEXT];
    faults.push(...(await pair.call(ours, 'verifyEcho', { key, lengths, texts }, 10 * lengths.length)));
    await pair.close(key);
    write(`${oursOffers ? 'ieum offers to' : 'ieum answers'} ${other}: connected in ${ms.toFixed(1)} ms`);
    write(faults.length > 0 ? `; ${faults.join('; ')}\n` : ', all messages there and back\n');
    return faults;
  } finally {
    await pair.stop();
  }
}

async function examineBoth(ours: MeasuredStack, other: MeasuredStack): Promise<number> {
  let failed = 0;
  for (const [offerer, answerer] of [
    [ours, other],
    [other, ours],
  ] as const) {
    try {
      failed += (await examine({ offerer, answerer, mode: 'two' }, other.name)).length > 0 ? 1 : 0;
    } catch (error) {
      failed += 1;
      write(
        `${offerer.name} → ${answerer.name}: FAILED: ${error instanceof Error ? error.message : error}\n`,
      );
    }
  }
  return failed;
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.once(signal, () => {
    stopEverything();
    process.exit(130);
  });
}

installOthers();
const chosen = process.argv.slice(2);
const ours = STACKS.find(({ name }) => name === OURS);
let failed = 0;
for (const other of STACKS) {
  if (!ours || other === ours || (chosen.length > 0 && !chosen.includes(other.name))) continue;
  if (other.version() === undefined) {
    write(`${other.name} is not installed here.\n`);
    continue;
  }
  other.build?.();
  failed += await examineBoth(ours, other);
}
if (chosen.length === 0 || chosen.includes('openssl')) {
  const { code } = await runTool('tsx', ['--test', 'test/blackbox/dtls-openssl.test.ts']);
  write(`OpenSSL as DTLS client and server: ${code === 0 ? 'all handshakes and bytes' : 'FAILED'}\n`);
  failed += code === 0 ? 0 : 1;
}
stopEverything();
process.exitCode = failed === 0 ? 0 : 1;
