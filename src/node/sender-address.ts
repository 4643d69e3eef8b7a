/** Who sent a datagram, as node:dgram says it, in canonical text. */
import type { RemoteInfo } from 'node:dgram';
import { canonicalIp, type SocketAddress } from '../base/index.ts';

/** Remembers one: most sockets hear one peer most of the time, and then no object is made. */
export class SenderAddress {
  #text = '';
  #last: SocketAddress = { ip: '', port: 0 };

  of({ address, family, port }: RemoteInfo): SocketAddress {
    if (this.#last.port !== port || this.#text !== address) {
      this.#text = address;
      this.#last = { ip: family === 'IPv4' ? address : canonicalIpv6(address), port };
    }
    return this.#last;
  }
}

/** The system writes canonical text, except for a zone (`fe80::1%eth0`) and IPv4 in mixed notation. */
function canonicalIpv6(text: string): string {
  return text.includes('%') || text.includes('.') ? (canonicalIp(text) ?? text) : text;
}
