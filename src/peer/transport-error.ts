/** What went wrong in a transport, as RTCError tells it. webrtc.html §11.2. */
import type { ChannelError } from '../datachannel/index.ts';
import { alertNumber, type DtlsEvent } from '../dtls/index.ts';
import type { TransportError } from './session-events.ts';

export function dtlsError({
  code,
  message,
  alert,
  sentAlert,
}: Extract<DtlsEvent, { type: 'failed' }>): TransportError {
  return {
    detail: code === 'DTLS_FINGERPRINT_MISMATCH' ? 'fingerprint-failure' : 'dtls-failure',
    message,
    code,
    sctpCauseCode: undefined,
    receivedAlert: alertNumber(alert),
    sentAlert: alertNumber(sentAlert),
  };
}

/** Of a channel that did not end on purpose. */
export function channelError({ code, reason, causeCode }: ChannelError): TransportError {
  return {
    detail: code.startsWith('SCTP_') ? 'sctp-failure' : 'data-channel-failure',
    message: reason,
    code,
    sctpCauseCode: causeCode,
    receivedAlert: undefined,
    sentAlert: undefined,
  };
}
