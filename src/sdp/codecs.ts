/** Codecs of a section: `a=rtpmap`, `a=fmtp`, `a=rtcp-fb`. Knows no codec. RFC 8866 §6.6, §6.15, RFC 4585 §4.2. */

export interface RtpMap {
  /** 0 … 127. */
  readonly payloadType: number;
  /** As written; compare without case. */
  readonly name: string;
  /** Hz. */
  readonly clockRate: number;
  /** Audio channels; 1 where nothing stands. */
  readonly channels: number;
}

export interface FormatParameters {
  readonly payloadType: number;
  /** In order; a parameter without "=" has the value `''`. Some formats (RED) have one nameless list: name `''`. */
  readonly parameters: readonly (readonly [name: string, value: string])[];
}

export interface RtcpFeedback {
  /** `*` stands for every payload type of the section. */
  readonly payloadType: number | '*';
  /** `nack`, `ccm`, `goog-remb`, `transport-cc`. */
  readonly type: string;
  /** `pli`, `fir`; empty when there is none. */
  readonly parameter: string;
}

export function parseRtpMap(value: string): RtpMap | undefined {
  const match = /^(\d{1,3}) ([^\s/]+)\/(\d{1,9})(?:\/(\d{1,3}))?$/.exec(value.trim());
  const payloadType = payloadTypeOf(match?.[1]);
  if (!match || payloadType === undefined) return undefined;
  const channels = match[4] === undefined ? 1 : Number(match[4]);
  return { payloadType, name: match[2] ?? '', clockRate: Number(match[3]), channels };
}

export function writeRtpMap({ payloadType, name, clockRate, channels }: RtpMap): string {
  return `${payloadType} ${name}/${clockRate}${channels === 1 ? '' : `/${channels}`}`;
}

export function parseFormatParameters(value: string): FormatParameters | undefined {
  const match = /^(\d{1,3}) (.+)$/.exec(value.trim());
  const payloadType = payloadTypeOf(match?.[1]);
  if (!match || payloadType === undefined) return undefined;
  const parameters = (match[2] ?? '')
    .split(';')
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .map((part): readonly [string, string] => {
      const at = part.indexOf('=');
      if (at >= 0) return [part.slice(0, at).trim(), part.slice(at + 1).trim()];
      return part.includes('/') ? ['', part] : [part, ''];
    });
  return { payloadType, parameters };
}

export function writeFormatParameters({ payloadType, parameters }: FormatParameters): string {
  const written = parameters.map(([name, value]) => [name, value].filter((part) => part !== '').join('='));
  return `${payloadType} ${written.join(';')}`;
}

export function parseRtcpFeedback(value: string): RtcpFeedback | undefined {
  const match = /^(\d{1,3}|\*) (\S+)(?: (.+))?$/.exec(value.trim());
  if (!match) return undefined;
  const payloadType = match[1] === '*' ? '*' : payloadTypeOf(match[1]);
  return payloadType === undefined
    ? undefined
    : { payloadType, type: match[2] ?? '', parameter: match[3] ?? '' };
}

export function writeRtcpFeedback({ payloadType, type, parameter }: RtcpFeedback): string {
  return `${payloadType} ${type}${parameter === '' ? '' : ` ${parameter}`}`;
}

/** RFC 3551 §6: seven bits. */
function payloadTypeOf(text: string | undefined): number | undefined {
  const number = Number(text);
  return text !== undefined && number <= 127 ? number : undefined;
}
