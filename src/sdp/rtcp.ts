/** Where RTCP goes: `a=rtcp`. RFC 3605 §2.1. Muxing is a flag: RFC 5761 §5.1.1, RFC 8858. */

export interface RtcpAddress {
  readonly port: number;
  readonly netType: string | undefined;
  readonly addrType: string | undefined;
  readonly address: string | undefined;
}

export function parseRtcp(value: string): RtcpAddress | undefined {
  const match = /^(\d{1,5})(?: (\S+) (\S+) (\S+))?$/.exec(value.trim());
  const port = Number(match?.[1]);
  if (!match || port > 65_535) return undefined;
  return { port, netType: match[2], addrType: match[3], address: match[4] };
}

export function writeRtcp({ port, netType, addrType, address }: RtcpAddress): string {
  return [port, netType, addrType, address].filter((word) => word !== undefined).join(' ');
}
