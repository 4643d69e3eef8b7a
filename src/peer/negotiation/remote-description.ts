/** A remote description that was applied, with the candidates that came after it. Values; nothing here changes. */
import {
  type Attribute,
  type CandidateAttribute,
  type SessionDescription,
  writeCandidate,
  writeDescription,
} from '../../sdp/index.ts';
import { PeerFault } from '../peer-fault.ts';
import { type RemoteTransport, remoteTransportOf } from './agreement.ts';
import { isProhibited } from './prohibited.ts';
import { type BundlePolicy, type RemoteSession, readSession } from './remote-session.ts';
import type { NegotiationStep } from './step.ts';

/** One that came by `addIceCandidate`. */
export interface AddedCandidate {
  readonly index: number;
  /** `undefined`: no more will come for this section. */
  readonly candidate: CandidateAttribute | undefined;
  /** As it stands in the description. */
  readonly line: Attribute;
}

/** Twenty interfaces, both families, four servers, several times over. */
const MAX_ADDED = 1024;

export interface RemoteDescription {
  readonly type: 'offer' | 'pranswer' | 'answer';
  /** As it was given. */
  readonly sdp: string;
  readonly parsed: SessionDescription;
  readonly session: RemoteSession;
  readonly transport: RemoteTransport | undefined;
  readonly added: readonly AddedCandidate[];
}

/** Throws `InvalidAccessError` where the content is not valid. */
export function readRemote(
  type: RemoteDescription['type'],
  sdp: string,
  parsed: SessionDescription,
  bundlePolicy: BundlePolicy,
): RemoteDescription {
  const session = readSession(parsed);
  return { type, sdp, parsed, session, transport: remoteTransportOf(session, bundlePolicy), added: [] };
}

export function addedCandidate(index: number, candidate: CandidateAttribute | undefined): AddedCandidate {
  const line = candidate
    ? { name: 'candidate', value: writeCandidate(candidate).slice('candidate:'.length) }
    : { name: 'end-of-candidates' };
  return { index, candidate, line };
}

export function withCandidate(description: RemoteDescription, added: AddedCandidate): RemoteDescription {
  const { index, line } = added;
  const same = ({ name, value }: Attribute) => name === line.name && value === line.value;
  if (description.parsed.media[index]?.attributes.some(same)) return description;
  if (description.added.some((other) => other.index === index && same(other.line))) return description;
  if (added.candidate && description.added.length >= MAX_ADDED) {
    throw new PeerFault('OperationError', `${MAX_ADDED} candidates were added; more are not taken.`);
  }
  return { ...description, added: [...description.added, added] };
}

/** An offer that follows another before there is an answer: what was added for the same generation still holds. */
export function withCandidatesOf(before: RemoteDescription, after: RemoteDescription): RemoteDescription {
  return before.added
    .filter(({ index }) => {
      const usernameFragment = usernameFragmentOf(after, index);
      return usernameFragment !== undefined && usernameFragment === usernameFragmentOf(before, index);
    })
    .reduce(withCandidate, after);
}

/** With its candidates. As it was given while there are none. */
export function textOf({ sdp, parsed, added }: RemoteDescription): string {
  if (added.length === 0) return sdp;
  const media = parsed.media.map((section, index) => {
    const lines = added.filter((one) => one.index === index).map(({ line }) => line);
    return lines.length === 0 ? section : { ...section, attributes: [...section.attributes, ...lines] };
  });
  return writeDescription({ ...parsed, media });
}

/** Whether candidates of this section are candidates of the transport in use: where it is bundled, those of its own lead nowhere. */
export function carriesTransport({ transport }: RemoteDescription, index: number): boolean {
  return transport?.carrier.index === index;
}

/** Whose generation a section's candidates belong to. */
export function usernameFragmentOf(
  { session, transport }: RemoteDescription,
  index: number,
): string | undefined {
  const own = session.sections[index]?.transport.ice?.usernameFragment;
  if (own !== undefined) return own;
  return transport && (transport.data.index === index || transport.carrier.index === index)
    ? transport.ice.usernameFragment
    : undefined;
}

/** Those that stand in the text, and those that came since. */
export function candidateSteps(description: RemoteDescription): NegotiationStep[] {
  const { transport, added } = description;
  if (!transport) return [];
  const later = added.filter(({ index }) => carriesTransport(description, index));
  const candidates = [
    ...transport.carrier.candidates,
    ...later.flatMap(({ candidate }) => (candidate ? [candidate] : [])),
  ];
  const ended = transport.carrier.ended || later.some(({ candidate }) => candidate === undefined);
  return [
    ...candidates
      .filter((candidate) => !isProhibited(candidate))
      .map((candidate): NegotiationStep => ({ step: 'remote-candidate', candidate })),
    ...(ended ? [{ step: 'end-of-remote-candidates' } as const] : []),
  ];
}
