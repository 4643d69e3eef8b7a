/** Whether a host says that nobody listens on a UDP port of its: then no firewall swallows what is sent there. RFC 1122 §3.2.2.1. */
import { createSocket } from 'node:dgram';
import { familyOf, type SocketAddress } from '../../base/index.ts';

const WAIT_MS = 500;

/** By a connected socket, which alone hears of ICMP "port unreachable". Never rejects. */
export function isUdpRefused({ ip, port }: SocketAddress, datagram: Uint8Array): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createSocket(familyOf(ip) === 4 ? 'udp4' : 'udp6');
    const done = (refused: boolean): void => {
      clearTimeout(timer);
      socket.removeAllListeners().on('error', () => {});
      socket.close();
      resolve(refused);
    };
    const timer = setTimeout(() => done(false), WAIT_MS);
    socket.once('error', (error) => done('code' in error && error.code === 'ECONNREFUSED'));
    socket.connect(port, ip, () => socket.send(datagram, () => {}));
  });
}
