/** Which description may come in which state, and what state follows. RFC 9429 §5.5 … §5.7, webrtc.html §4.3.1. */
import type { DescriptionType } from '../session-port.ts';
import type { SignalingState } from '../states.ts';

export type Side = 'local' | 'remote';

type Transitions = Readonly<Partial<Record<SignalingState, SignalingState>>>;

const OFFER: Readonly<Record<Side, Transitions>> = {
  local: { stable: 'have-local-offer', 'have-local-offer': 'have-local-offer' },
  remote: { stable: 'have-remote-offer', 'have-remote-offer': 'have-remote-offer' },
};
const PROVISIONAL_ANSWER: Readonly<Record<Side, Transitions>> = {
  local: { 'have-remote-offer': 'have-local-pranswer', 'have-local-pranswer': 'have-local-pranswer' },
  remote: { 'have-local-offer': 'have-remote-pranswer', 'have-remote-pranswer': 'have-remote-pranswer' },
};
const ANSWER: Readonly<Record<Side, Transitions>> = {
  local: { 'have-remote-offer': 'stable', 'have-local-pranswer': 'stable' },
  remote: { 'have-local-offer': 'stable', 'have-remote-pranswer': 'stable' },
};
/** RFC 9429 §5.7 would let provisional answers go back too; webrtc.html §4.4.1.5 does not. */
const ROLLBACK: Transitions = { 'have-local-offer': 'stable', 'have-remote-offer': 'stable' };

const TRANSITIONS: Readonly<Record<DescriptionType, Readonly<Record<Side, Transitions>>>> = {
  offer: OFFER,
  pranswer: PROVISIONAL_ANSWER,
  answer: ANSWER,
  rollback: { local: ROLLBACK, remote: ROLLBACK },
};

/** `undefined`: such a description may not come in this state. */
export function nextState(
  state: SignalingState,
  side: Side,
  type: DescriptionType,
): SignalingState | undefined {
  return TRANSITIONS[type][side][state];
}

/** What `setLocalDescription()` without a type means. webrtc.html §4.4.2. */
export function impliedType(state: SignalingState): 'offer' | 'answer' {
  return state === 'have-remote-offer' || state === 'have-local-pranswer' ? 'answer' : 'offer';
}
