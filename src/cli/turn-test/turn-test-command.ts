/** `ieum turn-test`: uses any STUN or TURN server as a call would, by every transport, and says what it finds. RFC 7064, RFC 7065. */

import { lookup } from 'node:dns/promises';
import { readFileSync } from 'node:fs';
import { canonicalIp, type Env, StackError, silentLog } from '../../base/index.ts';
import { monotonicNow, nodeEnv } from '../../node/index.ts';
import { parseServerUri, type ServerUri } from '../../stun/index.ts';
import { type ClientCredentials, mintRestCredentials } from '../../turn/index.ts';
import { isColourTerminal } from '../colour.ts';
import { type Call, type OwnFlags, wholeFlag } from '../command.ts';
import { createLog } from '../logger.ts';
import { examine } from './examine.ts';
import { planOf } from './plan.ts';
import type { Report } from './report.ts';
import { overallOf, verdictsOf } from './verdicts.ts';
import { type Outcome, writeJson, writeOutcome } from './write-report.ts';

/** What the command takes beside the URI. */
export const TURN_TEST_FLAGS = {
  user: { placeholder: 'NAME', help: 'a user of the server, with --password' },
  password: { placeholder: 'PASSWORD', help: 'of --user' },
  secret: { placeholder: 'SECRET', help: 'the secret that the server makes short-lived credentials from' },
  peer: {
    placeholder: 'IP',
    help: 'an address of this machine that the relay can reach. Default: found out',
  },
  ca: { placeholder: 'FILE', help: 'an authority to trust besides the usual ones, in PEM' },
  packets: { placeholder: 'N', help: 'how many packets go through the relay. Default: 50' },
  json: { placeholder: '', help: 'for programs' },
} as const satisfies OwnFlags;

const PACKETS = 50;
/** Two minutes of sound. */
const MOST_PACKETS = 6_000;
const PATIENCE_MS = 5_000;
/** Enough for a run; made by a secret that others may see in the list of processes. */
const CREDENTIAL_SECONDS = 600;

/** 0 when everything works that must, 1 when something does not. `SETTINGS_INVALID` for what cannot be meant. */
export async function turnTestCommand({ loaded: { settings }, operands, flags }: Call): Promise<number> {
  const text = operands[0] ?? '';
  const uri = parseServerUri(text);
  if (!uri) {
    throw wrongUse(
      `"${text}" is no STUN or TURN URI; write stun:, turn: or turns: before the host, as in turn:turn.example.com:3478?transport=udp.`,
    );
  }
  const log = settings.logLevel === 'debug' ? createLog(settings) : silentLog;
  const env = nodeEnv({ log });
  const outcome = await testServer(env, text, uri, {
    credentials: uri.protocol === 'stun' ? undefined : credentialsOf(env, flags),
    bySecret: flags.secret !== undefined,
    ca: flags.ca === undefined ? undefined : readPem(String(flags.ca)),
    peer: peerOf(flags.peer),
    packets: wholeFlag(flags, 'packets', 1, MOST_PACKETS) ?? PACKETS,
  });
  process.stdout.write(
    flags.json ? writeJson(outcome) : writeOutcome(outcome, isColourTerminal(process.stdout)),
  );
  return outcome.overall.level === 'fail' ? 1 : 0;
}

interface TestOptions {
  readonly credentials: ClientCredentials | undefined;
  readonly bySecret: boolean;
  readonly ca: string | undefined;
  readonly peer: string | undefined;
  readonly packets: number;
}

async function testServer(env: Env, text: string, uri: ServerUri, options: TestOptions): Promise<Outcome> {
  const startedAt = monotonicNow();
  const addresses = await resolve(uri.host);
  const resolveMs = monotonicNow() - startedAt;
  const reports: Report[] = [];
  // One after the other: they would share the line, and spoil each other's times.
  for (const attempt of planOf(uri, addresses)) {
    reports.push(await examine(env, attempt, { ...options, host: uri.host, patienceMs: PATIENCE_MS }));
  }
  const context = {
    host: uri.host,
    atMs: env.wallClock(),
    bySecret: options.bySecret,
    withCredentials: options.credentials !== undefined,
    udpWorks: reports.some(({ transport, stun }) => (transport === 'udp' || transport === 'dtls') && stun),
  };
  const judged = reports.map((report) => ({ report, findings: verdictsOf(report, context) }));
  return { uri: text, addresses, resolveMs, judged, overall: overallOf(judged) };
}

async function resolve(host: string): Promise<readonly string[]> {
  const ip = canonicalIp(host);
  if (ip !== undefined) return [ip];
  try {
    const found = await lookup(host, { all: true });
    return found.flatMap(({ address }) => canonicalIp(address) ?? []);
  } catch (cause) {
    const why = 'look whether it is spelt right and whether DNS works here';
    throw new StackError('NAME_UNRESOLVED', `${host} has no address: ${why}.`, { cause });
  }
}

/** `undefined` when none are given. */
function credentialsOf(env: Env, { user, password, secret }: Call['flags']): ClientCredentials | undefined {
  if (secret !== undefined) {
    if (password !== undefined)
      throw wrongUse('--secret makes the password, so --password cannot stand beside it.');
    const name = user === undefined ? 'turn-test' : String(user);
    return mintRestCredentials(env.crypto, String(secret), env.wallClock(), CREDENTIAL_SECONDS, name);
  }
  if (user === undefined && password === undefined) return undefined;
  if (user === undefined || password === undefined) {
    throw wrongUse('--user and --password belong together; or give --secret alone.');
  }
  return { username: String(user), password: String(password) };
}

function peerOf(given: string | true | undefined): string | undefined {
  if (given === undefined) return undefined;
  const ip = canonicalIp(String(given));
  if (ip === undefined) throw wrongUse(`--peer must be an IP address, but it is "${given}".`);
  return ip;
}

function readPem(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new StackError('SETTINGS_UNREADABLE', `--ca: ${file} cannot be read.`, { cause });
  }
}

function wrongUse(sentence: string): StackError {
  return new StackError('SETTINGS_INVALID', sentence);
}
