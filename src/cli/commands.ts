/** Every command that there is. */
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

export const COMMANDS: readonly Command[] = [
  { words: ['serve'], operands: [], flags: {}, run: serveCommand },
  { words: ['turn'], operands: [], flags: {}, run: turnCommand },
  { words: ['doctor'], operands: [], flags: {}, run: ({ loaded }) => doctorCommand(loaded) },
  {
    words: ['call'],
    operands: ['LINK'],
    flags: { ...PARTICIPANT_FLAGS, passcode: 'text' },
    run: callCommand,
  },
  { words: ['send'], operands: ['FILE'], several: true, flags: SEND_FLAGS, run: sendCommand },
  { words: ['receive'], operands: ['LINK or CODE'], flags: RECEIVE_FLAGS, run: receiveCommand },
  { words: ['turn-test'], operands: ['URI'], flags: TURN_TEST_FLAGS, run: turnTestCommand },
  { words: ['reload'], operands: [], flags: {}, run: reloadCommand },
  { words: ['turn', 'reload'], operands: [], flags: {}, run: reloadCommand },
  { words: ['turn', 'sessions'], operands: [], flags: { json: 'switch' }, run: sessionsCommand },
  { words: ['turn', 'kick'], operands: ['ID, USER or ADDRESS'], flags: {}, run: kickCommand },
  {
    words: ['turn', 'credentials'],
    operands: [],
    flags: { user: 'text', minutes: 'text', json: 'switch' },
    run: credentialsCommand,
  },
];
