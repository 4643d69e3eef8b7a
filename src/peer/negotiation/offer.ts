/** Which sections an offer has. RFC 9429 §5.2.1 (the first), §5.2.2 (those after it). */
import { isUsed, type LocalSection, type LocalSession, type LocalTransport } from './local-session.ts';

/** RFC 9429 §5.2.1: takes candidates one by one, nominates as RFC 8445 does. */
export const ICE_OPTIONS: readonly string[] = ['trickle', 'ice2'];

const USUAL_SCTP_PORT = 5000;

export interface OfferBasis {
  /** As they were agreed on, or as the pending offer of ours has them. */
  readonly sections: readonly LocalSection[];
  /** Somebody has made a data channel. */
  readonly wantsData: boolean;
  readonly createMid: () => string;
  /** Used only if some section is. */
  readonly transport: LocalTransport;
}

export function makeOffer(basis: OfferBasis): LocalSession {
  const sections = basis.sections.map((section) => (basis.wantsData ? reopened(section) : section));
  if (basis.wantsData && !sections.some((section) => section.use.kind === 'data')) {
    // §5.2.2: a section with port zero is used again, with a new mid; else the new one comes last.
    const free = sections.findIndex((section) => !isUsed(section));
    sections[free < 0 ? sections.length : free] = newDataSection(basis.createMid());
  }
  const used = sections.filter(isUsed);
  const mids = used.flatMap(({ mid }) => (mid === undefined ? [] : [mid]));
  return {
    sections,
    bundles: mids.length > 0 ? [mids] : [],
    iceOptions: ICE_OPTIONS,
    transport: used.length > 0 ? basis.transport : undefined,
  };
}

/** RFC 8841 §10.5: an association that was closed by port 0 is offered again. */
function reopened(section: LocalSection): LocalSection {
  const closed = section.use.kind === 'data' && section.use.sctpPort === 0;
  return closed ? { ...section, use: { kind: 'data', sctpPort: USUAL_SCTP_PORT } } : section;
}

function newDataSection(mid: string): LocalSection {
  return {
    mid,
    kind: 'application',
    protocol: 'UDP/DTLS/SCTP',
    formats: ['webrtc-datachannel'],
    use: { kind: 'data', sctpPort: USUAL_SCTP_PORT },
  };
}
