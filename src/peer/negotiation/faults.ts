/** The ways in which a description is refused, in W3C's words. webrtc.html §4.4.1.5. */
import type { SdpFault } from '../../sdp/index.ts';
import { PeerFault } from '../peer-fault.ts';

/** The text is no SDP. */
export function syntaxFault({ line, reason }: SdpFault): PeerFault {
  return new PeerFault('OperationError', `The description cannot be read: line ${line}: ${reason}`, {
    detail: 'sdp-syntax-error',
    sdpLineNumber: line,
  });
}

/** It is SDP, and says something that may not be said. */
export function contentFault(message: string): PeerFault {
  return new PeerFault('InvalidAccessError', message);
}

export function stateFault(what: string, state: string): PeerFault {
  return new PeerFault('InvalidStateError', `${what} is not possible in the signaling state "${state}".`);
}

/** How a message names a section. */
export function nameOf(section: { readonly index: number; readonly mid: string | undefined }): string {
  return section.mid === undefined
    ? `section ${section.index}`
    : `section ${section.index} (mid ${JSON.stringify(section.mid.slice(0, 32))})`;
}
