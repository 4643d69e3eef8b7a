/** Which sections an answer has: those of the offer, in their order, taken or rejected. RFC 9429 §5.3, RFC 8841 §10.3. */

import type { RemoteTransport } from './agreement.ts';
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
  /** Of the offer; `undefined`: nothing is taken. */
  readonly remote: RemoteTransport | undefined;
  /** Of the association that will be; 0 refuses it and keeps the section. RFC 8841 §10.3. */
  readonly sctpPort: number;
  readonly transport: LocalTransport;
}

/** Only one section for data is taken: there is one association, RFC 8831 §5. Media is rejected section by section. */
export function makeAnswer({ offer, remote, sctpPort, transport }: AnswerBasis): LocalSession {
  const sections = offer.sections.map((section): LocalSection => {
    const { mid, kind, protocol, formats } = section;
    if (section === remote?.data) return { mid, kind, protocol, formats, use: { kind: 'data', sctpPort } };
    if (section === remote?.carrier) return hold(section);
    return { mid, kind, protocol, formats, use: REJECTED };
  });
  const taken = new Set(sections.filter(isUsed).map(({ mid }) => mid));
  return {
    sections,
    bundles: offer.bundles
      .map((mids) => mids.filter((mid) => taken.has(mid)))
      .filter((mids) => mids.length > 0),
    iceOptions: ICE_OPTIONS.filter((option) => offer.iceOptions.has(option)),
    transport: remote && transport,
  };
}

/** RFC 9429 §5.3.1: to reject the tagged section is to reject its group, and the data in it. So it stays, without media. */
function hold({ mid, kind, protocol, formats, preferredFormat }: RemoteSection): LocalSection {
  return {
    mid,
    kind,
    protocol,
    formats: formats.slice(0, 1),
    use: { kind: 'held', format: preferredFormat },
  };
}
