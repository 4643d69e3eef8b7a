/** Which sections an answer has: those of the offer, in their order, taken or rejected. RFC 9429 §5.3, RFC 8841 §10.3. */
import {
  isUsed,
  type LocalSection,
  type LocalSession,
  type LocalTransport,
  REJECTED,
} from './local-session.ts';
import { ICE_OPTIONS } from './offer.ts';
import type { RemoteSection } from './remote-section.ts';
import type { RemoteSession } from './remote-session.ts';

export interface AnswerBasis {
  readonly offer: RemoteSession;
  /** The section for data that is taken; `undefined`: none. */
  readonly data: RemoteSection | undefined;
  /** Of the association that will be; 0 refuses it and keeps the section. RFC 8841 §10.3. */
  readonly sctpPort: number;
  readonly transport: LocalTransport;
}

/**
 * Only the first section for data is taken: an association has one, RFC 8831 §5. Media is rejected section by section, the
 * tagged one of a group too (RFC 9429 §5.3.1 would reject its whole group): data works with those that also offer media.
 */
export function makeAnswer({ offer, data, sctpPort, transport }: AnswerBasis): LocalSession {
  const sections = offer.sections.map((section) => answerSection(section, section === data, sctpPort));
  const taken = new Set(sections.filter(isUsed).map(({ mid }) => mid));
  return {
    sections,
    bundles: offer.bundles
      .map((mids) => mids.filter((mid) => taken.has(mid)))
      .filter((mids) => mids.length > 0),
    iceOptions: ICE_OPTIONS.filter((option) => offer.iceOptions.has(option)),
    transport: data ? transport : undefined,
  };
}

function answerSection(section: RemoteSection, taken: boolean, sctpPort: number): LocalSection {
  const { mid, kind, protocol, formats } = section;
  return { mid, kind, protocol, formats, use: taken ? { kind: 'data', sctpPort } : REJECTED };
}
