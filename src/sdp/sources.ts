/** RTP sources of a section: `a=ssrc`, `a=ssrc-group`, `a=msid`. RFC 5576 §4, msid: RFC 8829 §5.2.1 (RFC 8830). */

export interface SourceAttribute {
  readonly ssrc: number;
  /** `cname`, `msid`. */
  readonly name: string;
  readonly value: string | undefined;
}

export interface SourceGroup {
  /** `FID`, `FEC-FR`, `SIM`. */
  readonly semantics: string;
  readonly ssrcs: readonly number[];
}

export interface Msid {
  /** The stream's id; `-` for a track in no stream. */
  readonly stream: string;
  /** The track's id, which newer browsers leave out. */
  readonly track: string | undefined;
}

export function parseSource(value: string): SourceAttribute | undefined {
  const match = /^(\d{1,10})(?: ([^\s:]+)(?::(.*))?)$/.exec(value);
  const ssrc = ssrcOf(match?.[1]);
  return match && ssrc !== undefined ? { ssrc, name: match[2] ?? '', value: match[3] } : undefined;
}

export function writeSource({ ssrc, name, value }: SourceAttribute): string {
  return `${ssrc} ${name}${value === undefined ? '' : `:${value}`}`;
}

export function parseSourceGroup(value: string): SourceGroup | undefined {
  const [semantics = '', ...texts] = value.trim().split(/ +/);
  const ssrcs = texts.map(ssrcOf).filter((ssrc) => ssrc !== undefined);
  return semantics !== '' && texts.length > 0 && ssrcs.length === texts.length
    ? { semantics, ssrcs }
    : undefined;
}

export function writeSourceGroup({ semantics, ssrcs }: SourceGroup): string {
  return [semantics, ...ssrcs].join(' ');
}

/** RFC 8830 §2: 1 … 64 token characters each. */
export function parseMsid(value: string): Msid | undefined {
  const [stream = '', track, ...rest] = value.trim().split(/ +/);
  return stream === '' || rest.length > 0 ? undefined : { stream, track };
}

export function writeMsid({ stream, track }: Msid): string {
  return track === undefined ? stream : `${stream} ${track}`;
}

function ssrcOf(text: string | undefined): number | undefined {
  const number = Number(text);
  return text !== undefined && /^\d{1,10}$/.test(text) && number <= 0xffff_ffff ? number : undefined;
}
