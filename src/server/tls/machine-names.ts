/** By which names and addresses this machine can be reached: what a certificate of ours must hold. */
import { hostname } from 'node:os';
import { ownAddresses } from '../../node/index.ts';

/** `localhost`, the host name (also with `.local`, as mDNS announces it), loopback, every address, and `publicIps`. */
export function machineNames(publicIps: readonly string[] = []): string[] {
  const names = new Set(['localhost', ...hostNames(hostname()), '127.0.0.1', '::1']);
  for (const ip of [...reachableAddresses(), ...publicIps]) names.add(ip);
  return [...names];
}

/** Addresses that others can use: no loopback, and no IPv6 link-local ones, which mean nothing without a zone. */
export function reachableAddresses(): string[] {
  return ownAddresses()
    .filter(({ scope, family }) => scope !== 'loopback' && !(scope === 'link-local' && family === 6))
    .map(({ ip }) => ip);
}

/** Only what RFC 1123 §2.1 calls a host name can be in a certificate; a machine may be called otherwise. */
export function hostNames(name: string): string[] {
  const bare = name.toLowerCase().replace(/\.$/, '');
  if (!/^(?=.{1,253}$)[a-z\d]([a-z\d-]{0,61}[a-z\d])?(\.[a-z\d]([a-z\d-]{0,61}[a-z\d])?)*$/.test(bare))
    return [];
  if (/^[\d.]+$/.test(bare) || bare === 'localhost') return [];
  return bare.includes('.') ? [bare] : [bare, `${bare}.local`];
}
