/** The states of a whole session, of those of its one transport. webrtc.html §4.3.3, §4.3.4. */
import type { DtlsTransportState, IceConnectionState, PeerConnectionState } from './states.ts';

/** `ice` and `dtls` are `undefined` while there is no transport. */
export function connectionStateOf(
  ice: IceConnectionState | undefined,
  dtls: DtlsTransportState | undefined,
): PeerConnectionState {
  if (ice === 'closed') return 'closed';
  if (ice === 'failed' || dtls === 'failed') return 'failed';
  if (ice === 'disconnected') return 'disconnected';
  const dtlsIsIdle = dtls === undefined || dtls === 'new' || dtls === 'closed';
  if (ice === undefined || (ice === 'new' && dtlsIsIdle)) return 'new';
  const isConnected = ice === 'connected' || ice === 'completed';
  return isConnected && (dtls === 'connected' || dtls === 'closed') ? 'connected' : 'connecting';
}
