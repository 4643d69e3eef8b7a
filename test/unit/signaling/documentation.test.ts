/** docs/signaling.md names every message, every member, every code and every bound, and no others. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { ClientFrame, REQUEST_TYPES, SIGNALING_ERRORS } from '../../../src/signaling/index.ts';
import { ClientRequest, Reply, ServerEvent, Welcome } from '../../../src/signaling/messages.ts';
import { OUTBOX_LIMITS } from '../../../src/signaling/outbox.ts';
import { roomServerLimits } from '../../../src/signaling/room-server-options.ts';

const PAGE = readFileSync(new URL('../../../docs/signaling.md', import.meta.url), 'utf8');

/** The rows of the table under a heading, as cells. */
function table(heading: string): string[][] {
  const section = PAGE.split(/^#+ /m).find((part) => part.startsWith(`${heading}\n`));
  assert.ok(section, `a section ${heading}`);
  const rows = section.split('\n').filter((line) => line.startsWith('|'));
  return rows.slice(2).map((row) =>
    row
      .slice(1, -1)
      .split('|')
      .map((cell) => cell.trim()),
  );
}

function names(cell: string | undefined): string[] {
  return [...(cell ?? '').matchAll(/`([\w-]+)\??`/g)].map((match) => match[1] ?? '').sort();
}

function members(entries: object): string[] {
  return Object.keys(entries)
    .filter((name) => name !== 'type')
    .sort();
}

test('the table of client messages is the schema', () => {
  const [hello] = ClientFrame.options;
  const schema = new Map([
    ['hello', members(hello.entries)],
    ...ClientRequest.options.map((option) => [option.entries.type.literal, members(option.entries)] as const),
  ]);
  const documented = new Map(
    table('Client to server').map(([type, , cell]) => [names(type)[0], names(cell)]),
  );
  assert.deepEqual(documented, schema);
  assert.equal(documented.size, REQUEST_TYPES.length + 1);
});

test('the table of server messages is the schema', () => {
  const reply = new Set(Reply.options.flatMap((option) => members(option.entries)));
  const schema = new Map([
    ['welcome', members(Welcome.entries)],
    ['reply', [...reply].sort()],
    ...ServerEvent.options.map((option) => [option.entries.type.literal, members(option.entries)] as const),
  ]);
  const documented = new Map(
    table('Server to client').map(([type, , cell]) => [names(type)[0], names(cell)]),
  );
  assert.deepEqual(documented, schema);
});

test('every message says which of the four kinds of information it carries', () => {
  const kinds = new Set(['session', 'media', 'key', 'network']);
  for (const heading of ['Client to server', 'Server to client']) {
    for (const [type, cell] of table(heading)) {
      for (const kind of (cell ?? '').split(', ')) assert.ok(kinds.has(kind), `${type}: ${kind}`);
    }
  }
});

test('the table of errors is the list of codes', () => {
  assert.deepEqual(
    table('Errors')
      .flatMap(([code]) => names(code))
      .sort(),
    Object.keys(SIGNALING_ERRORS).sort(),
  );
});

test('the table of limits has the defaults', () => {
  const limits = roomServerLimits({ secret: new Uint8Array(16) });
  const row = (what: string): string => {
    const found = table('Limits').find(([name]) => name === what);
    assert.ok(found, what);
    return `${found[1]} ${found[2]}`;
  };
  const count = (value: number) => value.toLocaleString('en-US');
  const { connectionRate, addressRate, passcodeRate, roomRate } = limits;
  assert.match(row('people in a room'), new RegExp(`^${limits.roomPeople} `));
  assert.match(
    row('messages of a connection'),
    new RegExp(`^${connectionRate.burst} .* ${connectionRate.perSecond} a second`),
  );
  assert.match(
    row('messages of an address'),
    new RegExp(`^${count(addressRate.burst)} .* ${count(addressRate.perSecond)} a second`),
  );
  assert.match(row('rooms opened by an address'), new RegExp(`^${roomRate.burst} `));
  assert.equal(roomRate.perSecond, 1);
  assert.match(row('wrong passcodes of an address'), new RegExp(`^${passcodeRate.burst} `));
  assert.equal(passcodeRate.perSecond, 1 / 6);
  assert.match(row('people at a door'), new RegExp(`^${limits.maxKnocks} `));
  assert.match(
    row('outbox'),
    new RegExp(`^${OUTBOX_LIMITS.maxFrames} events, ${OUTBOX_LIMITS.maxBytes / 2 ** 20} MiB`),
  );
  assert.match(row('hello'), new RegExp(`within ${limits.helloMs / 1000} s`));
  assert.match(row('resume'), new RegExp(`^${limits.resumeMs / 1000} s`));
  assert.match(row('seat'), new RegExp(`^${limits.seatMs / 3_600_000} h`));
  assert.match(row('sessions'), new RegExp(`^${count(limits.maxSessions)} `));
  assert.match(
    row('rooms'),
    new RegExp(`^${count(limits.maxRooms)}, of them ${count(limits.maxEmptyRooms)} empty`),
  );
  assert.match(
    row('lobby'),
    new RegExp(`^${limits.lobbyRooms} rooms, one list in ${limits.lobbyCoalesceMs} ms`),
  );
  assert.equal(limits.emptyRoomMs, 6 * 3_600_000);
  assert.equal(limits.knockAgainMs, 30_000);
});
