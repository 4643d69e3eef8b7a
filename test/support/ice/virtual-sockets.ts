/** The sockets of a machine on a virtual host: those of every connection, on the host's platform. */
import type { Millis } from '../../../src/base/index.ts';
import type { Host } from '../../../src/vnet/index.ts';
import { IceSockets, type SocketUser } from '../../../src/webrtc/driver/ice-sockets.ts';

/** `run`: hands something in and drains. */
export function virtualSockets(
  host: Host,
  user: SocketUser,
  run: (step: (now: Millis) => void) => void,
): IceSockets {
  const { names } = host.world;
  const announceName = (name: string, ip: string): { close(): void } => {
    names.set(name, [ip]);
    return { close: () => names.delete(name) };
  };
  return new IceSockets({ platform: host, announceName }, user, { take: run, drain() {} }, undefined);
}
