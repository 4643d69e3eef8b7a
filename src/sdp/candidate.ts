/** `a=candidate`: one way to reach a peer, as text. Does not pair or judge candidates. RFC 8839 §5.1, RFC 6544 §4.5. */
import type { SocketAddress } from '../base/index.ts';

export interface CandidateAttribute {
  /** 1 … 32 characters of `A–Z a–z 0–9 + /`. */
  readonly foundation: string;
  /** 1 … 256. */
  readonly component: number;
  /** In lower case: `udp`, `tcp`, or an extension. */
  readonly transport: string;
  /** 0 … 2³² − 1; RFC 8839 allows 1 … 2³¹ − 1, and some write more. */
  readonly priority: number;
  /** An IP address, or a name such as mDNS's `….local`. */
  readonly address: string;
  readonly port: number;
  /** `host`, `srflx`, `prflx`, `relay`, or an extension. */
  readonly type: string;
  /** `raddr` and `rport`, when both are there. */
  readonly related: SocketAddress | undefined;
  /** RFC 6544 §4.5: `active`, `passive`, `so`. */
  readonly tcpType: string | undefined;
  /** RFC 8839 §5.4 as Chromium and RFC 8840 write it behind a candidate: whose generation it is. */
  readonly usernameFragment: string | undefined;
  /** Every other extension, in order. */
  readonly extensions: readonly (readonly [name: string, value: string])[];
}

const CANDIDATE =
  /^(?:(?:a=)?candidate:)?\s*([A-Za-z0-9+/]{1,32}) (\d{1,3}) ([!-~]+) (\d{1,10}) ([!-~]+) (\d{1,5}) typ ([!-~]+)((?: [!-~]+)*)\s*$/;

/** Of `candidate:…`, with or without `a=` before it, or of the attribute's value alone. `undefined` when it is none. */
export function parseCandidate(text: string): CandidateAttribute | undefined {
  const match = CANDIDATE.exec(text);
  if (!match) return undefined;
  const [, foundation = '', component, transport = '', priority, address = '', port, type = '', rest = ''] =
    match;
  const numbers = { component: Number(component), priority: Number(priority), port: Number(port) };
  if (numbers.component < 1 || numbers.component > 256) return undefined;
  if (numbers.priority > 0xffff_ffff || numbers.port > 65_535) return undefined;
  const { related, tcpType, usernameFragment, extensions } = parseExtensions(rest);
  return {
    foundation,
    ...numbers,
    transport: transport.toLowerCase(),
    address,
    type,
    related,
    tcpType,
    usernameFragment,
    extensions,
  };
}

type Extensions = Pick<CandidateAttribute, 'related' | 'tcpType' | 'usernameFragment' | 'extensions'>;

/** ` name value name value …`: the first of a name counts. */
function parseExtensions(text: string): Extensions {
  let ip: string | undefined;
  let port: string | undefined;
  let tcpType: string | undefined;
  let usernameFragment: string | undefined;
  const extensions: [string, string][] = [];
  const words = text.split(' ');
  // An extension's value may be missing at the end: such a pair means nothing, and the candidate stays good.
  for (let i = 1; i + 1 < words.length; i += 2) {
    const [name = '', value = ''] = [words[i], words[i + 1]];
    if (name === 'raddr') ip ??= value;
    else if (name === 'rport') port ??= value;
    else if (name === 'tcptype') tcpType ??= value;
    else if (name === 'ufrag') usernameFragment ??= value;
    else extensions.push([name, value]);
  }
  return { related: relatedOf(ip, Number(port ?? Number.NaN)), tcpType, usernameFragment, extensions };
}

function relatedOf(ip: string | undefined, port: number): SocketAddress | undefined {
  return ip !== undefined && Number.isInteger(port) && port >= 0 && port <= 65_535 ? { ip, port } : undefined;
}

/** `candidate:…`, as it stands behind `a=` and in `RTCIceCandidate.candidate`. */
export function writeCandidate(candidate: CandidateAttribute): string {
  const { foundation, component, transport, priority, address, port, type, related } = candidate;
  let text = `candidate:${foundation} ${component} ${transport} ${priority} ${address} ${port} typ ${type}`;
  if (related) text += ` raddr ${related.ip} rport ${related.port}`;
  if (candidate.tcpType !== undefined) text += ` tcptype ${candidate.tcpType}`;
  if (candidate.usernameFragment !== undefined) text += ` ufrag ${candidate.usernameFragment}`;
  for (const [name, value] of candidate.extensions) text += ` ${name} ${value}`;
  return text;
}
