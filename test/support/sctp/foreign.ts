/** Makes an end look like somebody else's stack. */
import { crc32c } from '../../../src/base/index.ts';

const INIT = 1;

/** In an INIT our own parameter becomes one that nobody knows. Other packets stay what they are. */
export function hideOurs(packet: Uint8Array): void {
  if (packet[12] !== INIT) return;
  for (let at = 32; at + 8 <= packet.length; at += 4) {
    if (packet[at] === 0xb1 && packet[at + 1] === 0xe0) packet[at + 1] = 0xe1;
  }
  packet.fill(0, 8, 12);
  new DataView(packet.buffer, packet.byteOffset).setUint32(8, crc32c(packet), true);
}
