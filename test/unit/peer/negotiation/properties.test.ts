/** Two negotiations that do whatever comes: the states are those of a simple model, and the steps make sense. RFC 9429 §3.2. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Negotiation, NegotiationStep } from '../../../../src/peer/negotiation/index.ts';
import { PeerFault } from '../../../../src/peer/peer-fault.ts';
import type { Description, DescriptionType } from '../../../../src/peer/session-port.ts';
import type { SignalingState } from '../../../../src/peer/states.ts';
import { CHROMIUM_MEDIA_OFFER, LEGACY_DATA_OFFER } from '../../../support/peer/descriptions.ts';
import { localOf, makeCandidate, makeNegotiation, negotiate } from '../../../support/peer/negotiations.ts';
import { TransportModel } from '../../../support/peer/transport-model.ts';

/** RFC 9429 §3.2 figure 2, with what webrtc.html adds; `undefined` is an error. */
function modelOf(
  state: SignalingState,
  side: 'local' | 'remote',
  type: DescriptionType,
): SignalingState | undefined {
  const other = side === 'local' ? 'remote' : 'local';
  if (type === 'rollback') return state.endsWith('-offer') ? 'stable' : undefined;
  if (type === 'offer') {
    const free = state === 'stable' || state === `have-${side}-offer`;
    return free || (side === 'remote' && state === 'have-local-offer') ? `have-${side}-offer` : undefined;
  }
  if (state !== `have-${other}-offer` && state !== `have-${side}-pranswer`) return undefined;
  return type === 'answer' ? 'stable' : `have-${side}-pranswer`;
}

/** One end: what it has said and been told, and what became of its transport. */
class End {
  readonly negotiation: Negotiation;
  readonly transport = new TransportModel();
  readonly sent: Description[] = [];

  constructor(seed: number) {
    this.negotiation = makeNegotiation(seed);
  }

  carryOut(act: () => NegotiationStep[]): boolean {
    const before = this.#snapshot();
    let steps: NegotiationStep[];
    try {
      steps = act();
    } catch (error) {
      assert.ok(error instanceof PeerFault, String(error));
      assert.deepEqual(this.#snapshot(), before, 'what throws changes nothing');
      return false;
    }
    this.transport.carryOut(steps);
    return true;
  }

  #snapshot(): unknown {
    const { signalingState, localIce, canTrickle, hasSctp } = this.negotiation;
    const { currentLocalDescription, pendingLocalDescription } = this.negotiation;
    const { currentRemoteDescription, pendingRemoteDescription } = this.negotiation;
    return [
      signalingState,
      localIce,
      canTrickle,
      hasSctp,
      [currentLocalDescription, pendingLocalDescription, currentRemoteDescription, pendingRemoteDescription],
    ];
  }
}

type Move =
  | { readonly kind: 'data' | 'restart' | 'configuration' | 'create' | 'candidate' | 'foreign' }
  | { readonly kind: 'local' | 'remote'; readonly type: DescriptionType; readonly pick: number };

const TYPES: readonly DescriptionType[] = ['offer', 'pranswer', 'answer', 'rollback'];

const move: fc.Arbitrary<Move> = fc.oneof(
  {
    weight: 2,
    arbitrary: fc.constantFrom<Move>({ kind: 'data' }, { kind: 'restart' }, { kind: 'configuration' }),
  },
  {
    weight: 2,
    arbitrary: fc.constantFrom<Move>({ kind: 'create' }, { kind: 'candidate' }, { kind: 'foreign' }),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constantFrom('local' as const, 'remote' as const),
      type: fc.constantFrom(...TYPES),
      pick: fc.nat(1000),
    }),
  },
);

function play(me: End, other: End, what: Move): void {
  const { negotiation } = me;
  switch (what.kind) {
    case 'data':
      negotiation.requestData();
      return;
    case 'restart':
      negotiation.restartIce();
      return;
    case 'configuration':
      negotiation.changeConfiguration();
      return;
    case 'create':
      me.carryOut(() => {
        if (negotiation.signalingState === 'have-remote-offer') negotiation.createAnswer();
        else negotiation.createOffer({ iceRestart: true });
        return [];
      });
      return;
    case 'candidate': {
      const told = other.negotiation.addLocalCandidate(makeCandidate());
      if (told) me.carryOut(() => negotiation.addIceCandidate(told));
      return;
    }
    case 'foreign':
      me.carryOut(() => negotiation.setRemoteDescription({ type: 'offer', sdp: CHROMIUM_MEDIA_OFFER }));
      me.carryOut(() => negotiation.setRemoteDescription({ type: 'offer', sdp: LEGACY_DATA_OFFER }));
      return;
    case 'local':
      playLocal(me, what.type);
      return;
    case 'remote':
      playRemote(me, other, what);
      return;
  }
}

function playLocal(me: End, type: DescriptionType): void {
  const { negotiation } = me;
  const expected = modelOf(negotiation.signalingState, 'local', type);
  const done = me.carryOut(() => negotiation.setLocalDescription({ type }));
  assert.equal(done, expected !== undefined, `${negotiation.signalingState}, local ${type}`);
  if (!done) return;
  assert.equal(negotiation.signalingState, expected);
  if (type !== 'rollback') me.sent.push(localOf(negotiation));
}

/** What the other has said at some time, of this type: it may be stale, and then it may be refused. */
function playRemote(me: End, other: End, { type, pick }: { type: DescriptionType; pick: number }): void {
  const { negotiation } = me;
  const said = other.sent.filter((description) => description.type === type);
  const sdp = type === 'rollback' ? '' : (said[pick % Math.max(said.length, 1)]?.sdp ?? 'v=0');
  const expected = modelOf(negotiation.signalingState, 'remote', type);
  const done = me.carryOut(() => negotiation.setRemoteDescription({ type, sdp }));
  if (expected === undefined) assert.equal(done, false);
  if (done) assert.equal(negotiation.signalingState, expected);
}

test('whatever two peers do: the states are those of RFC 9429, and the steps can be carried out', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.boolean(), move), { maxLength: 40 }), (moves) => {
      const ends = [new End(1), new End(2)] as const;
      for (const [first, what] of moves) {
        const [me, other] = first ? ends : [ends[1], ends[0]];
        play(me, other, what);
      }
    }),
    { numRuns: 1500, seed: 20_261_121 },
  );
});

/** Moves that keep in step: an offer, its answer, or an offer from both sides at once. */
type Round = {
  readonly by: 0 | 1;
  readonly glare: boolean;
  readonly restart: boolean;
  readonly data: boolean;
};

test('perfect negotiation comes to rest, and both ends have made the same of it', () => {
  const round: fc.Arbitrary<Round> = fc.record({
    by: fc.constantFrom(0 as const, 1 as const),
    glare: fc.boolean(),
    restart: fc.boolean(),
    data: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(round, { maxLength: 8 }), (rounds) => {
      const ends = [new End(1), new End(2)] as const;
      for (const { by, glare, restart, data } of rounds) {
        // The impolite one of this round makes the offer that holds.
        const [impolite, polite] = [ends[by], ends[by === 0 ? 1 : 0]];
        if (data) impolite.negotiation.requestData();
        if (restart) impolite.negotiation.restartIce();
        if (glare) polite.carryOut(() => polite.negotiation.setLocalDescription());
        impolite.carryOut(() => impolite.negotiation.setLocalDescription());
        const offer = localOf(impolite.negotiation);
        assert.ok(polite.carryOut(() => polite.negotiation.setRemoteDescription(offer)));
        polite.carryOut(() => polite.negotiation.setLocalDescription());
        const answer = localOf(polite.negotiation);
        assert.ok(impolite.carryOut(() => impolite.negotiation.setRemoteDescription(answer)));
        assertSame(impolite, polite);
      }
    }),
    { numRuns: 500, seed: 20_261_121 },
  );
});

function assertSame(a: End, b: End): void {
  assert.deepEqual([a.negotiation.signalingState, b.negotiation.signalingState], ['stable', 'stable']);
  const [one, two] = [a.transport, b.transport];
  assert.equal(one.sctp, two.sctp);
  if (!one.sctp) return;
  assert.deepEqual([one.remote, two.remote], [two.generation, one.generation]);
  assert.deepEqual([one.dtls, two.dtls].sort(), ['client', 'server']);
  assert.deepEqual([one.role, two.role].sort(), ['controlled', 'controlling']);
  assert.deepEqual([one.restart, two.restart], [undefined, undefined]);
}

test('the same seed gives the same words', () => {
  const words = () => {
    const [a, b] = [makeNegotiation(7), makeNegotiation(8)];
    a.requestData();
    const round = negotiate(a, b);
    return [round, a.currentLocalDescription, b.currentLocalDescription];
  };
  assert.deepEqual(words(), words());
});
