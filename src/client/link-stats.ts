/**
 * The numbers of one connection for the details panel: rates since the previous sample, levels as they are.
 * W3C webrtc-stats §8.
 */
import type { ParticipantId } from '../signaling/index.ts';
import {
  describeCandidate,
  entriesOf,
  numberIn,
  pathOf,
  type StatsEntry,
  selectedPair,
  textIn,
} from './link-path.ts';
import type { LinkSample, TrackRole, TrackSample } from './state.ts';

/** Which role a media section has, by its `mid` and direction; `undefined` when it shows nothing. */
export type RoleOfMid = (mid: string, direction: 'sending' | 'receiving') => TrackRole | undefined;

interface Counters {
  readonly atMs: number;
  readonly bytes: number;
  readonly packets: number;
  readonly lost: number;
  readonly frames: number | undefined;
}

export class LinkStats {
  readonly #peer: ParticipantId;
  #previous = new Map<string, Counters>();

  constructor(peer: ParticipantId) {
    this.#peer = peer;
  }

  sample(report: RTCStatsReport, roleOfMid: RoleOfMid, nowMs: number): LinkSample {
    const entries = entriesOf(report);
    const previous = this.#previous;
    this.#previous = new Map();
    const sending: TrackSample[] = [];
    const receiving: TrackSample[] = [];
    for (const entry of entries.values()) {
      if (entry.type === 'outbound-rtp') {
        const role = roleOfMid(textIn(entry, 'mid') ?? '', 'sending') ?? roleByKind(entry);
        sending.push(this.#track(entries, entry, role, previous));
      } else if (entry.type === 'inbound-rtp') {
        const role = roleOfMid(textIn(entry, 'mid') ?? '', 'receiving') ?? roleByKind(entry);
        receiving.push(this.#track(entries, entry, role, previous));
      }
    }
    const selected = selectedPair(entries);
    const path = selected && pathOf(selected);
    return {
      atMs: nowMs,
      peer: this.#peer,
      roundTripMs: path?.roundTripMs,
      pair:
        selected && path
          ? { local: describeCandidate(selected.local), remote: describeCandidate(selected.remote), path }
          : undefined,
      availableOutgoingBps: numberIn(selected?.pair, 'availableOutgoingBitrate'),
      sending,
      receiving,
    };
  }

  #track(
    entries: ReadonlyMap<string, StatsEntry>,
    entry: StatsEntry,
    role: TrackRole,
    previous: ReadonlyMap<string, Counters>,
  ): TrackSample {
    const isSending = entry.type === 'outbound-rtp';
    // What the other side says about this side's packets: RTCP receiver reports. RFC 3550 §6.4.1.
    const remote = isSending ? entries.get(textIn(entry, 'remoteId') ?? '') : undefined;
    const now: Counters = {
      atMs: numberIn(entry, 'timestamp') ?? 0,
      bytes: numberIn(entry, isSending ? 'bytesSent' : 'bytesReceived') ?? 0,
      packets: numberIn(entry, isSending ? 'packetsSent' : 'packetsReceived') ?? 0,
      lost: numberIn(isSending ? remote : entry, 'packetsLost') ?? 0,
      frames: numberIn(entry, isSending ? 'framesEncoded' : 'framesDecoded'),
    };
    const before = previous.get(entry.id);
    this.#previous.set(entry.id, now);
    const jitter = numberIn(isSending ? remote : entry, 'jitter');
    return {
      kind: textIn(entry, 'kind') === 'video' || textIn(entry, 'mediaType') === 'video' ? 'video' : 'audio',
      role,
      codec: codecOf(entries.get(textIn(entry, 'codecId') ?? '')),
      bps: rate(before, now, (counters) => counters.bytes) * 8,
      packetsPerSecond: rate(before, now, (counters) => counters.packets),
      lossFraction: isSending
        ? (numberIn(remote, 'fractionLost') ?? lossSince(before, now))
        : lossSince(before, now),
      jitterMs: jitter === undefined ? undefined : jitter * 1000,
      width: numberIn(entry, 'frameWidth'),
      height: numberIn(entry, 'frameHeight'),
      framesPerSecond: numberIn(entry, 'framesPerSecond') ?? frameRate(before, now),
      frames: now.frames,
      limitedBy: textIn(entry, 'qualityLimitationReason'),
      audioLevel: isSending ? undefined : numberIn(entry, 'audioLevel'),
    };
  }
}

/** Per second; 0 in the first sample, and when a counter began anew. */
function rate(before: Counters | undefined, now: Counters, of: (counters: Counters) => number): number {
  const elapsedMs = before ? now.atMs - before.atMs : 0;
  if (!before || elapsedMs <= 0) return 0;
  return Math.max(0, ((of(now) - of(before)) * 1000) / elapsedMs);
}

/** RFC 3550 §A.3: lost of expected, over the interval. */
function lossSince(before: Counters | undefined, now: Counters): number | undefined {
  if (!before) return undefined;
  const lost = Math.max(0, now.lost - before.lost);
  const expected = lost + Math.max(0, now.packets - before.packets);
  return expected === 0 ? undefined : lost / expected;
}

function frameRate(before: Counters | undefined, now: Counters): number | undefined {
  if (now.frames === undefined || before?.frames === undefined) return undefined;
  return rate(before, now, (counters) => counters.frames ?? 0);
}

/** `video/VP8` → `VP8`. */
function codecOf(entry: StatsEntry | undefined): string | undefined {
  return textIn(entry, 'mimeType')?.replace(/^(audio|video)\//, '');
}

function roleByKind(entry: StatsEntry): TrackRole {
  return textIn(entry, 'kind') === 'video' ? 'camera' : 'microphone';
}
