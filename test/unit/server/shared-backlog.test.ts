/** What is under way between threads has a bound, and an account that comes back to nothing. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { SharedBacklog } from '../../../src/server/turn/workers/shared-backlog.ts';

const LENGTH = 1_200;

/** How many datagrams this shard is given until one is dropped. */
function fill(backlog: SharedBacklog, shard: number): number {
  let posted = 0;
  while (backlog.mayPost(shard, LENGTH)) posted += 1;
  return posted;
}

test('a shard that takes nothing is given some megabytes, and the rest is dropped and counted', () => {
  const buffer = SharedBacklog.buffer(3);
  const sender = new SharedBacklog(buffer);
  const posted = fill(sender, 2);
  assert.ok(posted * LENGTH > 2 ** 21 && posted * LENGTH < 2 ** 22, `${posted} datagrams`);
  assert.equal(sender.dropped, 1);
  assert.equal(sender.mayPost(1, LENGTH), true, 'another shard has its own');
  const other = new SharedBacklog(buffer);
  assert.equal(other.mayPost(2, LENGTH), false, 'whoever sends');
  assert.deepEqual([sender.dropped, other.dropped], [1, 1], 'each sender counts what it has dropped');
});

test('what is taken makes room, and a dropped datagram holds none', () => {
  const sender = new SharedBacklog(SharedBacklog.buffer(2));
  const posted = fill(sender, 1);
  sender.taken(1, LENGTH);
  assert.deepEqual([sender.mayPost(1, LENGTH), sender.mayPost(1, LENGTH)], [true, false]);
  for (let i = 0; i < posted; i++) sender.taken(1, LENGTH);
  assert.equal(fill(sender, 1), posted);
});

test('after a death everything is empty, and what arrives late does not count below nothing', () => {
  const backlog = new SharedBacklog(SharedBacklog.buffer(2));
  const posted = fill(backlog, 1);
  backlog.forget();
  backlog.taken(1, LENGTH);
  assert.equal(fill(backlog, 1), posted);
});
