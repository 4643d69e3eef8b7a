/** The addresses of this machine, and whether the one that relays advertise can be reached from where guests are. */
import { familyOf } from '../../base/index.ts';
import { type AddressScope, type OwnAddress, scopeOf } from '../../node/index.ts';
import { type Settings, turnHost } from '../../server/index.ts';
import { type Finding, fail, ok, warn } from './finding.ts';

const WORDS: Readonly<Record<AddressScope, string>> = {
  loopback: 'this machine only',
  'link-local': 'one cable only',
  private: 'private network',
  shared: "provider's shared network (carrier-grade NAT)",
  public: 'public',
  special: 'reserved',
};

export function checkAddresses(settings: Settings, own: readonly OwnAddress[]): Finding[] {
  const host = turnHost(settings);
  const useful = own.filter(
    ({ scope, family }) => scope !== 'loopback' && !(scope === 'link-local' && family === 6),
  );
  const listed = useful.map(({ ip, scope, interfaceName }) => `${ip} (${WORDS[scope]}, ${interfaceName})`);
  const findings = [
    listed.length > 0
      ? ok(`Addresses: ${listed.join(', ')}.`)
      : warn(
          'Addresses: this machine has only loopback ones.',
          'Connect it to a network; others cannot reach it.',
        ),
  ];
  if (settings.publicIp.length > 0) {
    findings.push(...settings.publicIp.map((ip) => checkPublicIp(ip, settings, own)));
    return findings;
  }
  const wildcard = host === '0.0.0.0' || host === '::';
  const listened = wildcard ? useful.filter(({ family }) => host === '::' || family === 4) : [];
  const scopes = wildcard ? listened.map(({ scope }) => scope) : [scopeOf(host)];
  findings.push(checkReach(scopes, settings));
  return findings;
}

/** Without `--public-ip`: how far the own addresses carry. */
function checkReach(scopes: readonly AddressScope[], settings: Settings): Finding {
  const outside = [
    `For guests from the internet: forward ${portsToForward(settings)} to this machine and start with --public-ip ADDRESS.`,
  ];
  if (scopes.includes('public')) return ok('Relays advertise a public address: guests can be anywhere.');
  if (scopes.includes('shared')) {
    return warn(
      'Relays advertise an address behind carrier-grade NAT: guests from the internet cannot reach it.',
      'Ask the provider for a public address, or run the server where there is one.',
    );
  }
  if (scopes.includes('private') || scopes.includes('link-local')) {
    return ok('Relays advertise a private address: guests in the same network reach it.', ...outside);
  }
  if (scopes.every((scope) => scope === 'loopback')) {
    const text = 'Relays advertise a loopback address: only browsers on this machine reach them.';
    return scopes.length === 0 ? ok(text) : ok(text, 'For others start with --turn-host 0.0.0.0.');
  }
  return warn('Relays advertise an address that guests cannot be expected to reach.', ...outside);
}

function checkPublicIp(ip: string, settings: Settings, own: readonly OwnAddress[]): Finding {
  const scope = scopeOf(ip);
  if (own.some((address) => address.ip === ip)) {
    return scope === 'public'
      ? ok(`--public-ip ${ip} is an address of this machine.`)
      : warn(
          `--public-ip ${ip} is an address of this machine, but no public one (${WORDS[scope]}).`,
          'Leave it out, or give the address that guests from the internet use.',
        );
  }
  if (!own.some(({ family, scope: ours }) => family === familyOf(ip) && ours !== 'loopback')) {
    return fail(
      `--public-ip ${ip} cannot work: this machine has no IPv${familyOf(ip)} address to bring it to.`,
      `Give this machine an IPv${familyOf(ip)} address, or leave the option out.`,
    );
  }
  if (scope === 'public') {
    return ok(
      `--public-ip ${ip} is on no interface, as behind a 1:1 NAT.`,
      `The NAT must bring ${portsToForward(settings)} of that address to this machine, unchanged.`,
    );
  }
  return warn(
    `--public-ip ${ip} is on no interface and no public address (${WORDS[scope]}).`,
    'Guests reach it only if a router between them and this machine maps it; otherwise leave the option out.',
  );
}

function portsToForward({ port, turnPort, relayPorts }: Settings): string {
  return `TCP ${port}, UDP and TCP ${turnPort}, UDP ${relayPorts.min}-${relayPorts.max}`;
}
