/** What options say of each other: pairs that need each other, and ports that must differ. Reads nothing. */
import { isIP } from 'node:net';
import { familyOf, StackError } from '../../base/index.ts';
import type { Settings } from './options.ts';

/** `SETTINGS_INVALID`, in one sentence that names the options. */
export function checkTogether(settings: Settings): void {
  for (const check of CHECKS) {
    const sentence = check(settings);
    if (sentence) throw new StackError('SETTINGS_INVALID', sentence);
  }
}

/** Returns what is wrong, if anything. */
type Check = (settings: Settings) => string | false | undefined;

const CHECKS: readonly Check[] = [
  ({ cert, key }) => {
    if ((cert === undefined) === (key === undefined)) return undefined;
    const [has, lacks] = cert === undefined ? ['--key', '--cert'] : ['--cert', '--key'];
    return `${has} needs ${lacks} beside it.`;
  },
  ({ httpPort, port }) =>
    same(httpPort, port) &&
    `--http-port must differ from --port, which redirects plain HTTP already, but both are ${port}.`,
  ({ turnPort, port }) =>
    same(turnPort, port) &&
    `--turn-port must differ from --port, which carries TURN over TCP and TLS already, but both are ${port}.`,
  ({ turnTlsPort, turnPort }) =>
    same(turnTlsPort, turnPort) && `--turn-tls-port must differ from --turn-port, but both are ${turnPort}.`,
  ({ behaviourDiscovery, alternatePort, turnPort }) =>
    behaviourDiscovery &&
    same(alternatePort, turnPort) &&
    `--alternate-port must differ from --turn-port, because tests of NATs need two ports, but both are ${turnPort}.`,
  ({ healthPort, turnPort, turnTlsPort }) =>
    (same(healthPort, turnPort) || same(healthPort, turnTlsPort)) &&
    `--health-port must differ from the ports of TURN, but it is ${healthPort}.`,
  ({ publicIp }) =>
    [4, 6].some((family) => publicIp.filter((ip) => familyOf(ip) === family).length > 1) &&
    `--public-ip can have one IPv4 and one IPv6 address, but it is ${publicIp.join(', ')}.`,
  ({ user }) => {
    const twice = repeated(user.map(({ name }) => name));
    return twice !== undefined && `--user names ${twice} twice.`;
  },
  ({ oauthKeys }) => {
    const twice = repeated(oauthKeys.map(({ kid }) => kid));
    return twice !== undefined && `--oauth-keys has two keys called ${twice}.`;
  },
  ({ credentialsToken, credentialsUrl }) =>
    credentialsToken !== undefined &&
    credentialsUrl === undefined &&
    '--credentials-token needs --credentials-url beside it.',
  ({ allocationKbps, totalKbps }) =>
    allocationKbps !== undefined &&
    totalKbps !== undefined &&
    allocationKbps > totalKbps &&
    `--allocation-kbps must not be above --total-kbps, but it is ${allocationKbps} of ${totalKbps}.`,
  ({ alternateServer, turnPort, turnHost, publicIp }) => {
    const own = new Set([...publicIp, ...(turnHost !== undefined && isIP(turnHost) > 0 ? [turnHost] : [])]);
    const itself = alternateServer.find(({ ip, port }) => port === turnPort && own.has(ip));
    return itself !== undefined && `--alternate-server must be another server, but ${itself.ip} is this one.`;
  },
];

/** 0 is whatever is free, so it never collides. */
function same(a: number | undefined, b: number): boolean {
  return a === b && b !== 0;
}

function repeated(names: readonly string[]): string | undefined {
  return names.find((name, index) => names.indexOf(name) !== index);
}
