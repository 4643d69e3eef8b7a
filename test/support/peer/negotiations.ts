/** Negotiations to play with: seeded, with fingerprints that can be told apart, and the moves that tests make over and over. */
import { SeededRandom } from '../../../src/base/index.ts';
import {
  Negotiation,
  type NegotiationOptions,
  type NegotiationStep,
} from '../../../src/peer/negotiation/index.ts';
import type { Description } from '../../../src/peer/session-port.ts';
import type { CandidateAttribute } from '../../../src/sdp/index.ts';

export function makeNegotiation(seed: number, options: Partial<NegotiationOptions> = {}): Negotiation {
  return new Negotiation({
    random: new SeededRandom(seed),
    fingerprints: [{ hash: 'sha-256', value: new Uint8Array(32).fill(seed) }],
    bundlePolicy: 'balanced',
    maxMessageBytes: 262_144,
    ...options,
  });
}

/** One that has made a data channel. */
export function makeOfferer(seed: number, options: Partial<NegotiationOptions> = {}): Negotiation {
  const negotiation = makeNegotiation(seed, options);
  negotiation.requestData();
  return negotiation;
}

export function localOf(negotiation: Negotiation): Description {
  const description = negotiation.pendingLocalDescription ?? negotiation.currentLocalDescription;
  if (!description) throw new Error('There is no local description.');
  return description;
}

export interface Round {
  readonly offered: NegotiationStep[];
  readonly received: NegotiationStep[];
  readonly answered: NegotiationStep[];
  readonly settled: NegotiationStep[];
}

/** Offer and answer, to both ends stable. */
export function negotiate(offerer: Negotiation, answerer: Negotiation): Round {
  const offered = offerer.setLocalDescription();
  const received = answerer.setRemoteDescription(localOf(offerer));
  const answered = answerer.setLocalDescription();
  const settled = offerer.setRemoteDescription(localOf(answerer));
  return { offered, received, answered, settled };
}

export function makeCandidate(given: Partial<CandidateAttribute> = {}): CandidateAttribute {
  return {
    foundation: '1',
    component: 1,
    transport: 'udp',
    priority: 2_130_706_431,
    address: '192.0.2.1',
    port: 5000,
    type: 'host',
    related: undefined,
    tcpType: undefined,
    usernameFragment: undefined,
    extensions: [],
    ...given,
  };
}

/** The names of the steps, in their order. */
export function namesOf(steps: readonly NegotiationStep[]): string[] {
  return steps.map(({ step }) => step);
}

export function stepOf<Name extends NegotiationStep['step']>(
  steps: readonly NegotiationStep[],
  name: Name,
): Extract<NegotiationStep, { step: Name }> {
  const found = steps.find((step): step is Extract<NegotiationStep, { step: Name }> => step.step === name);
  if (!found) throw new Error(`There is no step ${name} among ${namesOf(steps).join(', ')}.`);
  return found;
}

/** The value of the first such line: `lineOf(sdp, 'a=mid:')`. */
export function lineOf(sdp: string, start: string): string | undefined {
  return sdp
    .split('\r\n')
    .find((line) => line.startsWith(start))
    ?.slice(start.length);
}
