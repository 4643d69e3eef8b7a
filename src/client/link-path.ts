/** Which way the media of one connection takes, read from a statistics report. W3C webrtc-stats §8.2, §8.18, RFC 8445 §5.1.1. */
import type { Path } from './state.ts';

export type StatsEntry = Readonly<Record<string, unknown>> & { readonly id: string; readonly type: string };

/** The report as a plain map. Browsers differ in what they leave out, so every member is looked at before it is used. */
export function entriesOf(report: RTCStatsReport): ReadonlyMap<string, StatsEntry> {
  const entries = new Map<string, StatsEntry>();
  report.forEach((value: StatsEntry) => {
    entries.set(value.id, value);
  });
  return entries;
}

export function numberIn(entry: StatsEntry | undefined, key: string): number | undefined {
  const value = entry?.[key];
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

export function textIn(entry: StatsEntry | undefined, key: string): string | undefined {
  const value = entry?.[key];
  return typeof value === 'string' && value !== '' ? value : undefined;
}

export interface SelectedPair {
  readonly pair: StatsEntry;
  readonly local: StatsEntry | undefined;
  readonly remote: StatsEntry | undefined;
}

/**
 * The pair that media takes. Chromium and Safari name it in the transport; Firefox marks the pair `selected`; older
 * ones leave only `nominated` and `succeeded`, where the one that carried most is it.
 */
export function selectedPair(entries: ReadonlyMap<string, StatsEntry>): SelectedPair | undefined {
  let chosen: StatsEntry | undefined;
  for (const entry of entries.values()) {
    if (entry.type === 'transport') {
      chosen = entries.get(textIn(entry, 'selectedCandidatePairId') ?? '');
      if (chosen) break;
    }
  }
  if (!chosen) {
    const pairs = [...entries.values()].filter((entry) => entry.type === 'candidate-pair');
    const used = pairs.filter((pair) => pair.selected === true);
    const candidates =
      used.length > 0 ? used : pairs.filter((pair) => pair.nominated === true && pair.state === 'succeeded');
    for (const pair of candidates) {
      if ((numberIn(pair, 'bytesSent') ?? 0) >= (numberIn(chosen, 'bytesSent') ?? 0)) chosen = pair;
    }
  }
  if (!chosen) return undefined;
  return {
    pair: chosen,
    local: entries.get(textIn(chosen, 'localCandidateId') ?? ''),
    remote: entries.get(textIn(chosen, 'remoteCandidateId') ?? ''),
  };
}

export function pathOf({ pair, local, remote }: SelectedPair): Path {
  const relayed = textIn(local, 'candidateType') === 'relay';
  const roundTrip = numberIn(pair, 'currentRoundTripTime');
  return {
    // A relay at either end carries both directions: what the other side's relay receives is this side's media.
    kind: relayed || textIn(remote, 'candidateType') === 'relay' ? 'relay' : 'direct',
    protocol: textIn(local, 'protocol') === 'tcp' ? 'tcp' : 'udp',
    relayProtocol: relayed ? relayProtocolOf(local) : undefined,
    roundTripMs: roundTrip === undefined ? undefined : Math.round(roundTrip * 1000 * 10) / 10,
  };
}

/** What has come in by the pair in use: packets and answers to checks. Grows while the path is alive. */
export function receivedBy({ pair }: SelectedPair): number {
  const bytes = numberIn(pair, 'bytesReceived') ?? 0;
  const answers = (numberIn(pair, 'responsesReceived') ?? 0) + (numberIn(pair, 'requestsReceived') ?? 0);
  return bytes + answers;
}

function relayProtocolOf(local: StatsEntry | undefined): Path['relayProtocol'] {
  const protocol = textIn(local, 'relayProtocol');
  if (protocol === 'udp' || protocol === 'tcp' || protocol === 'tls') return protocol;
  // Firefox and Safari may leave it out and still name the URL.
  const url = textIn(local, 'url');
  if (url?.startsWith('turns:')) return 'tls';
  return url && /[?&]transport=tcp\b/.test(url) ? 'tcp' : 'udp';
}

/** `host 192.0.2.1:50000 udp`; addresses that the browser hides are left out. */
export function describeCandidate(candidate: StatsEntry | undefined): string {
  if (!candidate) return '?';
  const address = textIn(candidate, 'address') ?? textIn(candidate, 'ip');
  const port = numberIn(candidate, 'port');
  const host = address?.includes(':') ? `[${address}]` : address;
  const parts = [
    textIn(candidate, 'candidateType'),
    host && `${host}:${port ?? '?'}`,
    textIn(candidate, 'protocol'),
  ];
  return parts.filter((part) => part !== undefined).join(' ');
}
