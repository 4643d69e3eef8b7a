/** What the caller of a session did wrong, by the name that W3C gives it. Never what the network did. */

export type PeerFaultName =
  | 'InvalidAccessError'
  | 'InvalidModificationError'
  | 'InvalidStateError'
  | 'NotSupportedError'
  | 'OperationError'
  | 'RangeError'
  | 'SyntaxError'
  | 'TypeError';

/** W3C `RTCErrorDetailType`, as far as a caller can bring it about: then the surface makes an RTCError of it. */
export type PeerFaultDetail = 'sdp-syntax-error' | 'data-channel-failure';

/** Thrown by verbs. What is a `TypeError`, `RangeError` or DOMException on the W3C surface is decided there by `name`. */
export class PeerFault extends Error {
  override readonly name: PeerFaultName;
  readonly detail: PeerFaultDetail | undefined;
  /** From 1, with `sdp-syntax-error`. */
  readonly sdpLineNumber: number | undefined;

  /** `message` says what happened, what was expected and what to do. */
  constructor(
    name: PeerFaultName,
    message: string,
    about: { readonly detail?: PeerFaultDetail; readonly sdpLineNumber?: number } = {},
  ) {
    super(message);
    this.name = name;
    this.detail = about.detail;
    this.sdpLineNumber = about.sdpLineNumber;
  }
}
