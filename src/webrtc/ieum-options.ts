/** `RTCConfiguration.ieum`: what a program on a server may want that a browser decides by itself. */
import { toDictionary, toDomString, toEnforced, toSequence } from './idl/convert.ts';

export interface IeumOptions {
  /** Candidates of loopback addresses: always, or never. Default: where the machine has no other address. */
  loopback?: boolean;
  /** Names of the interfaces whose addresses are used. Default: all. */
  interfaces?: string[];
  /** UDP ports for host candidates, both ends included, for a firewall that lets only these in. Default: any. */
  portRange?: [least: number, most: number];
}

const MAX_PORT = 65_535;

export function toIeumOptions(value: unknown): IeumOptions {
  const { interfaces, loopback, portRange } = toDictionary(value, 'ieum');
  return {
    ...(loopback !== undefined && { loopback: Boolean(loopback) }),
    ...(interfaces !== undefined && {
      interfaces: toSequence(interfaces, 'ieum.interfaces').map(toDomString),
    }),
    ...(portRange !== undefined && { portRange: toPortRange(portRange) }),
  };
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
