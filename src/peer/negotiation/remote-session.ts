/** A remote description, read as a whole: its sections, and which of them share a transport. RFC 9429 §5.8, RFC 9143. */
import { attributesOf, inheritedAttributesOf, parseGroup, type SessionDescription } from '../../sdp/index.ts';
import { contentFault, nameOf } from './faults.ts';
import { isRtp, type RemoteSection, readSection } from './remote-section.ts';

export interface RemoteSession {
  readonly sections: readonly RemoteSection[];
  /** The mids of each BUNDLE group, the tagged one first. */
  readonly bundles: readonly (readonly string[])[];
  /** `trickle`, `ice2`: those of the session and of any section. */
  readonly iceOptions: ReadonlySet<string>;
}

/** Far more than anyone uses; every section costs each later description a section. */
const MAX_SECTIONS = 1024;

/** Throws `InvalidAccessError` where the content is not valid. */
export function readSession(description: SessionDescription): RemoteSession {
  if (description.media.length > MAX_SECTIONS) {
    throw contentFault(
      `The description has ${description.media.length} media sections; at most ${MAX_SECTIONS} are taken.`,
    );
  }
  const sections = description.media.map((media, index) => readSection(description, index, media));
  const mids = new Set<string>();
  for (const { mid } of sections) {
    if (mid === undefined) continue;
    if (mids.has(mid)) throw contentFault(`Two sections have the mid ${JSON.stringify(mid.slice(0, 32))}.`);
    mids.add(mid);
  }
  const session = {
    sections,
    bundles: readBundles(description, mids),
    iceOptions: readIceOptions(description),
  };
  for (const section of sections) {
    if (!section.rejected) checkTransport(transportSectionOf(session, section));
  }
  return session;
}

function readBundles(description: SessionDescription, mids: ReadonlySet<string>): string[][] {
  const bundles: string[][] = [];
  const seen = new Set<string>();
  for (const value of attributesOf(description, 'group')) {
    const group = parseGroup(value);
    if (!group) throw contentFault('An a=group line has not the form of RFC 5888 §5.');
    if (group.semantics !== 'BUNDLE') continue;
    for (const mid of group.mids) {
      if (!mids.has(mid)) {
        throw contentFault(
          `A BUNDLE group names ${JSON.stringify(mid.slice(0, 32))}, which no section has as mid.`,
        );
      }
      if (seen.has(mid)) throw contentFault(`The mid ${JSON.stringify(mid)} stands twice in BUNDLE groups.`);
      seen.add(mid);
    }
    bundles.push([...group.mids]);
  }
  return bundles;
}

function readIceOptions(description: SessionDescription): Set<string> {
  const everywhere = [
    ...attributesOf(description, 'ice-options'),
    ...description.media.flatMap((media) => inheritedAttributesOf(description, media, 'ice-options')),
  ];
  // RFC 8839 §5.6 parts them by spaces; some write commas.
  return new Set(everywhere.flatMap((value) => value.split(/[ ,]+/)).filter((word) => word !== ''));
}

export type BundlePolicy = 'balanced' | 'max-compat' | 'max-bundle';

/**
 * The section for data channels: the first that has not been given up. With `max-bundle` it has to be the first of all or in
 * one group with it. RFC 9429 §5.3.1.
 */
export function dataSectionOf(session: RemoteSession, policy: BundlePolicy): RemoteSection | undefined {
  const data = session.sections.find((section) => section.sctp !== undefined);
  if (!data || policy !== 'max-bundle' || data.index === 0) return data;
  const group = groupOf(session, data);
  const first = session.sections[0]?.mid;
  return first !== undefined && group?.includes(first) ? data : undefined;
}

function groupOf({ bundles }: RemoteSession, { mid }: RemoteSection): readonly string[] | undefined {
  return mid === undefined ? undefined : bundles.find((mids) => mids.includes(mid));
}

/**
 * The section whose lines describe the transport of this one: the tagged one of its group, which all others of the group move
 * to (RFC 9143 §7.2.2, §7.3.1), or itself.
 */
export function transportSectionOf(session: RemoteSession, section: RemoteSection): RemoteSection {
  const tag = groupOf(session, section)?.[0];
  const tagged = session.sections.find(({ mid }) => mid !== undefined && mid === tag);
  const usable = tagged && !tagged.rejected && (isRtp(tagged) || tagged.sctp !== undefined);
  return usable && tagged.transport.ice ? tagged : section;
}

/** What is needed of a transport, be its section one that we can use or not. RFC 9429 §5.8.3. */
function checkTransport(section: RemoteSection): void {
  const { ice, hasFingerprint } = section.transport;
  if (!ice) {
    throw contentFault(
      `${nameOf(section)} has no a=ice-ufrag of 4 … 256 and a=ice-pwd of 22 … 256 ICE characters (RFC 8839 §5.4).`,
    );
  }
  if (!hasFingerprint) {
    throw contentFault(
      `${nameOf(section)} has no valid a=fingerprint of its DTLS certificate (RFC 8122 §5); without DTLS nothing is exchanged.`,
    );
  }
}

/** A section that a description has to fit. */
export interface SectionBefore {
  readonly kind: string;
  readonly protocol: string;
  readonly mid: string | undefined;
  readonly rejected: boolean;
}

/** Compared with one that came before it: m= lines keep their places. RFC 3264 §8, RFC 9429 §5.8.3. */
export function checkSuccession(before: readonly SectionBefore[], session: RemoteSession): void {
  const { sections } = session;
  if (sections.length < before.length) {
    throw contentFault(
      `The offer has ${sections.length} media sections where ${before.length} were agreed on: sections are rejected, never left out.`,
    );
  }
  for (const [index, { kind, mid, rejected }] of before.entries()) {
    const section = sections[index];
    if (rejected || !section) continue; // RFC 3264 §8.2: its place may be used for something else.
    if (section.kind !== kind) {
      throw contentFault(`${nameOf(section)} is for ${section.kind} where ${kind} was agreed on.`);
    }
    if (mid !== undefined && section.mid !== undefined && mid !== section.mid) {
      throw contentFault(`${nameOf(section)} had the mid ${JSON.stringify(mid)}; a mid stays.`);
    }
  }
}

/** An answer has the sections of its offer. RFC 3264 §6, RFC 9429 §5.8.3. */
export function checkAnswers(offer: readonly SectionBefore[], { sections }: RemoteSession): void {
  if (sections.length !== offer.length) {
    throw contentFault(`The answer has ${sections.length} media sections, the offer ${offer.length}.`);
  }
  for (const [index, { kind, protocol, mid, rejected }] of offer.entries()) {
    const section = sections[index];
    if (!section) continue;
    if (section.kind !== kind || section.protocol !== protocol) {
      throw contentFault(
        `${nameOf(section)} of the answer is ${section.kind} over ${section.protocol}; ${kind} over ${protocol} was offered.`,
      );
    }
    if (section.mid !== undefined && section.mid !== mid) {
      throw contentFault(`${nameOf(section)} of the answer was offered with the mid ${JSON.stringify(mid)}.`);
    }
    if (rejected && !section.rejected) {
      throw contentFault(`${nameOf(section)} was offered as rejected (port 0), and the answer takes it.`);
    }
  }
}
