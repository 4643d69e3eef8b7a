/** `ieum/webrtc/polyfill`: sets the W3C interfaces where scripts of browsers look for them. What is there already stays. */
import { webRtc } from './interfaces.ts';

for (const [name, value] of Object.entries(webRtc)) {
  // As the global of an interface has it: Web IDL §3.7.1.
  if (!(name in globalThis)) {
    Object.defineProperty(globalThis, name, { value, writable: true, configurable: true });
  }
}
