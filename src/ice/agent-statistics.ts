/** What an agent can tell about itself, in the terms of webrtc-stats.html §8.10 … §8.12. Times are the machine's, in ms. */
import type { Millis } from '../base/index.ts';
import type { CandidatePair, PairState } from './candidate-pair.ts';
import type { Checker } from './checker.ts';
import type { PairEnd } from './events.ts';
import type { LocalBook } from './local-book.ts';

/** RTCIceCandidatePairStats. */
export interface PairStatistics {
  readonly id: string;
  readonly localId: string;
  readonly remoteId: string;
  readonly state: PairState;
  readonly nominated: boolean;
  readonly selected: boolean;
  /** Below UDP and above: payloads only. */
  readonly packetsSent: number;
  readonly packetsReceived: number;
  readonly bytesSent: number;
  readonly bytesReceived: number;
  readonly lastPacketSentAt: Millis | undefined;
  readonly lastPacketReceivedAt: Millis | undefined;
  readonly totalRoundTripMs: number;
  readonly currentRoundTripMs: number | undefined;
  /** Of checks, repetitions and consent included. */
  readonly requestsSent: number;
  readonly requestsReceived: number;
  readonly responsesSent: number;
  readonly responsesReceived: number;
  readonly consentRequestsSent: number;
}

export interface AgentStatistics {
  readonly pairs: readonly PairStatistics[];
  readonly localCandidates: readonly PairEnd[];
  readonly remoteCandidates: readonly PairEnd[];
}

export function statisticsOf(
  book: LocalBook,
  checker: Checker,
  selected: CandidatePair | undefined,
): AgentStatistics {
  const pairs = new Set(checker.list.pairs);
  if (selected) pairs.add(selected);
  const remotes = new Map([...checker.remotes.all()].map((remote) => [remote.id, remote]));
  if (selected) remotes.set(selected.remote.id, selected.remote);
  return {
    pairs: [...pairs].map((pair) => describe(pair, pair === selected)),
    localCandidates: [...book.ends()],
    remoteCandidates: [...remotes.values()].map(({ key: _key, usernameFragment: _fragment, ...end }) => end),
  };
}

function describe(pair: CandidatePair, selected: boolean): PairStatistics {
  const { id, local, remote, state, nominated, counts } = pair;
  return { id, localId: local.id, remoteId: remote.id, state, nominated, selected, ...counts };
}
