/** The few lines of SDP that negotiation looks at, written and parsed. RFC 9429 §5.2. */

export type Direction = 'sendrecv' | 'sendonly' | 'recvonly' | 'inactive';

export interface Section {
  readonly kind: 'audio' | 'video' | 'application';
  readonly mid: string;
  readonly direction: Direction;
  readonly msids: readonly string[];
}

export interface ParsedDescription {
  readonly session: string;
  readonly ufrag: string;
  readonly sections: readonly Section[];
  /** Payload names, best first, of the first video section. */
  readonly codecs: readonly string[];
}

export function writeSdp(description: ParsedDescription, candidates: readonly string[]): string {
  const lines = ['v=0', `o=- ${description.session} 2 IN IP4 127.0.0.1`, 's=-', 't=0 0'];
  lines.push(`a=group:BUNDLE ${description.sections.map((section) => section.mid).join(' ')}`);
  for (const [index, section] of description.sections.entries()) {
    lines.push(`m=${section.kind} 9 UDP/TLS/RTP/SAVPF 0`, `a=mid:${section.mid}`, `a=${section.direction}`);
    lines.push(`a=ice-ufrag:${description.ufrag}`);
    for (const msid of section.msids) lines.push(`a=msid:${msid} -`);
    if (section.kind === 'video') lines.push(`a=x-codecs:${description.codecs.join(',')}`);
    if (index === 0) lines.push(...candidates.map((candidate) => `a=${candidate}`));
  }
  return `${lines.join('\r\n')}\r\n`;
}

/** Throws what a browser throws for text that is no SDP. */
export function parseSdp(sdp: string): ParsedDescription {
  if (!sdp.startsWith('v=0\r\n'))
    throw new DOMException('Failed to parse SessionDescription.', 'OperationError');
  const sections: Section[] = [];
  for (const part of sdp.split(/^(?=m=)/m).slice(1)) {
    const line = (pattern: RegExp): string => pattern.exec(part)?.[1] ?? '';
    sections.push({
      kind: line(/^m=(\w+)/) as Section['kind'],
      mid: line(/^a=mid:(\S+)/m),
      direction: line(/^a=(sendrecv|sendonly|recvonly|inactive)\r$/m) as Direction,
      msids: [...part.matchAll(/^a=msid:(\S+)/gm)].map((match) => match[1] ?? ''),
    });
  }
  return {
    session: /^o=- (\S+)/m.exec(sdp)?.[1] ?? '',
    ufrag: /^a=ice-ufrag:(\S+)/m.exec(sdp)?.[1] ?? '',
    sections,
    codecs: (/^a=x-codecs:(\S*)/m.exec(sdp)?.[1] ?? '').split(',').filter((codec) => codec !== ''),
  };
}

export function reversed(direction: Direction): Direction {
  if (direction === 'sendonly') return 'recvonly';
  return direction === 'recvonly' ? 'sendonly' : direction;
}

export function sends(direction: Direction): boolean {
  return direction === 'sendrecv' || direction === 'sendonly';
}

export function receives(direction: Direction): boolean {
  return direction === 'sendrecv' || direction === 'recvonly';
}

export function intersect(a: Direction, b: Direction): Direction {
  const send = sends(a) && sends(b);
  const receive = receives(a) && receives(b);
  if (send) return receive ? 'sendrecv' : 'sendonly';
  return receive ? 'recvonly' : 'inactive';
}
