/** `RTCConfiguration.ieum`: what a program on a server may want that a browser decides by itself. */
import type { PeerSessionOptions } from '../peer/index.ts';
import { toDictionary, toDomString, toEnforced, toSequence } from './idl/convert.ts';

export interface IeumOptions {
  /** Candidates of loopback addresses: always, or never. Default: where the machine has no other address. */
  loopback?: boolean;
  /** Names of the interfaces whose addresses are used. Default: all. */
  interfaces?: string[];
  /** UDP ports for host candidates, both ends included, for a firewall that lets only these in. Default: any. */
  portRange?: [least: number, most: number];
  /**
   * One UDP port for the host candidates of every connection that names it: a firewall opens one, thousands use it. Two that
   * share a port cannot talk with each other.
   */
  udpPort?: number;
  /** Candidates for TCP beside those for UDP. RFC 6544. */
  tcp?: boolean;
  /** Takes TCP connections too, on a port of each connection's own; browsers only make them. Default: false. */
  tcpListen?: boolean;
  /** Own addresses are told as names that only the local network knows, as browsers do. Default: false. */
  mdns?: boolean;
}

const MAX_PORT = 65_535;

const CONVERSIONS: { readonly [Name in keyof IeumOptions]-?: (value: unknown) => IeumOptions[Name] } = {
  loopback: Boolean,
  interfaces: (value) => toSequence(value, 'ieum.interfaces').map(toDomString),
  portRange: toPortRange,
  udpPort: toPort,
  tcp: Boolean,
  tcpListen: Boolean,
  mdns: Boolean,
};

/** A member that is not there throws a TypeError, other than in the dictionaries of W3C: it would be a firewall's gap, unseen. */
export function toIeumOptions(value: unknown): IeumOptions {
  const given = Object.entries(toDictionary(value, 'ieum')).filter(([, member]) => member !== undefined);
  const options = given.map(([name, member]) => {
    if (!isOption(name)) {
      const names = Object.keys(CONVERSIONS).join(', ');
      throw new TypeError(`RTCConfiguration.ieum has no member ${name}; its members are ${names}.`);
    }
    return [name, CONVERSIONS[name](member)];
  });
  return Object.fromEntries(options) as IeumOptions;
}

function isOption(name: string): name is keyof IeumOptions {
  return Object.hasOwn(CONVERSIONS, name);
}

/** What of it an ICE agent is told; the rest is done before it. */
export function toIceOptions({
  loopback,
  mdns,
  portRange,
  tcp,
  tcpListen,
  udpPort,
}: IeumOptions): PeerSessionOptions['ice'] & {} {
  return {
    ...(loopback !== undefined && { loopback }),
    ...(mdns !== undefined && { mdns }),
    ...(portRange !== undefined && { ports: { min: portRange[0], max: portRange[1] } }),
    ...(tcp !== undefined && { tcp }),
    ...(tcpListen !== undefined && { tcpListen }),
    ...(udpPort !== undefined && { udpMux: true }),
  };
}

function toPort(value: unknown): number {
  const port = toEnforced(value, MAX_PORT, 'ieum.udpPort');
  if (port < 1) throw new TypeError('ieum.udpPort is a port that others can be told of: 1 … 65535.');
  return port;
}

function toPortRange(value: unknown): [least: number, most: number] {
  const [least, most, ...more] = toSequence(value, 'ieum.portRange').map((port) =>
    toEnforced(port, MAX_PORT, 'A port of ieum.portRange'),
  );
  if (least === undefined || most === undefined || more.length > 0 || least < 1 || least > most) {
    throw new TypeError('ieum.portRange is two ports, the least first, such as [50000, 50999].');
  }
  return [least, most];
}
