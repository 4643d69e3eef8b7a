/** The one W3C surface of this process: everybody who asks gets the same classes. */
import { createWebRtc, type WebRtc } from '../../webrtc/index.ts';
import { nodeShell } from './shell.ts';

export const webRtc: WebRtc = createWebRtc(nodeShell());
