/** The whole W3C surface over one shell. */
import type { Env } from '../base/index.ts';
import { PeerSession, type PeerSessionOptions, type PeerSessionPort } from '../peer/index.ts';
import { RTCCertificate } from './certificate.ts';
import { RTCDataChannel } from './data-channel.ts';
import { LocalAddresses } from './driver/local-addresses.ts';
import { SharedPorts } from './driver/shared-ports.ts';
import { RTCDataChannelEvent } from './events/data-channel-event.ts';
import { RTCErrorEvent } from './events/error-event.ts';
import { RTCPeerConnectionIceErrorEvent } from './events/ice-error-event.ts';
import { RTCPeerConnectionIceEvent } from './events/ice-event.ts';
import { RTCIceCandidate } from './ice-candidate.ts';
import { definePeerConnection } from './peer-connection.ts';
import type { RTCPeerConnectionConstructor } from './peer-connection-types.ts';
import { RTCError } from './rtc-error.ts';
import { RTCSessionDescription } from './session-description.ts';
import type { WebRtcShell } from './shell.ts';
import { RTCStatsReport } from './stats-report.ts';
import { RTCDtlsTransport } from './transports/dtls-transport.ts';
import { RTCIceCandidatePair } from './transports/ice-candidate-pair.ts';
import { RTCIceTransport } from './transports/ice-transport.ts';
import { RTCSctpTransport } from './transports/sctp-transport.ts';

const SHARED = {
  RTCCertificate,
  RTCDataChannel,
  RTCDataChannelEvent,
  RTCDtlsTransport,
  RTCError,
  RTCErrorEvent,
  RTCIceCandidate,
  RTCIceCandidatePair,
  RTCIceTransport,
  RTCPeerConnectionIceErrorEvent,
  RTCPeerConnectionIceEvent,
  RTCSctpTransport,
  RTCSessionDescription,
  RTCStatsReport,
} as const;

/** The interfaces by their W3C names. All but RTCPeerConnection are the same for every shell. */
export type WebRtc = typeof SHARED & { readonly RTCPeerConnection: RTCPeerConnectionConstructor };

/** `createSession`: the machine below; a test may give another. */
export function createWebRtc(
  shell: WebRtcShell,
  createSession: (env: Env, options: PeerSessionOptions) => PeerSessionPort = (env, options) =>
    new PeerSession(env, options),
): WebRtc {
  const house = {
    shell,
    addresses: new LocalAddresses(shell),
    sharedPorts: new SharedPorts(shell),
    createSession,
  };
  return { ...SHARED, RTCPeerConnection: definePeerConnection(house) };
}
