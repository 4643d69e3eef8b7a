/** How failures of the floors below look to a script: a TypeError, a DOMException by its W3C name, or an RTCError. */
import { PeerFault, type TransportError } from '../peer/index.ts';
import { RTCError } from './rtc-error.ts';

export type DomExceptionName =
  | 'InvalidAccessError'
  | 'InvalidModificationError'
  | 'InvalidStateError'
  | 'NotSupportedError'
  | 'OperationError'
  | 'SyntaxError';

export function domException(name: DomExceptionName, message: string): DOMException {
  return new DOMException(message, name);
}

/** What a verb of the session threw, as a script shall see it; anything else stays what it is. */
export function errorOfFault(thrown: unknown): unknown {
  if (!(thrown instanceof PeerFault)) return thrown;
  const { name, message, detail, sdpLineNumber } = thrown;
  if (detail !== undefined) {
    return new RTCError(
      { errorDetail: detail, ...(sdpLineNumber !== undefined && { sdpLineNumber }) },
      message,
    );
  }
  if (name === 'TypeError') return new TypeError(message);
  if (name === 'RangeError') return new RangeError(message);
  return domException(name, message);
}

/** What `work` gives; what it throws is thrown as a script shall see it. */
export function withDomErrors<T>(work: () => T): T {
  try {
    return work();
  } catch (thrown) {
    throw errorOfFault(thrown);
  }
}

export function rtcErrorOf(error: TransportError): RTCError {
  const { detail, message, sctpCauseCode, receivedAlert, sentAlert } = error;
  return new RTCError(
    {
      errorDetail: detail,
      ...(sctpCauseCode !== undefined && { sctpCauseCode }),
      ...(receivedAlert !== undefined && { receivedAlert }),
      ...(sentAlert !== undefined && { sentAlert }),
    },
    message,
  );
}
