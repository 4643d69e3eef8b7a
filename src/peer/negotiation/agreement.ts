/**
 * What two descriptions together mean for the transport, and which steps lead from one agreement to the next. Pure.
 * RFC 9429 §5.11, RFC 8842 §4, RFC 8841 §10, RFC 8839 §4.4.
 */
import { sameBytes } from '../../base/index.ts';
import type { Fingerprint } from '../../dtls/index.ts';
import { roleOfAnswerer, roleOfOfferer } from './dtls-role.ts';
import { contentFault } from './faults.ts';
import type { LocalTransport } from './local-session.ts';
import type { RemoteSection, SectionSctp, SectionTransport } from './remote-section.ts';
import {
  type BundlePolicy,
  dataSectionOf,
  type RemoteSession,
  transportSectionOf,
} from './remote-session.ts';
import type { DtlsRole, IceCredentials, NegotiationStep, RemoteIce, SctpAgreement } from './step.ts';

interface DtlsAgreement {
  readonly role: DtlsRole;
  readonly fingerprints: readonly Fingerprint[];
  readonly localTlsId: string | undefined;
  readonly remoteTlsId: string | undefined;
}

export interface Agreement {
  readonly localIce: IceCredentials;
  readonly remoteIce: RemoteIce;
  readonly dtls: DtlsAgreement;
  /** `undefined`: the section is there, its association is closed. */
  readonly sctp: SctpAgreement | undefined;
}

/** What a remote description says of the one transport. */
export interface RemoteTransport {
  /** Its section for data. */
  readonly data: RemoteSection;
  /** Where its candidates stand. */
  readonly carrier: RemoteSection;
  readonly ice: RemoteIce;
  readonly facts: SectionTransport;
  readonly sctp: SectionSctp;
}

/** `undefined`: the description uses no transport. */
export function remoteTransportOf(
  session: RemoteSession,
  bundlePolicy: BundlePolicy,
): RemoteTransport | undefined {
  const data = dataSectionOf(session, bundlePolicy);
  if (!data?.sctp) return undefined;
  const carrier = transportSectionOf(session, data);
  const { ice } = carrier.transport;
  if (!ice) return undefined;
  const { usernameFragment, password, lite } = ice;
  return {
    data,
    carrier,
    ice: { usernameFragment, password, lite, trickle: session.iceOptions.has('trickle') },
    facts: carrier.transport,
    sctp: data.sctp,
  };
}

/** What an offer of theirs asks of our answer. */
export interface AnswerPlan {
  readonly iceRestart: boolean;
  readonly newDtls: boolean;
  readonly role: DtlsRole;
  readonly sctpPort: number;
}

/** Throws `InvalidAccessError` for an offer that what is running forbids. */
export function planAnswer(offer: RemoteTransport, running: Agreement | undefined): AnswerPlan {
  const iceRestart = !running || isRestart(running.remoteIce, offer.ice);
  const newDtls = !running || !continuesDtls(running.dtls, offer.facts);
  if (running && newDtls && !iceRestart) throw dtlsWithoutRestart('offer');
  return {
    iceRestart,
    newDtls,
    role: roleOfAnswerer(offer.facts.setup, newDtls ? undefined : running?.dtls.role),
    sctpPort: localPortFor(offer, running),
  };
}

/** RFC 8841 §10.3: a new port of theirs asks for a new one of ours; the older form has one for both. */
function localPortFor({ data, sctp }: RemoteTransport, running: Agreement | undefined): number {
  if (sctp.port === 0) return 0;
  const [format = ''] = data.formats;
  if (format !== 'webrtc-datachannel') return Number(format);
  const before = running?.sctp;
  if (!before) return FIRST_SCTP_PORT;
  return before.remotePort === sctp.port ? before.localPort : before.localPort + 1;
}

/** RFC 8841 §5 leaves it free; it is what everybody uses. */
const FIRST_SCTP_PORT = 5000;

export function agreeAsAnswerer(
  offer: RemoteTransport,
  { ice, tlsId }: LocalTransport,
  plan: AnswerPlan,
): Agreement {
  return {
    localIce: ice,
    remoteIce: offer.ice,
    dtls: {
      role: plan.role,
      fingerprints: offer.facts.fingerprints,
      localTlsId: tlsId,
      remoteTlsId: offer.facts.tlsId,
    },
    sctp: agreeOnSctp(plan.sctpPort, offer.sctp),
  };
}

/** The answer may come from somebody else than the one before: then it has credentials of its own (RFC 9429 §5.11). */
export function agreeAsOfferer(
  { ice, tlsId }: LocalTransport,
  sctpPort: number,
  answer: RemoteTransport,
  running: Agreement | undefined,
): Agreement {
  const restarted = !running || isRestart(running.remoteIce, answer.ice);
  const newDtls = !running || !continuesDtls(running.dtls, answer.facts);
  if (newDtls && !restarted) throw dtlsWithoutRestart('answer');
  return {
    localIce: ice,
    remoteIce: answer.ice,
    dtls: {
      role: roleOfOfferer(answer.facts.setup, newDtls ? undefined : running?.dtls.role),
      fingerprints: answer.facts.fingerprints,
      localTlsId: tlsId,
      remoteTlsId: answer.facts.tlsId,
    },
    sctp: agreeOnSctp(sctpPort, answer.sctp),
  };
}

function agreeOnSctp(localPort: number, remote: SectionSctp): SctpAgreement | undefined {
  if (localPort === 0 || remote.port === 0) return undefined;
  return { localPort, remotePort: remote.port, remoteMaxMessageBytes: remote.maxMessageBytes };
}

function dtlsWithoutRestart(what: 'offer' | 'answer'): Error {
  return contentFault(
    `The ${what} has another fingerprint or tls-id than the DTLS association in use, and does not restart ICE (RFC 9429 §5.8.3).`,
  );
}

/** RFC 8839 §4.4.1.1.1: a change of either is a restart. */
function isRestart(before: IceCredentials, after: IceCredentials): boolean {
  return before.usernameFragment !== after.usernameFragment || before.password !== after.password;
}

/** RFC 8842 §4: whether the association in use is meant. */
function continuesDtls(running: DtlsAgreement, { fingerprints, tlsId }: SectionTransport): boolean {
  return running.remoteTlsId === tlsId && sameFingerprints(running.fingerprints, fingerprints);
}

/** In any order. */
function sameFingerprints(a: readonly Fingerprint[], b: readonly Fingerprint[]): boolean {
  const among = (one: Fingerprint, all: readonly Fingerprint[]) =>
    all.some((other) => other.hash === one.hash && sameBytes(other.value, one.value));
  return a.every((one) => among(one, b)) && b.every((one) => among(one, a));
}

/** From what is running to what was agreed on. `candidates`: of the remote description, known ones too. */
export function stepsBetween(
  before: Agreement | undefined,
  after: Agreement,
  candidates: readonly NegotiationStep[],
): NegotiationStep[] {
  return [
    ...iceSteps(before, after),
    ...candidates,
    ...dtlsSteps(before, after),
    ...sctpSteps(before, after),
  ];
}

function iceSteps(before: Agreement | undefined, after: Agreement): NegotiationStep[] {
  const same =
    before && !isRestart(before.localIce, after.localIce) && !isRestart(before.remoteIce, after.remoteIce);
  return same ? [] : [{ step: 'remote-ice', ice: after.remoteIce }];
}

function dtlsSteps(before: Agreement | undefined, { dtls }: Agreement): NegotiationStep[] {
  if (before && before.dtls.remoteTlsId === dtls.remoteTlsId) {
    if (sameFingerprints(before.dtls.fingerprints, dtls.fingerprints)) return [];
  }
  return [{ step: 'dtls', role: dtls.role, fingerprints: dtls.fingerprints }];
}

function sctpSteps(before: Agreement | undefined, after: Agreement): NegotiationStep[] {
  const was = before?.sctp;
  const will = after.sctp;
  if (!will) return was ? [{ step: 'close-sctp' }] : [];
  // RFC 8842 §4: what ran over the DTLS association ends with it.
  const renewed = dtlsSteps(before, after).length > 0;
  if (!was || renewed || was.remotePort !== will.remotePort || was.localPort !== will.localPort) {
    return [{ step: 'sctp', agreed: will }];
  }
  if (was.remoteMaxMessageBytes === will.remoteMaxMessageBytes) return [];
  return [{ step: 'sctp-message-size', remoteMaxMessageBytes: will.remoteMaxMessageBytes }];
}
