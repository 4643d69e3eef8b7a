/** What somebody who waits for files is told of the sender, and when he gives up. */
import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { SenderWatch } from '../../../src/cli/files/sender-watch.ts';
import { VirtualClock } from '../../support/client/virtual-clock.ts';

let clock = new VirtualClock();
let said: string[] = [];
let gaveUp = 0;
let watch = newWatch();

function newWatch(): SenderWatch {
  return new SenderWatch({
    clock,
    say: (line) => said.push(line),
    onGiveUp: () => {
      gaveUp += 1;
    },
  });
}

beforeEach(() => {
  clock = new VirtualClock();
  said = [];
  gaveUp = 0;
  watch = newWatch();
});

/** The last line that was said. */
const last = (): string => said.at(-1) ?? '';

test('an interrupted sender is told of at once, and its return; nobody gives up then', async () => {
  watch.handleEntered(1);
  watch.handleOffer();
  assert.deepEqual(said, ['Waiting for the sender.', 'Connected to the sender.']);
  watch.handleInterrupted();
  assert.match(last(), /interrupted.*two minutes.*Ctrl-C stops/);
  watch.handleInterrupted();
  assert.equal(said.length, 3, 'once');
  watch.handleBack();
  assert.equal(last(), 'The sender is back.');
  await clock.advance(600_000);
  assert.deepEqual([said.length, gaveUp], [4, 0]);
});

test('a sender that comes by a new connection is back too', () => {
  watch.handleEntered(1);
  watch.handleOffer();
  watch.handleInterrupted();
  watch.handleOffer();
  assert.equal(last(), 'The sender is back.');
});

test('a sender that is gone is told of with what to do, and given up after two minutes', async () => {
  watch.handleEntered(1);
  watch.handleOffer();
  watch.handleInterrupted();
  await clock.advance(30_000);
  watch.handleRoom(0);
  assert.match(last(), /gone.*prints a new link.*goes on from here/);
  await clock.advance(119_999);
  assert.equal(gaveUp, 0);
  await clock.advance(1);
  assert.equal(gaveUp, 1);
  assert.match(last(), /not come back.*the same command goes on from there/);
});

test('an empty room, and a room without a sender, are no mystery', async () => {
  watch.handleEntered(0);
  assert.match(last(), /Nobody is in this room.*started again prints a new link/);
  await clock.advance(120_000);
  assert.match(last(), /No sender has come\. Check that ieum send is still running/);
  assert.equal(gaveUp, 1);

  watch = newWatch();
  watch.handleEntered(2);
  await clock.advance(15_000);
  assert.match(last(), /nobody offers files\. Is the link from ieum send\?/);
});

test('when it is over nothing is said any more', async () => {
  watch.handleEntered(1);
  watch.handleOffer();
  watch.close();
  watch.handleInterrupted();
  watch.handleRoom(0);
  watch.handleBack();
  await clock.advance(600_000);
  assert.deepEqual([said.length, gaveUp], [2, 0]);
});
