/** What a server chooses of what a client offers, and how it says so in the extensions of its hello. */
import type { AgreementGroup, SignatureScheme, SigningKey } from '../base/index.ts';
import type { CipherSuite } from './cipher-suites.ts';
import { EMPTY_RENEGOTIATION_INFO_SCSV, EXTENSION, NULL_COMPRESSION, VERSION } from './code-points.ts';
import {
  decodeNumberList,
  decodeProtocolNames,
  decodeServerName,
  decodeUseSrtp,
  encodePointFormats,
  encodeProtocolNames,
  encodeRenegotiationInfo,
  encodeUseSrtp,
  hasUncompressedPoints,
  isEmptyRenegotiationInfo,
} from './extensions.ts';
import { type DtlsFault, malformed, nothingInCommon, violation } from './fault.ts';
import { curveId, groupId } from './groups.ts';
import type { ClientHello, Extensions } from './hello.ts';
import type { DtlsIdentity, ResolvedOptions } from './options.ts';
import { chooseSignatureScheme } from './signature-schemes.ts';
import { chooseSrtpProfile, type SrtpProfileName, srtpProfileId } from './srtp-profiles.ts';

export interface Choice {
  readonly suite: CipherSuite;
  readonly group: AgreementGroup;
  readonly identity: DtlsIdentity;
  readonly scheme: { readonly id: number; readonly scheme: SignatureScheme };
  readonly extendedMasterSecret: boolean;
  readonly srtpProfile: SrtpProfileName | undefined;
  readonly applicationProtocol: string | undefined;
  readonly serverName: string | undefined;
  /** For ServerHello: answers to what was offered, and nothing else. */
  readonly extensions: Extensions;
}

export function chooseForClient(options: ResolvedOptions, hello: ClientHello): Choice | DtlsFault {
  const { extensions } = hello;
  // RFC 6347 §4.1: versions count downwards, so that an older one is the larger number.
  if (hello.version > VERSION.DTLS_1_2) return nothingInCommon('version of DTLS', 'protocol_version');
  if (!hello.compressions.includes(NULL_COMPRESSION)) return violation('The client insists on compression.');
  const renegotiation = extensions.get(EXTENSION.RENEGOTIATION_INFO);
  if (renegotiation && !isEmptyRenegotiationInfo(renegotiation)) {
    // RFC 5746 §3.6.
    return violation('The client speaks of an earlier handshake in its first.', 'handshake_failure');
  }
  const formats = extensions.get(EXTENSION.EC_POINT_FORMATS);
  if (formats && !hasUncompressedPoints(formats))
    return violation('The client wants compressed points only.');
  const extendedMasterSecret = extensions.has(EXTENSION.EXTENDED_MASTER_SECRET);
  if (!extendedMasterSecret && options.requireExtendedMasterSecret) {
    return nothingInCommon('extended master secret');
  }
  const group = chooseGroup(options, extensions.get(EXTENSION.SUPPORTED_GROUPS));
  if (!group) return nothingInCommon('group for the key agreement');
  const signer = chooseSigner(options, hello);
  if (!signer) return nothingInCommon('cipher suite with a certificate and a signature algorithm that fit');
  const srtp = chooseSrtp(options, extensions.get(EXTENSION.USE_SRTP));
  if (srtp !== undefined && typeof srtp !== 'string') return srtp;
  const protocol = chooseProtocol(options, extensions.get(EXTENSION.APPLICATION_LAYER_PROTOCOL_NEGOTIATION));
  if (protocol !== undefined && typeof protocol !== 'string') return protocol;
  const name = extensions.get(EXTENSION.SERVER_NAME);
  return {
    ...signer,
    group,
    extendedMasterSecret,
    srtpProfile: srtp,
    applicationProtocol: protocol,
    serverName: name && decodeServerName(name),
    extensions: answers(hello, extendedMasterSecret, srtp, protocol),
  };
}

/** RFC 8422 §5.1: without the extension the client takes any; P-256 is what every client of that age has. */
function chooseGroup({ groups }: ResolvedOptions, data: Uint8Array | undefined): AgreementGroup | undefined {
  const offered = data ? decodeNumberList(data) : [groupId('p-256')];
  return groups.find((group) => offered?.includes(groupId(group)));
}

/** The best suite for which there is a certificate, and an algorithm to sign with that the client can verify. */
function chooseSigner(
  { suites, identities }: ResolvedOptions,
  hello: ClientHello,
): Pick<Choice, 'suite' | 'identity' | 'scheme'> | undefined {
  const data = hello.extensions.get(EXTENSION.SIGNATURE_ALGORITHMS);
  // RFC 5246 §7.4.1.4.1: without the extension the client knows SHA-1 only, and we do not.
  const offered = data && decodeNumberList(data);
  if (!offered) return undefined;
  for (const suite of suites) {
    if (!hello.suites.includes(suite.id)) continue;
    const identity = identities.find(({ key }) => key.kind === suite.signature && mayUseCurve(key, hello));
    const scheme = identity && chooseSignatureScheme(suite.signature, offered);
    if (scheme) return { suite, identity, scheme };
  }
  return undefined;
}

/** RFC 8422 §5.3: a client must support the curve of the certificate's key as well. */
function mayUseCurve({ curve }: SigningKey, { extensions }: ClientHello): boolean {
  const data = extensions.get(EXTENSION.SUPPORTED_GROUPS);
  return !curve || !data || decodeNumberList(data)?.includes(curveId(curve)) === true;
}

function chooseSrtp(
  { srtpProfiles }: ResolvedOptions,
  data: Uint8Array | undefined,
): SrtpProfileName | DtlsFault | undefined {
  if (!data) return undefined;
  const offer = decodeUseSrtp(data);
  return offer ? chooseSrtpProfile(srtpProfiles, offer.profiles) : malformed('use_srtp extension');
}

function chooseProtocol(
  { applicationProtocols }: ResolvedOptions,
  data: Uint8Array | undefined,
): string | DtlsFault | undefined {
  if (!data || applicationProtocols.length === 0) return undefined;
  const offered = decodeProtocolNames(data);
  if (!offered) return malformed('application_layer_protocol_negotiation extension');
  // RFC 7301 §3.2: the server's preference; who has nothing in common ends it.
  const chosen = applicationProtocols.find((name) => offered.includes(name));
  return chosen ?? nothingInCommon('application protocol', 'no_application_protocol');
}

function answers(
  hello: ClientHello,
  extendedMasterSecret: boolean,
  srtp: SrtpProfileName | undefined,
  protocol: string | undefined,
): Extensions {
  const extensions = new Map<number, Uint8Array>();
  const offered = (type: number): boolean => hello.extensions.has(type);
  // RFC 5746 §3.6.
  if (offered(EXTENSION.RENEGOTIATION_INFO) || hello.suites.includes(EMPTY_RENEGOTIATION_INFO_SCSV)) {
    extensions.set(EXTENSION.RENEGOTIATION_INFO, encodeRenegotiationInfo());
  }
  if (extendedMasterSecret) extensions.set(EXTENSION.EXTENDED_MASTER_SECRET, new Uint8Array(0));
  if (offered(EXTENSION.EC_POINT_FORMATS)) extensions.set(EXTENSION.EC_POINT_FORMATS, encodePointFormats());
  if (srtp) extensions.set(EXTENSION.USE_SRTP, encodeUseSrtp([srtpProfileId(srtp)]));
  if (protocol !== undefined) {
    extensions.set(EXTENSION.APPLICATION_LAYER_PROTOCOL_NEGOTIATION, encodeProtocolNames([protocol]));
  }
  return extensions;
}
