/** The short fuzz: a few ten thousand inputs from one seed, and a proof that they get past the doors. Long: `npm run fuzz`. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { type Episode, FuzzFinding, type FuzzReport, type FuzzTarget, fuzz } from '../../fuzz/target.ts';
import { TARGETS } from '../../fuzz/targets.ts';

const SEED = 20_260_807;

function run(name: string, inputs: number): FuzzReport {
  const target = TARGETS.find((each) => each.name === name);
  assert.ok(target);
  return fuzz(target, inputs, SEED);
}

function assertReached({ reached }: FuzzReport, outcomes: readonly string[]): void {
  assert.deepEqual(
    outcomes.filter((outcome) => !reached.has(outcome)),
    [],
    'a fuzz that does not reach this proves nothing about it',
  );
}

test('the STUN codec: reads or refuses, at any alignment, and writes what it read', () => {
  const report = run('stun', 15_000);
  assertReached(report, ['decoded', 'not STUN', 'integrity right', 'fingerprint right', 'fingerprint wrong']);
  assert.ok((report.reached.get('decoded') ?? 0) > 5000);
});

test('the stream framer: frames are the stream, cut, and never more than one is held', () => {
  assertReached(run('stream', 8000), ['all frames', 'some frames', 'not-stun', 'too-long']);
});

test('ChannelData: a view of what is there', () => {
  assertReached(run('channel-data', 8000), ['data', 'too short']);
});

test('the TURN server in the middle of its work: nothing thrown, nothing leaked, nobody reached who must not be', () => {
  const report = run('server', 25_000);
  const authenticated = report.reached.get('authenticated') ?? 0;
  assert.ok(authenticated > 8000, `${authenticated} inputs have passed authentication`);
  assertReached(report, [
    // Method and code of the answers: Allocate, Refresh, CreatePermission, ChannelBind, Connect, ConnectionBind.
    ...['3 0', '3 400', '3 437', '3 442', '3 486', '3 508', '4 0', '4 400', '4 437', '4 441', '4 443'],
    ...[
      '8 0',
      '8 400',
      '8 403',
      '8 437',
      '8 443',
      '9 0',
      '9 400',
      '9 437',
      '10 437',
      '10 400',
      '11 0',
      '11 400',
    ],
    ...['1 0 to a stranger', '3 401 to a stranger', '4 438 to a stranger', '3 420 to a stranger'],
    ...['allocation created', 'allocation moved', 'relayed to a peer', 'connect to a peer'],
    ...['connection joined', 'peer connection accepted', 'attribute behind the integrity'],
    ...['route to peer', 'route to client'],
  ]);
});

test('the TURN client before a server that has gone mad', () => {
  assertReached(run('client', 15_000), [
    ...['allocated', 'permitted', 'channel-bound', 'refreshed', 'mapped', 'data', 'closed'],
    ...['failed STUN_ANSWER_INVALID', 'failed STUN_INTEGRITY_VIOLATED', 'failed STUN_TIMED_OUT'],
    ...['failed TURN_ALLOCATION_MISMATCH', 'failed TURN_UNAUTHENTICATED'],
    ...['redirected', 'connected', 'failed TURN_FORBIDDEN', 'failed TURN_QUOTA_REACHED'],
  ]);
});

test('a finding names seed, episode and input, and that episode alone finds it again', () => {
  const planted: FuzzTarget = {
    name: 'planted',
    episodeLength: 10,
    begin: (random) => {
      const episode: Episode & { input: Uint8Array } = {
        input: new Uint8Array(0),
        next() {
          episode.input = random.bytes(3);
          assert.ok((episode.input[0] ?? 0) < 250, 'a bug');
        },
        end() {},
      };
      return episode;
    },
  };
  const finding = (count: number, first: number): FuzzFinding => {
    try {
      fuzz(planted, count, SEED, { first });
    } catch (error) {
      assert.ok(error instanceof FuzzFinding);
      return error;
    }
    return assert.fail('250 of 256 are no bug');
  };
  const found = finding(10_000, 0);
  const episode = Number(/episode (\d+)/.exec(found.message)?.[1]);
  assert.match(found.message, /seed 20260807, episode \d+, input \d\nplay it again: npm run fuzz/);
  assert.match(found.message, /\ninput: f[a-f][0-9a-f]{4}\n/);
  assert.equal(finding(10, episode).message.split('\n')[2], found.message.split('\n')[2]);
});
