/** Perfect negotiation under glare: both sides change whatever they like at any time, and always agree in the end. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SeededRandom } from '../../../src/base/index.ts';
import { Negotiation } from '../../../src/client/negotiation.ts';
import type { Signal } from '../../../src/signaling/index.ts';
import { parseSdp } from '../../support/client/fake-description.ts';
import { FakeNetwork } from '../../support/client/fake-network.ts';
import { FakePeerConnection } from '../../support/client/fake-peer-connection.ts';
import { VirtualClock } from '../../support/client/virtual-clock.ts';

interface Side {
  readonly pc: FakePeerConnection;
  readonly negotiation: Negotiation;
  readonly errors: string[];
  rounds: number;
}

/** Two sides; signals travel in order and take `latencyMs()` each. */
function pair(seed: number, latencyMs = (random: SeededRandom): number => random.fraction() * 10) {
  const random = new SeededRandom(seed);
  const clock = new VirtualClock();
  const network = new FakeNetwork(clock);
  const sides: Side[] = [];
  const arrivals = [0, 0];
  for (const index of [0, 1]) {
    const pc = new FakePeerConnection(network, {}, () => random.fraction());
    const errors: string[] = [];
    const side: Side = {
      pc,
      errors,
      rounds: 0,
      negotiation: new Negotiation({
        pc: pc.asBrowser,
        polite: index === 0,
        initiator: index === 1,
        epoch: 1,
        dataOnly: false,
        send: (signal: Signal) => {
          // In order, as the server promises.
          arrivals[index] = Math.max(arrivals[index] ?? 0, clock.now() + latencyMs(random));
          clock.setTimeout(() => {
            const other = sides[1 - index]?.negotiation;
            if (signal.kind === 'candidate') other?.handleCandidate(signal);
            else other?.handleDescription(signal);
          }, arrivals[index] - clock.now());
        },
        prepare: () => {},
        onStable: () => {
          side.rounds += 1;
        },
        onError: (error) => errors.push(error.message),
        onDeadlock: () => errors.push('deadlock'),
      }),
    };
    sides.push(side);
  }
  const [polite, impolite] = sides;
  assert.ok(polite && impolite);
  return { clock, random, network, polite, impolite, sides: [polite, impolite] as const };
}

function sections(
  pc: FakePeerConnection,
  which: 'currentLocalDescription' | 'currentRemoteDescription',
): string[] {
  const { sections: list } = parseSdp(pc[which]?.sdp ?? 'v=0\r\n');
  return list.map((section) => `${section.kind} ${section.mid}`);
}

test('the polite side waits for the first offer and then may offer too', async () => {
  const { clock, polite, impolite } = pair(1);
  polite.pc.addTransceiver('video');
  await clock.advance(200);
  assert.equal(polite.pc.signalingState, 'stable');
  assert.equal(polite.pc.localDescription, null);

  // impolite -- audio --> polite; then polite -- video --> impolite
  impolite.pc.addTransceiver('audio');
  await clock.advance(500);
  assert.equal(polite.pc.connectionState, 'connected');
  assert.deepEqual(sections(impolite.pc, 'currentLocalDescription'), ['audio 0', 'video 1']);
});

test('1,000 rounds in which both sides change something at once end stable with equal m-lines', async () => {
  let glares = 0;
  for (const seed of [11, 12, 13, 14]) {
    const { clock, random, polite, impolite, sides } = pair(seed);
    impolite.pc.addTransceiver('audio');
    await clock.advance(300);
    for (let round = 0; round < 250; round++) {
      for (const { pc, negotiation } of sides) {
        const transceivers = pc.getTransceivers();
        const chosen = transceivers[Math.floor(random.fraction() * transceivers.length)];
        const act = random.fraction();
        clock.setTimeout(() => {
          // Adding becomes rarer as there are more: a call has a handful of sections.
          if (act < 0.5 / transceivers.length) pc.addTransceiver(act < 0.1 ? 'audio' : 'video');
          else if (act < 0.3) pc.restartIce();
          else if (act < 0.4) negotiation.negotiate();
          else if (chosen) {
            const directions = ['sendrecv', 'sendonly', 'recvonly', 'inactive'] as const;
            chosen.direction = directions[Math.floor(random.fraction() * 4)] ?? 'inactive';
          }
        }, random.fraction() * 8);
      }
      await clock.advance(random.fraction() * 25);
      if (sides.every(({ pc }) => pc.signalingState === 'have-local-offer')) glares += 1;
    }
    await clock.advance(2000);
    for (const { pc, errors } of sides) {
      assert.equal(pc.signalingState, 'stable', `seed ${seed}`);
      assert.deepEqual(errors, []);
      assert.deepEqual(pc.failures, []);
      assert.equal(pc.connectionState, 'connected');
    }
    assert.deepEqual(
      sections(polite.pc, 'currentLocalDescription'),
      sections(impolite.pc, 'currentLocalDescription'),
    );
    assert.deepEqual(
      sections(polite.pc, 'currentLocalDescription'),
      sections(polite.pc, 'currentRemoteDescription'),
    );
    assert.ok(polite.pc.getTransceivers().every((transceiver) => transceiver.mid !== null));
    assert.ok(impolite.pc.getTransceivers().every((transceiver) => transceiver.mid !== null));
  }
  assert.ok(glares > 100, `only ${glares} rounds ended in a collision`);
});

test('candidates that come before their description wait for it', async () => {
  const { clock, polite } = pair(3);
  const candidate = (ufrag: string, port: number): Signal => ({
    kind: 'candidate',
    candidate: {
      candidate: `candidate:1 1 udp 1 127.0.0.1 ${port} typ host ufrag ${ufrag}`,
      sdpMid: '0',
      usernameFragment: ufrag,
    },
  });
  const stranger = new FakePeerConnection(new FakeNetwork(clock), {}, () => 0);
  stranger.addTransceiver('audio');
  void stranger.setLocalDescription();
  await clock.advance(2);
  const sdp = stranger.localDescription?.sdp ?? '';
  const { ufrag } = parseSdp(sdp);

  polite.negotiation.handleCandidate(candidate(ufrag, 5001) as Extract<Signal, { kind: 'candidate' }>);
  polite.negotiation.handleCandidate(candidate('of-another', 5002) as Extract<Signal, { kind: 'candidate' }>);
  await clock.advance(50);
  assert.deepEqual(polite.pc.failures, []);
  polite.negotiation.handleDescription({ kind: 'description', description: { type: 'offer', sdp } });
  await clock.advance(50);
  assert.deepEqual(polite.pc.remotePorts(ufrag), [5001]);
  assert.deepEqual(polite.pc.failures, []);
});

test('an answer to an offer that was said again since is not applied', async () => {
  const { clock, impolite } = pair(4, () => 1e9); // nothing arrives by itself
  impolite.pc.addTransceiver('audio');
  await clock.advance(20);
  assert.equal(impolite.pc.signalingState, 'have-local-offer');
  impolite.negotiation.sayAgain(); // the offer is number 2 now
  await clock.advance(20);
  const answer = (re: number): Extract<Signal, { kind: 'description' }> => ({
    kind: 'description',
    description: { type: 'answer', sdp: impolite.pc.localDescription?.sdp ?? '' },
    link: { epoch: 1, n: 1, re },
  });
  impolite.negotiation.handleDescription(answer(1));
  await clock.advance(20);
  assert.equal(impolite.pc.signalingState, 'have-local-offer');
  impolite.negotiation.handleDescription(answer(2));
  await clock.advance(20);
  assert.equal(impolite.pc.signalingState, 'stable');
});

test('an SDP type that is none is reported, and so is a description that the browser refuses', async () => {
  const { clock, polite } = pair(5);
  const rollback = { kind: 'description', description: { type: 'rollback', sdp: '' } };
  polite.negotiation.handleDescription(rollback as unknown as Extract<Signal, { kind: 'description' }>);
  assert.match(polite.errors[0] ?? '', /^Unsupported SDP type.*"rollback"/);
  polite.negotiation.handleDescription({
    kind: 'description',
    description: { type: 'offer', sdp: 'nonsense' },
  });
  await clock.advance(50);
  assert.match(polite.errors[1] ?? '', /Failed to parse SessionDescription/);
});

test('a closed negotiation says and changes nothing more', async () => {
  const { clock, impolite, polite } = pair(6);
  impolite.pc.addTransceiver('audio');
  impolite.negotiation.negotiate();
  impolite.negotiation.close();
  await clock.advance(300);
  assert.equal(polite.pc.remoteDescription, null);
});
