/** Every command that there is, in the order in which the help tells of them. */
import { keysInGroups, OPTION_KEYS, type OptionKey } from '../server/index.ts';
import { callCommand } from './call/call-command.ts';
import { PARTICIPANT_FLAGS } from './call/participant.ts';
import type { Command } from './command.ts';
import { credentialsCommand } from './control/credentials-command.ts';
import { kickCommand } from './control/kick-command.ts';
import { reloadCommand } from './control/reload-command.ts';
import { sessionsCommand } from './control/sessions-command.ts';
import { doctorCommand } from './doctor/doctor-command.ts';
import { RECEIVE_FLAGS, receiveCommand } from './files/receive-command.ts';
import { SEND_FLAGS, sendCommand } from './files/send-command.ts';
import { serveCommand } from './serve-command.ts';
import { turnCommand } from './turn-command.ts';
import { TURN_TEST_FLAGS, turnTestCommand } from './turn-test/turn-test-command.ts';

const JSON_FLAG = { json: { placeholder: '', help: 'for programs' } } as const;

/** Of the running server: how to speak with it. */
const CONTROL: readonly OptionKey[] = ['mode', 'settings', 'stateDir', 'controlSocket'];
const RELAY: readonly OptionKey[] = [
  ...keysInGroups('Start'),
  ...(['host', 'trustedProxies', 'metricsToken', 'healthPort', 'healthHost'] as const),
  ...keysInGroups('Certificate', 'STUN and TURN', 'TURN access', 'TURN limits', 'TURN at scale', 'Log'),
];

export const COMMANDS: readonly Command[] = [
  {
    words: ['serve'],
    summary: 'start everything: call page, signaling, STUN and TURN (so does ieum alone)',
    operands: [],
    flags: {},
    settings: OPTION_KEYS,
    examples: ['ieum serve --port 8443', 'ieum serve real --cert fullchain.pem --key privkey.pem'],
    run: serveCommand,
  },
  {
    words: ['turn'],
    summary: 'STUN and TURN alone',
    operands: [],
    flags: {},
    settings: RELAY,
    examples: ['ieum turn --public-ip 203.0.113.7 --realm example.com'],
    run: turnCommand,
  },
  {
    words: ['doctor'],
    summary: 'check whether this machine can serve calls, and say what to do where it cannot',
    operands: [],
    flags: {},
    settings: OPTION_KEYS,
    examples: ['ieum doctor', 'ieum doctor real'],
    run: ({ loaded }) => doctorCommand(loaded),
  },
  {
    words: ['call'],
    summary: 'chat in a room from the terminal; /leave or Ctrl-C leaves',
    operands: ['LINK or CODE'],
    flags: {
      passcode: { placeholder: 'TEXT', help: 'of a room that asks for one' },
      ...PARTICIPANT_FLAGS,
    },
    settings: [],
    examples: [
      'ieum call https://call.example.com/r/abcdefghijklmnopqrstuvwx',
      'echo "The backup is done." | ieum call abcdef-ghijkl-mnopqr-stuvwx --server call.example.com',
    ],
    run: callCommand,
  },
  {
    words: ['send'],
    summary: 'offer files to whoever has the link that it prints',
    operands: ['FILE'],
    several: true,
    flags: SEND_FLAGS,
    settings: [],
    examples: [
      'ieum send holiday.zip notes.txt',
      'ieum send film.mkv --keep --server https://call.example.com',
    ],
    run: sendCommand,
  },
  {
    words: ['receive'],
    summary: 'take the files of ieum send; goes on where it ended before',
    operands: ['LINK or CODE'],
    flags: RECEIVE_FLAGS,
    settings: [],
    examples: [
      'ieum receive https://call.example.com/r/abcdefghijklmnopqrstuvwx --to Downloads',
      'ieum receive abcdef-ghijkl-mnopqr-stuvwx --server call.example.com',
    ],
    run: receiveCommand,
  },
  {
    words: ['turn-test'],
    summary: 'use any STUN or TURN server as a call would, and say what is wrong',
    operands: ['URI'],
    flags: TURN_TEST_FLAGS,
    settings: ['logLevel', 'logFormat'],
    examples: ['ieum turn-test turn:turn.example.com --user ana --password PASSWORD'],
    run: turnTestCommand,
  },
  {
    words: ['reload'],
    summary: 'let the running server read its settings again',
    operands: [],
    flags: {},
    settings: CONTROL,
    examples: ['ieum reload'],
    run: reloadCommand,
  },
  {
    words: ['turn', 'reload'],
    summary: 'the same',
    operands: [],
    flags: {},
    settings: CONTROL,
    examples: ['ieum turn reload'],
    run: reloadCommand,
  },
  {
    words: ['turn', 'sessions'],
    summary: 'who is on the relay of the running server',
    operands: [],
    flags: JSON_FLAG,
    settings: CONTROL,
    examples: ['ieum turn sessions --json'],
    run: sessionsCommand,
  },
  {
    words: ['turn', 'kick'],
    summary: 'end sessions of the running server',
    operands: ['ID, USER or ADDRESS'],
    flags: {},
    settings: CONTROL,
    examples: ['ieum turn kick 198.51.100.4'],
    run: kickCommand,
  },
  {
    words: ['turn', 'credentials'],
    summary: 'short-lived TURN credentials from the secret of this server',
    operands: [],
    flags: {
      user: { placeholder: 'NAME', help: 'whom they are for. Default: operator' },
      minutes: { placeholder: 'N', help: 'how long they live. Default: --credential-minutes' },
      ...JSON_FLAG,
    },
    settings: [...CONTROL, 'credentialMinutes', 'turnSecret', 'publicIp', 'turnPort', 'turnTlsPort'],
    examples: ['ieum turn credentials --user ana --minutes 60'],
    run: credentialsCommand,
  },
];
