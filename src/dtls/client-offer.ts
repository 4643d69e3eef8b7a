/** What a client offers in the extensions of its hello, and what the server may choose of it. */
import { parseIp } from '../base/index.ts';
import { EXTENSION } from './code-points.ts';
import {
  decodeProtocolNames,
  decodeUseSrtp,
  encodeNumberList,
  encodePointFormats,
  encodeProtocolNames,
  encodeRenegotiationInfo,
  encodeServerName,
  encodeUseSrtp,
  hasUncompressedPoints,
  isEmptyRenegotiationInfo,
} from './extensions.ts';
import { type DtlsFault, malformed, nothingInCommon, violation } from './fault.ts';
import { curveId, groupId } from './groups.ts';
import type { Extensions } from './hello.ts';
import type { ResolvedOptions } from './options.ts';
import { SIGNATURE_SCHEME_IDS } from './signature-schemes.ts';
import { chooseSrtpProfile, type SrtpProfileName, srtpProfileId } from './srtp-profiles.ts';

export function clientExtensions(options: ResolvedOptions): Extensions {
  const { serverName, srtpProfiles, applicationProtocols } = options;
  const extensions = new Map<number, Uint8Array>([
    [EXTENSION.EXTENDED_MASTER_SECRET, new Uint8Array(0)],
    [EXTENSION.RENEGOTIATION_INFO, encodeRenegotiationInfo()],
    [EXTENSION.SUPPORTED_GROUPS, encodeNumberList(groupsAndCurves(options))],
    [EXTENSION.EC_POINT_FORMATS, encodePointFormats()],
    [EXTENSION.SIGNATURE_ALGORITHMS, encodeNumberList(SIGNATURE_SCHEME_IDS)],
  ]);
  // RFC 6066 §3: an address is no name.
  if (serverName !== undefined && !parseIp(serverName)) {
    extensions.set(EXTENSION.SERVER_NAME, encodeServerName(serverName));
  }
  if (srtpProfiles.length > 0) {
    extensions.set(EXTENSION.USE_SRTP, encodeUseSrtp(srtpProfiles.map(srtpProfileId)));
  }
  if (applicationProtocols.length > 0) {
    const names = encodeProtocolNames(applicationProtocols);
    extensions.set(EXTENSION.APPLICATION_LAYER_PROTOCOL_NEGOTIATION, names);
  }
  return extensions;
}

/** RFC 8422 §5.1: the list speaks of the curves of certificates too. A server that then agrees over one is refused. */
function groupsAndCurves({ groups }: ResolvedOptions): readonly number[] {
  return [...new Set([...groups.map(groupId), curveId('p-256'), curveId('p-384')])];
}

export interface ServerChoice {
  readonly extendedMasterSecret: boolean;
  readonly srtpProfile: SrtpProfileName | undefined;
  readonly applicationProtocol: string | undefined;
}

/** `offered`: what `clientExtensions` gave. */
export function chosenByServer(
  options: ResolvedOptions,
  offered: Extensions,
  extensions: Extensions,
): ServerChoice | DtlsFault {
  for (const type of extensions.keys()) {
    // RFC 5246 §7.4.1.4.
    if (!offered.has(type)) {
      return violation(`The server answers extension ${type}, which was not sent.`, 'unsupported_extension');
    }
  }
  const renegotiation = extensions.get(EXTENSION.RENEGOTIATION_INFO);
  if (renegotiation && !isEmptyRenegotiationInfo(renegotiation)) {
    // RFC 5746 §3.4.
    return violation('The server speaks of an earlier handshake in its first.', 'handshake_failure');
  }
  const formats = extensions.get(EXTENSION.EC_POINT_FORMATS);
  if (formats && !hasUncompressedPoints(formats))
    return violation('The server wants compressed points only.');
  const secret = extensions.get(EXTENSION.EXTENDED_MASTER_SECRET);
  if (secret && secret.length > 0) return malformed('extended_master_secret extension');
  if (!secret && options.requireExtendedMasterSecret) return nothingInCommon('extended master secret');
  const srtp = chosenProfile(options, extensions.get(EXTENSION.USE_SRTP));
  if (srtp && typeof srtp !== 'string') return srtp;
  const protocol = chosenProtocol(options, extensions.get(EXTENSION.APPLICATION_LAYER_PROTOCOL_NEGOTIATION));
  if (protocol !== undefined && typeof protocol !== 'string') return protocol;
  return {
    extendedMasterSecret: secret !== undefined,
    srtpProfile: srtp,
    applicationProtocol: protocol,
  };
}

/** RFC 5764 §4.1.1: one of those offered, and the key identifier that was offered: none. */
function chosenProfile(
  { srtpProfiles }: ResolvedOptions,
  data: Uint8Array | undefined,
): SrtpProfileName | DtlsFault | undefined {
  if (!data) return undefined;
  const chosen = decodeUseSrtp(data);
  if (!chosen) return malformed('use_srtp extension');
  const profile = chosen.profiles.length === 1 ? chooseSrtpProfile(srtpProfiles, chosen.profiles) : undefined;
  if (!profile || chosen.mki.length > 0)
    return violation('The server chose an SRTP profile that was not offered.');
  return profile;
}

/** RFC 7301 §3.1: exactly one name, of those offered. */
function chosenProtocol(
  { applicationProtocols }: ResolvedOptions,
  data: Uint8Array | undefined,
): string | DtlsFault | undefined {
  if (!data) return undefined;
  const names = decodeProtocolNames(data);
  if (!names) return malformed('application_layer_protocol_negotiation extension');
  const [name] = names;
  if (names.length !== 1 || name === undefined || !applicationProtocols.includes(name)) {
    return violation('The server chose an application protocol that was not offered.');
  }
  return name;
}
