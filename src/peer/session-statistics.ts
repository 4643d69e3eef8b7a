/** What a session can tell about itself, in the terms of webrtc-stats.html §8: gathers, counts nothing itself. */
import { type CryptoProvider, encodeBase64, encodeHex, type Millis } from '../base/index.ts';
import { type DtlsIdentity, fingerprintOf } from '../dtls/index.ts';
import type { AgentStatistics, IceAgent, PairEnd } from '../ice/index.ts';
import type {
  CertificateStatistic,
  DataChannelStatistic,
  IceStatistic,
  PeerStatistic,
  TransportStatistic,
} from './statistics.ts';
import type { PeerTransport } from './transport.ts';

export interface StatisticsMoment {
  /** Wall clock. */
  readonly timestamp: Millis;
  /** The wall clock of a time of the machine. */
  readonly wallOf: (at: Millis) => Millis;
  readonly hasTransport: boolean;
  readonly iceRole: 'controlling' | 'controlled' | 'unknown';
}

/** One transport, and one of everything in it. */
const TRANSPORT_ID = 'T0';

export function sessionStatistics(
  crypto: CryptoProvider,
  transport: PeerTransport,
  ice: IceAgent,
  identity: DtlsIdentity,
  moment: StatisticsMoment,
): PeerStatistic[] {
  const { timestamp } = moment;
  const { opened, closed } = transport.channels.totals;
  const all: PeerStatistic[] = [
    { id: 'P', type: 'peer-connection', timestamp, dataChannelsOpened: opened, dataChannelsClosed: closed },
    ...channelStatistics(transport, timestamp),
  ];
  if (!moment.hasTransport) return all;
  const agent = ice.statistics();
  const local = certificateStatistics(crypto, 'CL', identity.chain, timestamp);
  const remote = certificateStatistics(crypto, 'CR', transport.dtlsFacts?.peerChain ?? [], timestamp);
  const certificates = { local: local[0]?.id, remote: remote[0]?.id };
  return [
    ...all,
    ...local,
    ...remote,
    transportStatistic(transport, ice, certificates, moment),
    ...agent.localCandidates.map((end) =>
      candidateStatistic('local-candidate', end, ice.localCredentials.usernameFragment, timestamp),
    ),
    ...agent.remoteCandidates.map((end) =>
      candidateStatistic('remote-candidate', end, ice.remoteCredentials?.usernameFragment, timestamp),
    ),
    ...agent.pairs.map((pair) => pairStatistic(pair, moment)),
  ];
}

function channelStatistics(transport: PeerTransport, timestamp: Millis): DataChannelStatistic[] {
  return transport.channels.statistics().map(({ channel, stream, facts, ...counts }) => ({
    id: `D${channel}`,
    type: 'data-channel',
    timestamp,
    label: facts.label,
    protocol: facts.protocol,
    ...(stream !== undefined && { dataChannelIdentifier: stream }),
    state: counts.state,
    messagesSent: counts.messagesSent,
    bytesSent: counts.bytesSent,
    messagesReceived: counts.messagesReceived,
    bytesReceived: counts.bytesReceived,
  }));
}

/** The chain, each linked to the one that vouches for it. */
function certificateStatistics(
  crypto: CryptoProvider,
  prefix: string,
  chain: readonly Uint8Array[],
  timestamp: Millis,
): CertificateStatistic[] {
  return chain.map((certificate, i) => ({
    id: `${prefix}${i}`,
    type: 'certificate',
    timestamp,
    fingerprint: encodeHex(fingerprintOf(crypto, 'sha-256', certificate).value)
      .toUpperCase()
      .replace(/..(?=.)/g, '$&:'),
    fingerprintAlgorithm: 'sha-256',
    base64Certificate: encodeBase64(certificate),
    ...(i + 1 < chain.length && { issuerCertificateId: `${prefix}${i + 1}` }),
  }));
}

function transportStatistic(
  transport: PeerTransport,
  ice: IceAgent,
  certificates: { readonly local: string | undefined; readonly remote: string | undefined },
  { timestamp, iceRole }: StatisticsMoment,
): TransportStatistic {
  const { counters, dtlsState, dtlsRole, dtlsFacts, selectedPair } = transport;
  return {
    id: TRANSPORT_ID,
    type: 'transport',
    timestamp,
    packetsSent: counters.packetsSent,
    packetsReceived: counters.packetsReceived,
    bytesSent: counters.bytesSent,
    bytesReceived: counters.bytesReceived,
    iceRole,
    iceLocalUsernameFragment: ice.localCredentials.usernameFragment,
    iceState: ice.state,
    dtlsState,
    dtlsRole: dtlsRole ?? 'unknown',
    selectedCandidatePairChanges: counters.selectedPairChanges,
    ...(selectedPair && { selectedCandidatePairId: selectedPair.id }),
    ...(certificates.local !== undefined && { localCertificateId: certificates.local }),
    ...(certificates.remote !== undefined && { remoteCertificateId: certificates.remote }),
    // FEFD is DTLS 1.2, in four digits of hexadecimal; the suite by IANA's name.
    ...(dtlsFacts && { tlsVersion: 'FEFD', dtlsCipher: `TLS_${dtlsFacts.suite}` }),
  };
}

function candidateStatistic(
  type: 'local-candidate' | 'remote-candidate',
  end: PairEnd,
  usernameFragment: string | undefined,
  timestamp: Millis,
): IceStatistic {
  const { id, address, protocol, priority, foundation, url, relayProtocol, related, tcpType } = end;
  const isLearned = type === 'remote-candidate' && end.type === 'prflx';
  return {
    id,
    type,
    timestamp,
    transportId: TRANSPORT_ID,
    // webrtc-stats.html §8.8: what the peer has not told is not told on.
    address: isLearned ? null : address.ip,
    port: address.port,
    protocol,
    candidateType: end.type,
    priority,
    foundation,
    ...(usernameFragment !== undefined && { usernameFragment }),
    ...(url !== undefined && { url }),
    ...(relayProtocol !== undefined && { relayProtocol }),
    ...(related && { relatedAddress: related.ip, relatedPort: related.port }),
    ...(tcpType !== undefined && { tcpType }),
  };
}

function pairStatistic(
  pair: AgentStatistics['pairs'][number],
  { timestamp, wallOf }: StatisticsMoment,
): IceStatistic {
  const { lastPacketSentAt, lastPacketReceivedAt, currentRoundTripMs, totalRoundTripMs } = pair;
  return {
    id: pair.id,
    type: 'candidate-pair',
    timestamp,
    transportId: TRANSPORT_ID,
    localCandidateId: pair.localId,
    remoteCandidateId: pair.remoteId,
    state: pair.state,
    nominated: pair.nominated,
    packetsSent: pair.packetsSent,
    packetsReceived: pair.packetsReceived,
    bytesSent: pair.bytesSent,
    bytesReceived: pair.bytesReceived,
    requestsSent: pair.requestsSent,
    requestsReceived: pair.requestsReceived,
    responsesSent: pair.responsesSent,
    responsesReceived: pair.responsesReceived,
    consentRequestsSent: pair.consentRequestsSent,
    totalRoundTripTime: totalRoundTripMs / 1000,
    ...(currentRoundTripMs !== undefined && { currentRoundTripTime: currentRoundTripMs / 1000 }),
    ...(lastPacketSentAt !== undefined && { lastPacketSentTimestamp: wallOf(lastPacketSentAt) }),
    ...(lastPacketReceivedAt !== undefined && { lastPacketReceivedTimestamp: wallOf(lastPacketReceivedAt) }),
  };
}
