/** By which names and addresses this machine can be reached: what a certificate of ours must hold. */
import { hostname, networkInterfaces } from 'node:os';
import { canonicalIp } from '../../base/index.ts';

/** `localhost`, the host name (also with `.local`, as mDNS announces it), loopback and every address, and `publicIps`. */
export function machineNames(publicIps: readonly string[] = []): string[] {
  const names = new Set(['localhost', ...hostNames(hostname()), '127.0.0.1', '::1']);
  for (const ip of [...machineAddresses(), ...publicIps]) names.add(ip);
  return [...names];
}

/** Addresses that others can use: no loopback, and no IPv6 link-local ones, which mean nothing without a zone. */
export function machineAddresses(): string[] {
  const addresses: string[] = [];
  for (const entries of Object.values(networkInterfaces())) {
    for (const { address, internal } of entries ?? []) {
      const ip = canonicalIp(address);
      if (!internal && ip && !/^fe[89ab]/.test(ip)) addresses.push(ip);
    }
  }
  // IPv4 first: that is what people can type.
  return addresses.sort((a, b) => Number(a.includes(':')) - Number(b.includes(':')));
}

/** Only what RFC 1123 §2.1 calls a host name can be in a certificate; a machine may be called otherwise. */
export function hostNames(name: string): string[] {
  const bare = name.toLowerCase().replace(/\.$/, '');
  if (!/^(?=.{1,253}$)[a-z\d]([a-z\d-]{0,61}[a-z\d])?(\.[a-z\d]([a-z\d-]{0,61}[a-z\d])?)*$/.test(bare))
    return [];
  if (/^[\d.]+$/.test(bare) || bare === 'localhost') return [];
  return bare.includes('.') ? [bare] : [bare, `${bare}.local`];
}
