/** Samples as numbers and words that people read. Pure. */
import type { LinkSample, TrackSample } from '../../../../src/client/index.ts';
import type { Words } from '../../words/en.ts';

const sum = (tracks: readonly TrackSample[]): number => tracks.reduce((total, track) => total + track.bps, 0);

const largest = (values: readonly (number | undefined)[]): number | undefined => {
  const known = values.filter((value) => value !== undefined);
  return known.length === 0 ? undefined : Math.max(...known);
};

export interface Curves {
  /** Seconds before now, ≤ 0. */
  readonly seconds: readonly number[];
  /** kbit/s. */
  readonly receiving: readonly number[];
  readonly sending: readonly number[];
  /** Milliseconds. */
  readonly roundTrip: readonly (number | null)[];
  readonly jitter: readonly (number | null)[];
  /** Percent; the worst of the received tracks. */
  readonly loss: readonly (number | null)[];
}

export function curvesOf(samples: readonly LinkSample[]): Curves {
  const now = samples.at(-1)?.atMs ?? 0;
  const lossOf = (sample: LinkSample): number | null => {
    const fraction = largest(sample.receiving.map((track) => track.lossFraction));
    return fraction === undefined ? null : fraction * 100;
  };
  return {
    seconds: samples.map((sample) => (sample.atMs - now) / 1000),
    receiving: samples.map((sample) => sum(sample.receiving) / 1000),
    sending: samples.map((sample) => sum(sample.sending) / 1000),
    roundTrip: samples.map((sample) => sample.roundTripMs ?? null),
    jitter: samples.map((sample) => largest(sample.receiving.map((track) => track.jitterMs)) ?? null),
    loss: samples.map(lossOf),
  };
}

/** The next of 1, 2, 4, 6, 8 and 10 times a power of ten: what an axis can be labelled with, halved too. */
export function roundCeiling(value: number): number {
  if (value <= 0) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  const step = [1, 2, 4, 6, 8].find((one) => one * power >= value) ?? 10;
  return step * power;
}

export function bitRateWords(bps: number): string {
  return bps >= 1_000_000 ? `${(bps / 1_000_000).toFixed(2)} Mbit/s` : `${Math.round(bps / 1000)} kbit/s`;
}

export interface Row {
  readonly name: string;
  readonly value: string;
}

const row = (name: string, value: string | undefined): Row[] => (value ? [{ name, value }] : []);

export function linkRows(sample: LinkSample, words: Words): readonly Row[] {
  const { pair } = sample;
  const way = pair
    ? [
        pair.path.kind === 'direct' ? words.direct : words.relay,
        (pair.path.relayProtocol ?? pair.path.protocol).toUpperCase(),
      ].join(' · ')
    : undefined;
  return [
    ...row(words.pathLabel, way),
    ...row(words.pair, pair && `${pair.local} ↔ ${pair.remote}`),
    ...row(
      words.roundTrip,
      sample.roundTripMs === undefined ? undefined : words.milliseconds(Math.round(sample.roundTripMs)),
    ),
    ...row(
      words.available,
      sample.availableOutgoingBps === undefined ? undefined : bitRateWords(sample.availableOutgoingBps),
    ),
  ];
}

function limitWords(reason: string | undefined, words: Words): string | undefined {
  switch (reason) {
    case undefined:
    case 'none':
      return undefined;
    case 'cpu':
      return words.limitedByCpu;
    case 'bandwidth':
      return words.limitedByBandwidth;
    default:
      return words.limitedByOther;
  }
}

export function trackRows(track: TrackSample, words: Words): readonly Row[] {
  const size = track.width && track.height ? `${track.width} × ${track.height}` : undefined;
  return [
    ...row(words.codecLabel, track.codec),
    ...row(words.resolutionLabel, size),
    ...row(
      words.frameRate,
      track.framesPerSecond === undefined ? undefined : `${Math.round(track.framesPerSecond)}`,
    ),
    ...row(words.bitRate, bitRateWords(track.bps)),
    ...row(
      words.loss,
      track.lossFraction === undefined ? undefined : `${(track.lossFraction * 100).toFixed(1)} %`,
    ),
    ...row(
      words.jitter,
      track.jitterMs === undefined ? undefined : words.milliseconds(Math.round(track.jitterMs)),
    ),
    ...row(words.limitedBy, limitWords(track.limitedBy, words)),
  ];
}

export function roleWords(track: TrackSample, words: Words): string {
  return {
    microphone: words.roleMicrophone,
    camera: words.roleCamera,
    screen: words.roleScreen,
    'screen-audio': words.roleScreenAudio,
  }[track.role];
}

/** Everything as lines of text, to be pasted to somebody who helps. */
export function asText(
  people: readonly { readonly name: string; readonly sample: LinkSample }[],
  words: Words,
): string {
  const lines: string[] = [];
  const tracks = (title: string, found: readonly TrackSample[]): void => {
    for (const track of found) {
      const values = trackRows(track, words).map(({ name, value }) => `${name} ${value}`);
      lines.push(`  ${title}, ${roleWords(track, words)}: ${values.join(', ')}`);
    }
  };
  for (const { name, sample } of people) {
    lines.push(name, ...linkRows(sample, words).map((one) => `  ${one.name}: ${one.value}`));
    tracks(words.receiving, sample.receiving);
    tracks(words.sending, sample.sending);
  }
  return lines.join('\n');
}
