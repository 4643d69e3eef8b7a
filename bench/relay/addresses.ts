/** IPv4 addresses as the 32-bit numbers in which the generator keeps them. */
export function ipNumber(text: string): number {
  return text.split('.').reduce((number, part) => number * 256 + Number(part), 0);
}

export function ipText(ip: number): string {
  return [24, 16, 8, 0].map((shift) => (ip >>> shift) & 0xff).join('.');
}

/** The server listens and relays here. */
export const SERVER_IP = '127.0.0.1';

/** 127.16.0.0 … 127.199.255.255 are clients, and every run takes fresh ones; 127.200.0.0 and above are peers. */
export const FIRST_CLIENT_IP = ipNumber('127.16.0.0');
export const FIRST_PEER_IP = ipNumber('127.200.0.0');
