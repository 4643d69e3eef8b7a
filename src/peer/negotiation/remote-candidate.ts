/** What `addIceCandidate` adds, and to which descriptions. Pure. webrtc.html §4.4.2 (addIceCandidate), RFC 9429 §4.1.19. */
import { type CandidateAttribute, parseCandidate } from '../../sdp/index.ts';
import { PeerFault } from '../peer-fault.ts';
import type { RemoteIceCandidate } from '../session-port.ts';
import { type RemoteDescription, usernameFragmentOf } from './remote-description.ts';

/** What is to be added to which sections; nothing where there is nothing to be done. */
export interface CandidatePlace {
  /** `undefined`: the end of candidates. */
  readonly candidate: CandidateAttribute | undefined;
  readonly index: number;
  /** The generation that it belongs to. */
  readonly usernameFragment: string | undefined;
}

/** `null` as WebIDL reads it: the default dictionary. */
const END_OF_ALL: RemoteIceCandidate = { candidate: '', mid: null, mLineIndex: null, usernameFragment: null };

/** `applied`: the remote descriptions that there are, pending before current. */
export function placeCandidate(
  wish: RemoteIceCandidate | null,
  applied: readonly RemoteDescription[],
): CandidatePlace[] {
  const [newest] = applied;
  const init = wish ?? END_OF_ALL;
  if (init.candidate !== '' && init.mid === null && init.mLineIndex === null) {
    throw new PeerFault(
      'TypeError',
      'A candidate needs sdpMid or sdpMLineIndex to say which section it is for.',
    );
  }
  if (!newest) {
    throw new PeerFault(
      'InvalidStateError',
      'A candidate was added before there is a remote description; keep it until setRemoteDescription is done.',
    );
  }
  const index = sectionIndexOf(init, newest);
  checkGeneration(init.usernameFragment, index, applied);
  const candidate = init.candidate === '' ? undefined : readCandidate(init.candidate);
  const indexes = index === undefined ? newest.session.sections.map((section) => section.index) : [index];
  return indexes
    .filter((each) => newest.session.sections[each]?.rejected === false)
    .map((each) => ({
      candidate,
      index: each,
      usernameFragment:
        init.usernameFragment ?? candidate?.usernameFragment ?? usernameFragmentOf(newest, each),
    }));
}

/** `undefined`: all of them. */
function sectionIndexOf(
  { mid, mLineIndex }: RemoteIceCandidate,
  { session }: RemoteDescription,
): number | undefined {
  const { sections } = session;
  // Some stacks write an empty mid where they mean the index.
  const byIndex = mid === null || (mid === '' && mLineIndex !== null);
  if (!byIndex) {
    const section = sections.find((each) => each.mid === mid);
    if (section) return section.index;
    throw new PeerFault(
      'OperationError',
      `No section of the remote description has the mid ${JSON.stringify(mid.slice(0, 32))}.`,
    );
  }
  if (mLineIndex === null) return undefined;
  if (mLineIndex < sections.length) return mLineIndex;
  throw new PeerFault(
    'OperationError',
    `The remote description has ${sections.length} sections; there is none with the index ${mLineIndex}.`,
  );
}

function checkGeneration(
  usernameFragment: string | null,
  index: number | undefined,
  applied: readonly RemoteDescription[],
): void {
  if (usernameFragment === null) return;
  const known = applied.some((description) => {
    const indexes =
      index === undefined ? description.session.sections.map((section) => section.index) : [index];
    return indexes.some((each) => usernameFragmentOf(description, each) === usernameFragment);
  });
  if (known) return;
  throw new PeerFault(
    'OperationError',
    'The candidate is of an ICE generation (usernameFragment) that no remote description has.',
  );
}

function readCandidate(text: string): CandidateAttribute {
  const candidate = parseCandidate(text);
  if (candidate) return candidate;
  throw new PeerFault(
    'OperationError',
    `${JSON.stringify(text.slice(0, 80))} is no candidate of RFC 8839 §5.1.`,
  );
}
